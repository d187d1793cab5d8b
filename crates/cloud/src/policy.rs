//! Who may do what: the policy documents in `deploy/policies`, which the deployment reads too, and their evaluation.
//!
//! A document is an IAM identity policy with `${Placeholders}` for what a deployment makes up (identifiers of APIs, the
//! region). Here they stand for the embedded cloud's own names.
//! Source: IAM user guide, "Policy evaluation logic": an explicit deny beats an allow, and what nobody allows is denied.

use backend::api::{ApiName, Role};
use serde::Deserialize;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::time::Instant;

use crate::services::{STAGE, Service};
use crate::settings::{ACCOUNT, BUS, CALENDAR_FUNCTION, REGION};

const GUEST: &str = include_str!("../../../deploy/policies/guest.json");
const BACKEND: &str = include_str!("../../../deploy/policies/backend.json");

/// The policies of both roles.
#[derive(Debug)]
pub struct Policies {
    guest: Policy,
    backend: Policy,
    /// What guests are denied on purpose, and until when: for [`crate::faults`].
    denied: OnceLock<Mutex<Vec<(Access, Instant)>>>,
}

/// Something that a caller wants to do, in the policies' terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Such as `appsync:GraphQL`.
    pub action: &'static str,
    /// The resource's ARN.
    pub resource: String,
}

impl Access {
    /// Calling a root field of a GraphQL API.
    #[must_use]
    pub fn field(api: ApiName, parent: &str, field: &str) -> Self {
        let id = Service::Api(api).id();
        Self {
            action: "appsync:GraphQL",
            resource: format!(
                "arn:aws:appsync:{REGION}:{ACCOUNT}:apis/{id}/types/{parent}/fields/{field}"
            ),
        }
    }

    /// Calling a route of the REST API, such as `GET` and `order`.
    #[must_use]
    pub fn route(method: &str, path: &str) -> Self {
        let id = Service::Simulations.id();
        Self {
            action: "execute-api:Invoke",
            resource: format!(
                "arn:aws:execute-api:{REGION}:{ACCOUNT}:{id}/{STAGE}/{method}/{path}"
            ),
        }
    }

    /// Connecting to the MQTT broker under a client id.
    #[must_use]
    pub fn connect(client: &str) -> Self {
        Self::iot("iot:Connect", "client", client)
    }

    /// Subscribing to a filter. Its wildcards are characters like others: the policy names the filter itself.
    #[must_use]
    pub fn subscribe(filter: &str) -> Self {
        Self::iot("iot:Subscribe", "topicfilter", filter)
    }

    /// Being sent what is published to a topic.
    #[must_use]
    pub fn receive(topic: &str) -> Self {
        Self::iot("iot:Receive", "topic", topic)
    }

    /// Publishing to a topic.
    #[must_use]
    pub fn publish(topic: &str) -> Self {
        Self::iot("iot:Publish", "topic", topic)
    }

    /// Publishing to a topic what is to be retained there.
    #[must_use]
    pub fn retain(topic: &str) -> Self {
        Self::iot("iot:RetainPublish", "topic", topic)
    }

    fn iot(action: &'static str, kind: &str, name: &str) -> Self {
        Self {
            action,
            resource: format!("arn:aws:iot:{REGION}:{ACCOUNT}:{kind}/{name}"),
        }
    }

    /// Calling a function by its URL.
    #[must_use]
    pub fn function(name: &str) -> Self {
        Self {
            action: "lambda:InvokeFunctionUrl",
            resource: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"),
        }
    }

    /// Putting events on a bus of a region.
    #[must_use]
    pub fn put_events(region: &str, bus: &str) -> Self {
        Self {
            action: "events:PutEvents",
            resource: format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/{bus}"),
        }
    }
}

