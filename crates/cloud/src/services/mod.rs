//! The services: which there are, the ids in their names and ARNs, and their addresses.
//!
//! This is the one table of them. The server's routes, the certificate's names, `eddy-cloud endpoints` and the ids that
//! stand in the policies are made from it. A GraphQL API is one line in [`Service::id`].

mod host;

use backend::api::ApiName;

pub use host::{Family, Host};

use crate::settings::REGION;

/// A service that this cloud is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Guest credentials: a Cognito identity pool.
    Identity,
    /// A GraphQL API with its subscriptions.
    Api(ApiName),
    /// The MQTT broker.
    Mqtt,
    /// The REST API that starts order simulations.
    Simulations,
    /// The function that creates, edits and deletes calendar events, behind its URL.
    CalendarFunction,
    /// The event bus.
    Events,
}

/// The stage that the REST API is deployed to.
pub const STAGE: &str = "Prod";

/// One address of a service: by its own name, as the real one has it, and on the cloud's plain address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Whose it is.
    pub service: Service,
    /// What kind of name it has, and by that what is behind it.
    pub family: Family,
    /// How it is called; `GET` for sockets.
    pub method: &'static str,
    /// The path behind the service's own name.
    pub path: &'static str,
    /// The path on the cloud's plain address.
    pub local: String,
    /// The service that requests are signed for, if they are.
    pub signed_for: Option<&'static str>,
}

impl Service {
    /// Every service there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let apis = ApiName::ALL.iter().copied().map(Self::Api);
        [Self::Identity].into_iter().chain(apis).chain([
            Self::Mqtt,
            Self::Simulations,
            Self::CalendarFunction,
            Self::Events,
        ])
    }

    /// The id that stands in its names and ARNs; empty where a service has none. Of the length that the real ones have.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Identity | Self::Events => "",
            Self::Api(ApiName::Orders) => "eddyorders0000000000000000",
            Self::Api(ApiName::Movies) => "eddymovies0000000000000000",
            Self::Api(ApiName::Calendar) => "eddycalendar00000000000000",
            Self::Api(ApiName::Restaurant) => "eddyrestaurant000000000000",
            Self::Mqtt => "eddymqtt000000",
            Self::Simulations => "eddyorders",
            Self::CalendarFunction => "eddycalendar00000000000000000000",
        }
    }

    /// What it is, for people.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Identity => "guest credentials".to_owned(),
            Self::Api(api) => format!("{api} API"),
            Self::Mqtt => "MQTT".to_owned(),
            Self::Simulations => "order simulations".to_owned(),
            Self::CalendarFunction => "calendar function".to_owned(),
            Self::Events => "event bus".to_owned(),
        }
    }

    /// The placeholder of its id in the policy documents, such as `OrdersApi`, where they name it.
    #[must_use]
    pub fn placeholder(self) -> Option<String> {
        match self {
            // The function's ARN has its name, not the id of its URL.
            Self::Identity | Self::Mqtt | Self::CalendarFunction | Self::Events => None,
            Self::Api(api) => {
                let (first, rest) = api.as_str().split_at(1);
                Some(format!("{}{rest}Api", first.to_ascii_uppercase()))
            }
            Self::Simulations => Some("SimulationApi".to_owned()),
        }
    }

    /// Its addresses.
    #[must_use]
    pub fn doors(self) -> Vec<Door> {
        let door = |family, method, path, local: &str, signed_for| Door {
            service: self,
            family,
            method,
            path,
            local: local.to_owned(),
            signed_for,
        };
        match self {
            Self::Identity => vec![door(Family::Identity, "POST", "/", "/cognito/", None)],
            Self::Api(api) => {
                let (graphql, realtime) = (
                    format!("/{api}/graphql"),
                    format!("/{api}/graphql/realtime"),
                );
                let signed = Some("appsync");
                vec![
                    door(Family::GraphQl, "POST", "/graphql", &graphql, signed),
                    door(Family::Realtime, "GET", "/graphql", &realtime, signed),
                ]
            }
            Self::Mqtt => {
                let signed = Some("iotdevicegateway");
                vec![door(Family::Mqtt, "GET", "/mqtt", "/mqtt", signed)]
            }
            Self::Simulations => {
                let signed = Some("execute-api");
                vec![door(Family::Rest, "GET", "/Prod/order", "/order", signed)]
            }
            Self::CalendarFunction => {
                let (local, signed) = ("/calendar/events", Some("lambda"));
                vec![door(Family::Function, "POST", "/", local, signed)]
            }
            Self::Events => vec![door(
                Family::Events,
                "POST",
                "/",
                "/events/",
                Some("events"),
            )],
        }
    }
}

impl Door {
    /// The service's own name, in this cloud's region.
    #[must_use]
    pub fn host(&self) -> String {
        self.family.name(self.service.id(), REGION)
    }

    /// Its whole address by that name.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}{}", self.scheme(true), self.host(), self.path)
    }

    /// Its whole address on a plain one, such as `http://127.0.0.1:8787`.
    #[must_use]
    pub fn local_url(&self, cloud: &str) -> String {
        let (scheme, address) = cloud.split_once("://").unwrap_or(("http", cloud));
        format!(
            "{}://{address}{}",
            self.scheme(scheme == "https"),
            self.local
        )
    }

    const fn scheme(&self, tls: bool) -> &'static str {
        match (self.family.is_socket(), tls) {
            (false, false) => "http",
            (false, true) => "https",
            (true, false) => "ws",
            (true, true) => "wss",
        }
    }
}

/// Every address there is.
pub fn doors() -> impl Iterator<Item = Door> {
    Service::all().flat_map(Service::doors)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_as_long_as_the_services_make_them_and_unlike_each_other() {
        let mut names = HashSet::new();
        for service in Service::all() {
            let id = service.id();
            let length = match service {
                Service::Identity | Service::Events => 0,
                Service::Api(_) => 26,
                Service::Mqtt => 14,
                Service::Simulations => 10,
                Service::CalendarFunction => 32,
            };
            assert_eq!(id.len(), length, "{service:?}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            assert!(id.chars().all(plain), "{id}");
            for door in service.doors() {
                assert!(names.insert(door.host()), "{} is there twice", door.host());
            }
        }
    }

    #[test]
    fn every_name_is_read_as_what_it_is() {
        for door in doors() {
            let host = Host::read(&door.host()).expect("a service's name");
            assert_eq!(
                (host.family, &*host.id, &*host.region),
                (door.family, door.service.id(), REGION)
            );
        }
    }

    #[test]
    fn addresses_are_written_as_the_services_have_them() {
        let [graphql, realtime] = &Service::Api(ApiName::Orders).doors()[..] else {
            panic!("an API has two doors")
        };
        assert_eq!(
            graphql.url(),
            "https://eddyorders0000000000000000.appsync-api.eu-west-1.amazonaws.com/graphql"
        );
        assert_eq!(
            realtime.url(),
            "wss://eddyorders0000000000000000.appsync-realtime-api.eu-west-1.amazonaws.com/graphql"
        );
        assert_eq!(
            realtime.local_url("http://127.0.0.1:8787"),
            "ws://127.0.0.1:8787/orders/graphql/realtime"
        );
        assert_eq!(
            Service::Api(ApiName::Orders).placeholder().as_deref(),
            Some("OrdersApi")
        );
    }
}
