//! The two calls of Cognito's enhanced guest flow, on the wire.

use std::sync::Arc;
use std::time::Duration;

use json::{Object, Value};
use net::UnixTime;
use net::http::{Request, Response};

use crate::flight::{Answer, Call};
use crate::{Credentials, Error, GuestConfig, IdentityId, Refusal};

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(15);

/// Makes a call. The response is given to `on_response` first, whatever it says: its date is worth knowing.
pub(crate) async fn call(
    config: &GuestConfig,
    call: &Call,
    on_response: impl FnOnce(&Response),
) -> Result<Answer, Error> {
    let response = net::within(LIMIT, net::http::send(request(config, call))).await??;
    on_response(&response);
    answer(call, &response)
}

/// Not signed: this is where credentials come from.
fn request(config: &GuestConfig, call: &Call) -> Request {
    let mut body = Object::default();
    let operation = match call {
        Call::GetId => {
            body.set("IdentityPoolId", config.identity_pool_id.as_str());
            "GetId"
        }
        Call::GetCredentials(identity) => {
            body.set("IdentityId", identity.as_str());
            "GetCredentialsForIdentity"
        }
    };
    Request::post(&config.endpoint, Value::from(body).text())
        .with("content-type", "application/x-amz-json-1.1")
        .with("cache-control", "no-store")
        .with(
            "x-amz-target",
            &["AWSCognitoIdentityService.", operation].concat(),
        )
}

fn answer(call: &Call, response: &Response) -> Result<Answer, Error> {
    if !response.is_success() {
        return Err(failure(response));
    }
    let answer = json::parse(&response.body).map_err(|error| Error::Malformed(Arc::new(error)))?;
    read(call, &answer).ok_or_else(|| {
        let words = "it lacks the identity, the credentials or their end";
        Error::Malformed(Arc::from(Box::from(words)))
    })
}

/// Field by field: types to deserialize into would weigh more than all of this in a page.
fn read(call: &Call, answer: &Value) -> Option<Answer> {
    let text = |of: &Value, name: &str| of.get(name)?.as_str().map(str::to_owned);
    let identity = IdentityId::new(text(answer, "IdentityId")?);
    let Call::GetCredentials(_) = call else {
        return Some(Answer::Identity(identity));
    };
    let keys = answer.get("Credentials")?;
    // Seconds since the Unix epoch, perhaps with a fraction.
    let expiration = keys.get("Expiration")?.as_f64()?;
    Some(Answer::Credentials(Credentials::new(
        text(keys, "AccessKeyId")?,
        text(keys, "SecretKey")?,
        Some(text(keys, "SessionToken")?),
        UnixTime((expiration * 1_000.0) as i64),
        identity,
    )))
}

/// Sorts a refusal by what can be done about it.
fn failure(response: &Response) -> Error {
    let body = json::parse(&response.body).unwrap_or_default();
    let text = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| body.get(name)?.as_str())
            .unwrap_or_default()
    };
    let named = response
        .header("x-amzn-errortype")
        .unwrap_or_else(|| text(&["__type", "code", "Code"]));
    let refusal = Arc::new(Refusal {
        status: response.status,
        code: error_name(named).to_owned(),
        message: text(&["message", "Message"]).to_owned(),
    });
    match (refusal.code.as_str(), refusal.status) {
        ("TooManyRequestsException" | "LimitExceededException" | "ThrottlingException", _)
        | (_, 429) => Error::Throttled(refusal),
        ("InternalErrorException" | "ExternalServiceException", _) | (_, 500..) => {
            Error::Unavailable(refusal)
        }
        // Not the service's way of refusing: something else answered.
        ("", _) => Error::Malformed(Arc::from(Box::from(refusal.to_string()))),
        _ => Error::Refused(refusal),
    }
}

/// The bare name in `prefix#Name:suffix`.
fn error_name(named: &str) -> &str {
    let name = named.split(':').next().unwrap_or_default();
    name.rsplit('#').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Response {
            status,
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// The code that an answer of that status is read as.
    fn check(status: u16, headers: &[(&str, &str)], body: &str, expected: &str) {
        match answer(&Call::GetId, &response(status, headers, body)) {
            Err(Error::Refused(refusal)) => assert_eq!(refusal.code, expected, "{body}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_error_is_named_in_the_header_or_the_body_with_or_without_trimmings() {
        let name = "NotAuthorizedException";
        check(
            400,
            &[],
            r#"{"__type":"NotAuthorizedException","message":"no"}"#,
            name,
        );
        check(
            400,
            &[],
            r#"{"__type":"com.amazonaws.cognito#NotAuthorizedException"}"#,
            name,
        );
        check(
            400,
            &[],
            r#"{"__type":"NotAuthorizedException:http://internal/#x"}"#,
            name,
        );
        check(
            400,
            &[],
            r#"{"__type":"a.b#NotAuthorizedException:http://internal/"}"#,
            name,
        );
        check(400, &[], r#"{"code":"NotAuthorizedException"}"#, name);
        check(
            403,
            &[("x-amzn-errortype", "NotAuthorizedException:")],
            "",
            name,
        );
        check(
            400,
            &[("x-amzn-errortype", name)],
            r#"{"__type":"Other"}"#,
            name,
        );
    }

    #[test]
    fn errors_are_sorted_by_what_can_be_done() {
        let sort =
            |status, body: &str| answer(&Call::GetId, &response(status, &[], body)).unwrap_err();
        let busy = sort(
            400,
            r#"{"__type":"TooManyRequestsException","message":"slow down"}"#,
        );
        assert!(matches!(busy, Error::Throttled(_)));
        assert!(
            busy.to_string()
                .ends_with("TooManyRequestsException: slow down (HTTP 400)")
        );
        assert!(matches!(sort(429, ""), Error::Throttled(_)));
        assert!(matches!(
            sort(400, r#"{"__type":"InternalErrorException"}"#),
            Error::Unavailable(_)
        ));
        assert!(matches!(sort(503, "<html>"), Error::Unavailable(_)));
        assert!(matches!(sort(404, "<html>"), Error::Malformed(_)));
        assert!(matches!(sort(200, "<html>"), Error::Malformed(_)));
        assert!(matches!(
            sort(200, r#"{"IdentityId":7}"#),
            Error::Malformed(_)
        ));
        let wrong = sort(
            400,
            r#"{"__type":"InvalidIdentityPoolConfigurationException"}"#,
        );
        assert!(!wrong.is_retryable());
    }

    #[test]
    fn the_returned_identity_and_a_fractional_expiration_are_taken() {
        let body = r#"{"IdentityId":"eu-west-1:new","Credentials":{"AccessKeyId":"A","SecretKey":"s",
            "SessionToken":"t","Expiration":1767323105.25}}"#;
        let call = Call::GetCredentials(IdentityId::new("eu-west-1:old"));
        let Ok(Answer::Credentials(credentials)) = answer(&call, &response(200, &[], body)) else {
            panic!("no credentials");
        };
        assert_eq!(credentials.identity().as_str(), "eu-west-1:new");
        assert_eq!(credentials.expires_at(), UnixTime(1_767_323_105_250));
    }
}