impl Policies {
    /// Reads the documents that the program is built with.
    ///
    /// # Errors
    /// What is wrong with a document, for people.
    pub fn load() -> Result<Self, String> {
        let fixed = [
            ("Region", REGION),
            ("Account", ACCOUNT),
            ("OrdersBus", BUS),
            ("CalendarFunction", CALENDAR_FUNCTION),
        ];
        let fixed = fixed.map(|(name, value)| (name.to_owned(), value));
        let ids = Service::all()
            .filter_map(|service| service.placeholder().map(|name| (name, service.id())));
        let names: Vec<_> = fixed.into_iter().chain(ids).collect();
        let policy = |file, document| {
            Policy::read(document, &names).map_err(|error| format!("{file}: {error}"))
        };
        Ok(Self {
            guest: policy("deploy/policies/guest.json", GUEST)?,
            backend: policy("deploy/policies/backend.json", BACKEND)?,
            denied: OnceLock::new(),
        })
    }

    /// Denies something to guests until then: an explicit deny, which beats what the document allows.
    pub(crate) fn deny_guests(&self, access: Access, until: Instant) {
        self.denials().push((access, until));
    }

    /// Takes one denial back, or all of them. Says whether there was any.
    pub(crate) fn deny_no_more(&self, access: Option<&Access>) -> bool {
        let mut denials = self.denials();
        let before = denials.len();
        denials.retain(|(denied, _)| access.is_some_and(|access| access != denied));
        denials.len() < before
    }

    fn denied(&self, access: &Access) -> bool {
        self.denied.get().is_some_and(|_| {
            let now = Instant::now();
            let mut denials = self.denials();
            denials.retain(|(_, until)| now < *until);
            denials.iter().any(|(denied, _)| denied == access)
        })
    }

