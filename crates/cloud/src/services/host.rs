//! The services' host names: how they are put together, and what one of them says.
//! Source: AWS General Reference, "Service endpoints and quotas"; AppSync developer guide, "Building a real-time
//! WebSocket client"; Lambda developer guide, "Creating and managing Lambda function URLs".

/// What kind of name it is: the part that says which service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// `cognito-identity.<region>.amazonaws.com`
    Identity,
    /// `<id>.appsync-api.<region>.amazonaws.com`
    GraphQl,
    /// `<id>.appsync-realtime-api.<region>.amazonaws.com`
    Realtime,
    /// `<id>.execute-api.<region>.amazonaws.com`
    Rest,
    /// `<id>-ats.iot.<region>.amazonaws.com`
    Mqtt,
    /// `<id>.lambda-url.<region>.on.aws`
    Function,
    /// `events.<region>.amazonaws.com`
    Events,
}

/// A service's host name, taken apart. Whether this cloud has that service is another matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Which service.
    pub family: Family,
    /// Which of its APIs, functions or accounts; empty where the service has one name a region.
    pub id: String,
    /// Where.
    pub region: String,
}

/// What the names of all regions end with.
const AMAZONAWS: &str = ".amazonaws.com";
const ON_AWS: &str = ".on.aws";

impl Family {
    /// Every kind of name.
    pub const ALL: [Self; 7] = [
        Self::Identity,
        Self::GraphQl,
        Self::Realtime,
        Self::Rest,
        Self::Mqtt,
        Self::Function,
        Self::Events,
    ];

    /// The part of the name that says which service, what is appended to the id, and how the name ends.
    const fn parts(self) -> (&'static str, Option<&'static str>, &'static str) {
        match self {
            Self::Identity => ("cognito-identity", None, AMAZONAWS),
            Self::GraphQl => ("appsync-api", Some(""), AMAZONAWS),
            Self::Realtime => ("appsync-realtime-api", Some(""), AMAZONAWS),
            Self::Rest => ("execute-api", Some(""), AMAZONAWS),
            // The endpoint whose certificate is Amazon's own, which every client of today uses.
            Self::Mqtt => ("iot", Some("-ats"), AMAZONAWS),
            Self::Function => ("lambda-url", Some(""), ON_AWS),
            Self::Events => ("events", None, AMAZONAWS),
        }
    }

    /// The host name of this kind with an id, in a region.
    #[must_use]
    pub fn name(self, id: &str, region: &str) -> String {
        let (service, suffix, end) = self.parts();
        match suffix {
            Some(suffix) => format!("{id}{suffix}.{service}.{region}{end}"),
            None => format!("{service}.{region}{end}"),
        }
    }

    /// The name that a certificate for all ids of a region has.
    #[must_use]
    pub fn wildcard(self, region: &str) -> String {
        let (service, suffix, end) = self.parts();
        let any = if suffix.is_some() { "*." } else { "" };
        format!("{any}{service}.{region}{end}")
    }

    /// Whether it is called by WebSocket.
    #[must_use]
    pub const fn is_socket(self) -> bool {
        matches!(self, Self::Realtime | Self::Mqtt)
    }
}

impl Host {
    /// Reads a `Host` header, with a port or without. `None` if it is no service's name.
    #[must_use]
    pub fn read(header: &str) -> Option<Self> {
        let name = Self::without_port(header);
        Family::ALL.into_iter().find_map(|family| {
            let (service, suffix, end) = family.parts();
            let name = name.strip_suffix(end)?;
            let (before, region) = name.rsplit_once('.')?;
            let id = match suffix {
                None => (before == service).then_some("")?,
                Some(suffix) => {
                    let (id, label) = before.split_once('.')?;
                    let id = id.strip_suffix(suffix).filter(|id| !id.is_empty())?;
                    (label == service).then_some(id)?
                }
            };
            is_region(region).then(|| Self {
                family,
                id: id.to_owned(),
                region: region.to_owned(),
            })
        })
    }

    /// Whether it is a name under which only Amazon's services live, known here or not.
    #[must_use]
    pub fn is_amazon_s(header: &str) -> bool {
        let name = Self::without_port(header);
        name.ends_with(AMAZONAWS) || name.ends_with(ON_AWS)
    }

    /// The name in a `Host` header, in lower case.
    #[must_use]
    pub fn without_port(header: &str) -> String {
        let name = header.split_once(':').map_or(header, |(name, _)| name);
        name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
    }
}

/// Such as `eu-west-1` or `us-gov-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match &parts[..] {
        [words @ .., number] if words.len() >= 2 => words.iter().all(letters) && digits(number),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_together_is_read_again() {
        for family in Family::ALL {
            let name = family.name("abc123", "us-gov-east-1");
            for header in [name.clone(), name.to_uppercase(), format!("{name}.:8443")] {
                let host = Host::read(&header).unwrap_or_else(|| panic!("{header}"));
                assert_eq!((host.family, &*host.region), (family, "us-gov-east-1"));
                assert_eq!(host.id.is_empty(), !family.wildcard("r").starts_with('*'));
            }
        }
    }

    #[test]
    fn other_names_are_not_taken_for_a_service_s() {
        for name in [
            "",
            "localhost:8787",
            "127.0.0.1:8787",
            "[::1]:8787",
            "appsync-api.eu-west-1.amazonaws.com",
            ".appsync-api.eu-west-1.amazonaws.com",
            "a.b.appsync-api.eu-west-1.amazonaws.com",
            "abc.appsync-api.nowhere.amazonaws.com",
            "abc.appsync-api..amazonaws.com",
            "abc.iot.eu-west-1.amazonaws.com",
            "-ats.iot.eu-west-1.amazonaws.com",
            "abc.lambda-url.eu-west-1.amazonaws.com",
            "cognito-identity.eu-west-1.on.aws",
            "cognito-identity.eu-west-1.amazonaws.com.eddy.example",
        ] {
            assert_eq!(Host::read(name), None, "{name}");
        }
        assert!(Host::is_amazon_s("S3.eu-west-1.amazonaws.com:443"));
        assert!(!Host::is_amazon_s("amazonaws.com.eddy.example"));
    }
}
