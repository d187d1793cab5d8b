//! The commands beside serving.

use std::time::Duration;

use backend::api::{Caller, Role};
use cloud::credentials::{Authority, Credentials};
use cloud::dead_letters::{self, DeadLetter, Resent, Stayed};
use cloud::settings::{Data, REGION};
use cloud::store::Store;
use cloud::surroundings::Surroundings;
use cloud::topics::{self, Mail};
use cloud::{CloudError, Settings, World};
use serde::Serialize;
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use super::{
    Command, CredentialFormat, DataFlag, DeadLetterAction, RoleName, account, drive, endpoints,
    watch,
};

pub(super) async fn run(command: Command) -> Result<(), CloudError> {
    match command {
        Command::Credentials {
            role,
            format,
            credential_ttl,
            data,
        } => {
            let minted = mint(role, Duration::from_secs(credential_ttl), kept(data)?).await?;
            println!("{}", shown(&minted, format));
            Ok(())
        }
        Command::Endpoints { at, data, json } => endpoints::run(at, &data.data()?, json),
        Command::Watch { what, endpoint } => watch::run(what, &endpoint).await,
        Command::DeadLetters { action } => letters(action).await,
        Command::Mailbox { newest, data, json } => mailbox(newest, data, json).await,
        Command::Account { event, data, json } => account::run(event, data, json).await,
        Command::Fault { fault, admin } => drive::fault(fault, admin).await,
        Command::Load {
            rate,
            count,
            seed,
            admin,
        } => drive::load(rate, count, seed, admin).await,
        Command::Counters { admin } => drive::counters(admin).await,
    }
}

/// A command beside a running cloud meets it in the data folder, so there has to be one, with a cloud's data in it: in a
/// folder made by the way, credentials would be good for nothing and the account would be a lie.
pub(super) fn kept(flag: DataFlag) -> Result<Data, CloudError> {
    match flag.data()? {
        Data::Memory => Err(CloudError::BuiltIn(
            "this command works on the folder of a cloud; a cloud in :memory: has none".into(),
        )),
        Data::Folder(folder) if !Store::is_in(&folder) => Err(CloudError::NoCloud { folder }),
        data @ Data::Folder(_) => Ok(data),
    }
}

async fn mint(role: RoleName, ttl: Duration, data: Data) -> Result<Credentials, CloudError> {
    let store = Store::open(&data).await?;
    let surroundings = Surroundings::machine();
    let role = match role {
        RoleName::Guest => Role::Guest,
        RoleName::Backend => Role::Backend,
    };
    let authority = Authority::open(&store, &surroundings).await?;
    Ok(authority.mint(
        &Caller {
            role,
            identity: None,
        },
        ttl,
        &surroundings,
    ))
}

fn shown(minted: &Credentials, format: CredentialFormat) -> String {
    let Credentials {
        access_key_id,
        secret_access_key,
        session_token,
        expiration,
    } = minted;
    match format {
        CredentialFormat::Env => format!(
            "export AWS_ACCESS_KEY_ID={access_key_id}\nexport AWS_SECRET_ACCESS_KEY={}\n\
             export AWS_SESSION_TOKEN={session_token}\nexport AWS_REGION={REGION}",
            secret_access_key.0
        ),
        CredentialFormat::Json => json!({
            "Version": 1,
            "AccessKeyId": access_key_id,
            "SecretAccessKey": secret_access_key.0,
            "SessionToken": session_token,
            "Expiration": expiration.format(&Rfc3339).unwrap_or_default(),
        })
        .to_string(),
    }
}

async fn letters(action: DeadLetterAction) -> Result<(), CloudError> {
    match action {
        DeadLetterAction::List { data, json } => {
            let letters = dead_letters::list(&Store::open(&kept(data)?).await?).await?;
            if json {
                return print_json(&letters);
            }
            if letters.is_empty() {
                println!("There are no dead letters.");
            }
            letters
                .iter()
                .for_each(|letter| println!("{}", line(letter)));
            Ok(())
        }
        DeadLetterAction::Show { id, data, json } => {
            let letter = dead_letters::show(&Store::open(&kept(data)?).await?, id).await?;
            if json {
                return print_json(&letter);
            }
            println!("{}", line(&letter));
            println!(
                "{}",
                serde_json::to_string_pretty(&letter.payload).unwrap_or_default()
            );
            Ok(())
        }
        DeadLetterAction::Resend { id, data, json, .. } => {
            let world = World::open(Settings {
                data: kept(data)?,
                ..Settings::default()
            })
            .await?;
            let all = match id {
                Some(id) => dead_letters::resend(&world, id).await.map(|()| Resent {
                    resent: 1,
                    ..Resent::default()
                })?,
                None => dead_letters::resend_all(&world).await?,
            };
            let Resent { resent, stayed } = &all;
            if json {
                print_json(&all)?;
            } else {
                println!("Sent again: {resent}. A running cloud takes them up within moments.");
                for Stayed { id, why } in stayed {
                    println!("{id} stays: {why}");
                }
            }
            if stayed.is_empty() {
                return Ok(());
            }
            Err(CloudError::LettersStay(stayed.len()))
        }
        DeadLetterAction::Drop { id, data } => {
            dead_letters::discard(&Store::open(&kept(data)?).await?, id).await?;
            println!("Dropped: {id}.");
            Ok(())
        }
    }
}

async fn mailbox(newest: u32, data: DataFlag, json: bool) -> Result<(), CloudError> {
    let mails = topics::mailbox(&Store::open(&kept(data)?).await?, newest).await?;
    if json {
        return print_json(&mails);
    }
    if mails.is_empty() {
        println!("The mailbox is empty.");
    }
    for Mail {
        topic,
        subscriber,
        subject,
        body,
        at,
        ..
    } in &mails
    {
        let at = at.format(&Rfc3339).unwrap_or_default();
        println!("{at}  {topic} to {subscriber}: {subject}\n  {body}");
    }
    Ok(())
}

fn line(letter: &DeadLetter) -> String {
    let DeadLetter {
        id,
        origin,
        name,
        subject,
        cause,
        attempts,
        at,
        ..
    } = letter;
    let (origin, at) = (origin.as_str(), at.format(&Rfc3339).unwrap_or_default());
    format!("{id}  {at}  {origin} {name}  {subject}  after {attempts} attempts: {cause}")
}

pub(super) fn print_json(value: &impl Serialize) -> Result<(), CloudError> {
    println!(
        "{}",
        serde_json::to_string_pretty(value).map_err(std::io::Error::from)?
    );
    Ok(())
}
