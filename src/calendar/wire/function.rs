//! The function that writes: what it is sent, and what its answers mean.

use aws_guest::{Error, Service};
use json::{Object, Value};
use net::NetError;
use net::http::{Method, Request, Response};

use super::{Api, event};
use crate::api;
use crate::calendar::form::{Fault, Field};
use crate::calendar::model::{EventId, UserId};
use crate::calendar::outbox::{Action, Outcome};
use crate::live::Asked;
use crate::live::flight::Token;
use crate::live::window::Revision;

impl Api {
    /// Asks for something to be done.
    pub fn ask(&self, action: &Action, token: &Token) -> Asked<Outcome, Response, Error> {
        let (region, url) = &self.function;
        let (method, body) = request(self.user, action, token);
        let body = Value::from(body).text();
        let request = Request::post(url, body).with("content-type", "application/json");
        let request = Request { method, ..request };
        api::fetch(&self.guest, Service::LAMBDA, region, request, |answer| {
            match answer {
                Ok(response) => outcome(&response),
                Err(Error::Network(NetError::TimedOut(_))) => {
                    Outcome::Unknown("nobody answered".to_owned())
                }
                // What browsers say of it helps nobody.
                Err(Error::Network(_) | Error::Unanswered(_)) => {
                    Outcome::Unknown("the cloud cannot be reached".to_owned())
                }
                Err(error) if error.is_retryable() => Outcome::Unknown(error.to_string()),
                Err(error) => refused(error.to_string()),
            }
        })
    }
}

/// The method and the body that ask for it.
fn request(user: UserId, action: &Action, token: &Token) -> (Method, Object) {
    let mut body = Object::default();
    body.set("user_id", user.0);
    body.set("token", token.0.as_str());
    let mut seen = |id: &EventId, revision: &Revision| {
        body.set("id", id.0);
        body.set("revision", revision.0);
    };
    let (method, wish) = match action {
        Action::Create(wish) => (Method::Post, Some(wish)),
        Action::Update(id, revision, wish) => {
            seen(id, revision);
            (Method::Put, Some(wish))
        }
        Action::Delete(id, revision) => {
            seen(id, revision);
            (Method::Delete, None)
        }
    };
    if let Some(wish) = wish {
        let texts = [
            (Field::Name, wish.name.clone()),
            (Field::Start, wish.start.text()),
            (Field::End, wish.end.text()),
            (Field::Location, wish.location.clone()),
        ];
        for (field, text) in texts {
            body.set(field.key(), text);
        }
    }
    (method, body)
}

fn refused(message: String) -> Outcome {
    let field = None;
    Outcome::Refused(vec![Fault { field, message }])
}

fn outcome(response: &Response) -> Outcome {
    let status = response.status;
    let body = json::parse(&response.body).unwrap_or_default();
    if response.is_success() {
        // What cannot be read would not be better if it were sent again.
        return match json::read(&body).ok().and_then(event) {
            Some(event) => Outcome::Done(event),
            None => refused("Something else answered at this address. Check `calendar.function.url` in appconfig.toml.".to_owned()),
        };
    }
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    match (status, body.get("errors").and_then(Value::as_array)) {
        (503, Some(errors)) => {
            let why = errors.first().and_then(|error| text(error, "message"));
            Outcome::Unknown(why.unwrap_or_default())
        }
        (404, Some(_)) => refused("This event is no longer there: somebody has deleted it. Create it anew if it is still wanted.".to_owned()),
        (409, Some(_)) => refused("Somebody else has changed this event meanwhile. Look at it as it is now, then do it again.".to_owned()),
        (400..500, Some(errors)) => Outcome::Refused(
            errors
                .iter()
                .map(|error| Fault {
                    field: Field::of(&text(error, "field").unwrap_or_default()),
                    message: text(error, "message").unwrap_or_default(),
                })
                .collect(),
        ),
        (408 | 429 | 500.., _) => Outcome::Unknown(["HTTP ", &status.to_string()].concat()),
        _ => {
            let reason = text(&body, "Message").or_else(|| text(&body, "message"));
            let reason = reason.unwrap_or_else(|| ["HTTP ", &status.to_string()].concat());
            refused(["The cloud refuses this page (", &reason, ")."].concat())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::calendar::form::Wish;
    use net::civil::when::Local;

    fn wish() -> Wish {
        Wish {
            name: "Walk".to_owned(),
            start: Local::parse("2026-02-02T20:00").unwrap(),
            end: Local::parse("2026-02-02T21:00").unwrap(),
            location: String::new(),
        }
    }

    #[test]
    fn each_action_has_its_method_and_says_what_was_seen() {
        let asked = |action| {
            let (method, body) = request(UserId(1), &action, &Token("t".to_owned()));
            {
                let body = serde_json::Value::from(&json::Value::from(body));
                (method.as_str(), body)
            }
        };
        let whole = json!({
            "user_id": 1, "token": "t", "name": "Walk", "location": "",
            "dt_start": "2026-02-02T20:00:00", "dt_end": "2026-02-02T21:00:00",
        });
        assert_eq!(asked(Action::Create(wish())), ("POST", whole.clone()));
        let mut changed = whole;
        changed["id"] = 7.into();
        changed["revision"] = 2.into();
        let action = Action::Update(EventId(7), Revision(2), wish());
        assert_eq!(asked(action), ("PUT", changed));
        let gone = json!({"user_id": 1, "token": "t", "id": 7, "revision": 2});
        assert_eq!(
            asked(Action::Delete(EventId(7), Revision(2))),
            ("DELETE", gone)
        );
    }

    #[test]
    fn each_answer_is_done_refused_or_open() {
        let told = |status, body: Value| {
            outcome(&Response {
                status,
                headers: Vec::new(),
                body: body.to_string().into(),
            })
        };
        let row = json!({"user_id": 1, "id": 7, "name": "Walk", "dt_start": "2026-02-02T20:00:00", "dt_end": "2026-02-02T21:00:00", "location": null, "revision": 1});
        assert!(matches!(told(200, row), Outcome::Done(event) if event.id == EventId(7)));
        let errors = json!({"errors": [{"field": "dt_end", "message": "must not be before the start"}, {"field": "user_id", "message": "x"}]});
        let Outcome::Refused(faults) = told(400, errors) else {
            panic!("it is refused")
        };
        assert_eq!(
            faults.iter().map(|fault| fault.field).collect::<Vec<_>>(),
            [Some(Field::End), None]
        );
        for (status, told_to) in [(404, "Create it anew"), (409, "do it again")] {
            let errors = json!({"errors": [{"field": "id", "message": "x"}]});
            let Outcome::Refused(faults) = told(status, errors) else {
                panic!("it is refused")
            };
            assert!(faults[0].message.contains(told_to), "{faults:?}");
        }
        let busy = json!({"errors": [{"field": "user_id", "message": "send it again"}]});
        assert_eq!(
            told(503, busy),
            Outcome::Unknown("send it again".to_owned())
        );
        assert!(matches!(told(502, json!(null)), Outcome::Unknown(_)));
        assert!(
            matches!(told(403, json!({"Message": "Forbidden"})), Outcome::Refused(faults) if faults[0].message.contains("Forbidden"))
        );
        assert!(matches!(told(200, json!("<html>")), Outcome::Refused(_)));
    }
}
