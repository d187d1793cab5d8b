//! Cognito identity pools, the two calls of the enhanced guest flow: an identity, then credentials for it.
//! Source: Amazon Cognito Federated Identities API reference, `GetId` and `GetCredentialsForIdentity`.

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use backend::api::{Caller, IdentityId, Role};
use rusqlite::Transaction;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::http::{Incoming, json as answer};
use crate::routes::Region;
use crate::server::Front;
use crate::settings::{IDENTITY_POOL, REGION};
use crate::store::StoreError;
use crate::world::Shared;

const JSON: &str = "application/x-amz-json-1.1";
const BODY_LIMIT: usize = 64 * 1024;
/// How long an identity is kept that asks for no credentials, in milliseconds: thirty days. Guests get another one then.
const KEPT: i64 = 30 * 24 * 60 * 60 * 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetId {
    #[serde(default)]
    identity_pool_id: String,
    #[serde(default)]
    logins: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetCredentialsForIdentity {
    #[serde(default)]
    identity_id: String,
    #[serde(default)]
    logins: Option<Map<String, Value>>,
}

/// A refusal in Cognito's shape.
struct Refused {
    error_type: &'static str,
    message: String,
}

impl Refused {
    fn new(error_type: &'static str, message: impl Into<String>) -> Self {
        Self {
            error_type,
            message: message.into(),
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "identities are out of reach");
        Self::new("InternalErrorException", "Internal error")
    }
}

pub(crate) async fn handle(
    State(front): State<Front>,
    Extension(Region(region)): Extension<Region>,
    request: Request,
) -> Response {
    match respond(&front, &region, request).await {
        Ok(body) => answer(200, JSON, None, &body),
        Err(Refused {
            error_type,
            message,
        }) => {
            let status = if error_type == "InternalErrorException" {
                500
            } else {
                400
            };
            answer(
                status,
                JSON,
                Some(error_type),
                &json!({"__type": error_type, "message": message}),
            )
        }
    }
}

async fn respond(front: &Front, region: &str, request: Request) -> Result<Value, Refused> {
    let incoming = Incoming::read(request, BODY_LIMIT)
        .await
        .map_err(|_| Refused::new("SerializationException", "the body is too large"))?;
    match incoming.header("x-amz-target") {
        Some("AWSCognitoIdentityService.GetId") => get_id(front, region, parsed(&incoming)?).await,
        Some("AWSCognitoIdentityService.GetCredentialsForIdentity") => {
            get_credentials(front, region, parsed(&incoming)?).await
        }
        target => {
            let message = format!(
                "{} is not offered here",
                target.unwrap_or("a call without x-amz-target")
            );
            Err(Refused::new("UnknownOperationException", message))
        }
    }
}

fn parsed<T: DeserializeOwned>(incoming: &Incoming) -> Result<T, Refused> {
    serde_json::from_slice(&incoming.body)
        .map_err(|error| Refused::new("SerializationException", error.to_string()))
}

async fn get_id(front: &Front, region: &str, request: GetId) -> Result<Value, Refused> {
    check_id("identityPoolId", &request.identity_pool_id)?;
    check_guest(request.logins.as_ref())?;
    if region != REGION || request.identity_pool_id != IDENTITY_POOL {
        let message = format!("IdentityPool '{}' not found.", request.identity_pool_id);
        return Err(Refused::new("ResourceNotFoundException", message));
    }
    let id = format!("{REGION}:{}", front.world.surroundings.uuid());
    let (row, now) = (id.clone(), front.world.surroundings.now_millis());
    front
        .world
        .store
        .write(move |transaction| {
            transaction.execute(
                "INSERT INTO identities (id, at) VALUES (?1, ?2)",
                (row, now),
            )?;
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(json!({"IdentityId": id}))
}

async fn get_credentials(
    front: &Front,
    region: &str,
    request: GetCredentialsForIdentity,
) -> Result<Value, Refused> {
    let id = request.identity_id;
    check_id("identityId", &id)?;
    check_guest(request.logins.as_ref())?;
    let not_found = || {
        let message = format!("Identity '{id}' not found.");
        Refused::new("ResourceNotFoundException", message)
    };
    if region != REGION {
        return Err(not_found());
    }
    let (wanted, now) = (id.clone(), front.world.surroundings.now_millis());
    let known = front
        .world
        .store
        .write(move |transaction| {
            let sql = "UPDATE identities SET at = ?2 WHERE id = ?1";
            Ok::<_, StoreError>(transaction.execute(sql, (wanted, now))?)
        })
        .await?;
    if known == 0 {
        return Err(not_found());
    }
    let Shared {
        settings,
        surroundings,
        ..
    } = &*front.world;
    let caller = Caller {
        role: Role::Guest,
        identity: Some(IdentityId(id.clone())),
    };
    let minted =
        front
            .authority
            .mint_until(&caller, front.now() + settings.credential_ttl, surroundings);
    Ok(json!({
        "IdentityId": id,
        "Credentials": {
            "AccessKeyId": minted.access_key_id,
            "SecretKey": minted.secret_access_key.0,
            "SessionToken": minted.session_token,
            "Expiration": minted.expiration.unix_timestamp(),
        }
    }))
}

/// Forgets the identities that nobody has used for long.
pub(crate) fn forget_unused(tx: &Transaction<'_>, now: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM identities WHERE at < ?")?
        .execute([now - KEPT])?;
    Ok(())
}

/// `[\w-]+:[0-9a-f-]+`, 1 to 55 characters.
fn check_id(field: &str, id: &str) -> Result<(), Refused> {
    let well_formed = id.len() <= 55
        && id.split_once(':').is_some_and(|(region, uuid)| {
            let region_ok = region
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
            let uuid_ok = uuid
                .chars()
                .all(|c| matches!(c, '0'..='9' | 'a'..='f' | '-'));
            !region.is_empty() && !uuid.is_empty() && region_ok && uuid_ok
        });
    if well_formed {
        return Ok(());
    }
    let message = format!(
        "1 validation error detected: Value '{id}' at '{field}' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [\\w-]+:[0-9a-f-]+"
    );
    Err(Refused::new("InvalidParameterException", message))
}

fn check_guest(logins: Option<&Map<String, Value>>) -> Result<(), Refused> {
    match logins {
        Some(logins) if !logins.is_empty() => Err(Refused::new(
            "NotAuthorizedException",
            "Logins are not supported for this identity pool.",
        )),
        _ => Ok(()),
    }
}