    fn denials(&self) -> MutexGuard<'_, Vec<(Access, Instant)>> {
        let denials = self.denied.get_or_init(Mutex::default);
        denials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether callers in this role may do it.
    #[must_use]
    pub fn allow(&self, role: Role, access: &Access) -> bool {
        match role {
            Role::Guest => self.guest.allows(access) && !self.denied(access),
            Role::Backend => self.backend.allows(access),
            // The schema says what keys open; they are no principals.
            Role::ApiKey => false,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    version: String,
    statement: Vec<Statement>,
}

/// Elements that are not understood here (conditions, `NotAction`) are refused at start-up rather than ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: OneOrMany,
    resource: OneOrMany,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Policy {
    fn read(document: &str, names: &[(String, &str)]) -> Result<Self, String> {
        let filled = names
            .iter()
            .fold(document.to_owned(), |text, (name, value)| {
                text.replace(&format!("${{{name}}}"), value)
            });
        if let Some(unknown) = filled.split("${").nth(1) {
            return Err(format!(
                "unknown placeholder ${{{}",
                unknown.split_inclusive('}').next().unwrap_or_default()
            ));
        }
        let policy: Self = serde_json::from_str(&filled).map_err(|error| error.to_string())?;
        if policy.version != "2012-10-17" {
            return Err(format!("unknown policy version {}", policy.version));
        }
        Ok(policy)
    }

    fn allows(&self, access: &Access) -> bool {
        let mut effects = self
            .statement
            .iter()
            .filter(|statement| statement.covers(access))
            .map(|s| s.effect);
        let Some(first) = effects.next() else {
            return false;
        };
        first == Effect::Allow && effects.all(|effect| effect == Effect::Allow)
    }
}

impl Statement {
    fn covers(&self, access: &Access) -> bool {
        // Actions are compared without regard to case, resources with it.
        let action = access.action.to_ascii_lowercase();
        self.action
            .as_slice()
            .iter()
            .any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
            && self
                .resource
                .as_slice()
                .iter()
                .any(|pattern| matches(pattern, &access.resource))
    }
}

/// `*` stands for any text, `?` for one character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and where the text it stands for ends so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, end)) => {
                    *end += 1;
                    (p, t) = (*at + 1, *end);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*/GET/*", "x/GET/order", true),
            ("a*b*c", "a-b-b-c", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn guests_do_what_is_theirs_and_nothing_else() {
        let policies = Policies::load().unwrap();
        let field = |parent, name| Access::field(ApiName::Orders, parent, name);
        let movies = |parent, name| Access::field(ApiName::Movies, parent, name);
        let calendar = |parent, name| Access::field(ApiName::Calendar, parent, name);
        let restaurant = |parent, name| Access::field(ApiName::Restaurant, parent, name);
        for (access, guest) in [
            (field("Query", "orders"), true),
            (field("Subscription", "onCreateOrUpdateOrder"), true),
            (field("Mutation", "createOrder"), false),
            (field("Mutation", "updateOrder"), false),
            (movies("Query", "listMessages"), true),
            (movies("Subscription", "onSendReaction"), true),
            (movies("Mutation", "createMessage"), true),
            (movies("Mutation", "addVotes"), true),
            (movies("Mutation", "sendReaction"), true),
            (movies("Mutation", "updateReviews"), true),
            (movies("Mutation", "createMovies"), false),
            (movies("Mutation", "updateMovies"), false),
            (movies("Mutation", "deleteMovies"), false),
            (movies("Mutation", "createReviews"), false),
            (movies("Mutation", "deleteReviews"), false),
            (movies("Mutation", "publishMovies"), false),
            (movies("Mutation", "publishReviews"), false),
            (calendar("Query", "listEventsTables"), true),
            (
                calendar("Subscription", "onCreateEventsTableWithLocalResolver"),
                true,
            ),
            (calendar("Mutation", "createEventsTable"), false),
            (calendar("Mutation", "updateEventsTable"), false),
            (calendar("Mutation", "deleteEventsTable"), false),
            (
                calendar("Mutation", "createEventsTableWithLocalResolver"),
                false,
            ),
            (restaurant("Query", "orders"), true),
            (restaurant("Query", "pipeline"), true),
            (restaurant("Subscription", "onOrderChanged"), true),
            (restaurant("Mutation", "postOrder"), true),
            (restaurant("Mutation", "updateOrder"), true),
            (restaurant("Mutation", "deleteOrder"), true),
            (restaurant("Mutation", "publishOrder"), false),
            (Access::function(CALENDAR_FUNCTION), true),
            (Access::route("GET", "order"), true),
            (Access::route("POST", "order"), false),
            (Access::put_events(REGION, BUS), false),
            (Access::connect("eddy-1"), true),
            (Access::subscribe("orders/events"), true),
            (Access::subscribe("orders/events/+"), true),
            (Access::receive("orders/events/1"), true),
            (Access::publish("orders/events"), false),
            (Access::retain("orders/events/1"), false),
        ] {
            assert_eq!(
                policies.allow(Role::Guest, &access),
                guest,
                "a guest and {access:?}"
            );
            let post = access == Access::route("POST", "order");
            assert_eq!(
                policies.allow(Role::Backend, &access),
                !post,
                "the backend and {access:?}"
            );
        }
        for elsewhere in [
            Access::put_events(REGION, "another.bus"),
            Access::put_events("us-east-1", BUS),
            Access::function("another"),
        ] {
            assert!(!policies.allow(Role::Backend, &elsewhere));
        }
        for access in [
            Access::connect("another-1"),
            Access::subscribe("#"),
            Access::subscribe("orders/#"),
            Access::receive("orders/other"),
        ] {
            assert!(!policies.allow(Role::Guest, &access), "{access:?}");
        }
    }

    fn policy(statements: &str) -> Result<Policy, String> {
        Policy::read(
            &format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#),
            &[],
        )
    }

    #[test]
    fn deny_beats_allow_in_either_order() {
        let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        let deny = r#"{"Effect":"Deny","Action":["events:Put*"],"Resource":"*bus"}"#;
        let access = Access::put_events(REGION, "bus");
        assert!(policy(allow).unwrap().allows(&access));
        for statements in [format!("{allow},{deny}"), format!("{deny},{allow}")] {
            assert!(!policy(&statements).unwrap().allows(&access));
        }
        assert!(
            !policy("").unwrap().allows(&access),
            "what nobody allows is denied"
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let condition = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}"#;
        assert!(policy(condition).unwrap_err().contains("Condition"));
        let unknown = r#"{"Effect":"Allow","Action":"*","Resource":"${Nobody}"}"#;
        assert!(policy(unknown).unwrap_err().contains("${Nobody}"));
    }
}
