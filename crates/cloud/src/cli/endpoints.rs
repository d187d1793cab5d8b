//! `endpoints`: where everything is, by path on this machine and by the services' own names.

use std::fs;
use std::path::PathBuf;

use cloud::CloudError;
use cloud::services::{Door, Family, doors};
use cloud::settings::{Data, IDENTITY_POOL, REGION};
use cloud::tls::{certificate_file, spki_hash};
use serde::Serialize;

use super::At;
use super::commands::print_json;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoints {
    region: &'static str,
    identity_pool: &'static str,
    endpoints: Vec<Endpoint>,
    mapping: Mapping,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    /// Whose it is, for people.
    service: String,
    method: &'static str,
    /// On this machine, in plain text.
    url: String,
    /// On this machine, over TLS.
    secure_url: String,
    /// As the real service has it.
    name: String,
    signed_for: Option<&'static str>,
}

/// How the names lead to this machine.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mapping {
    /// The value of Chromium's flag of this name.
    host_resolver_rules: String,
    /// Lines for the hosts file.
    hosts: Vec<String>,
    /// The certificate to trust, once a cloud has run with TLS on this folder.
    certificate: Option<PathBuf>,
    /// The value of Chromium's `--ignore-certificate-errors-spki-list` for it.
    spki: Option<String>,
}

pub(super) fn run(at: At, data: &Data, json: bool) -> Result<(), CloudError> {
    let told = Endpoints {
        region: REGION,
        identity_pool: IDENTITY_POOL,
        endpoints: doors().map(|door| endpoint(&door, at)).collect(),
        mapping: mapping(at, data),
    };
    if json {
        return print_json(&told);
    }
    print(&told, at);
    Ok(())
}

fn endpoint(door: &Door, at: At) -> Endpoint {
    Endpoint {
        service: match door.family {
            Family::Realtime => format!("{}, real-time", door.service.title()),
            _ => door.service.title(),
        },
        method: door.method,
        url: door.local_url(&format!("http://{}", at.listen)),
        secure_url: door.local_url(&format!("https://{}", at.tls)),
        name: door.url(),
        signed_for: door.signed_for,
    }
}

fn mapping(at: At, data: &Data) -> Mapping {
    let rules = Family::ALL.map(|family| format!("MAP {} {}", family.wildcard(REGION), at.tls));
    let mut hosts: Vec<String> = doors().map(|door| door.host()).collect();
    hosts.dedup();
    let ip = at.tls.ip();
    let certificate = certificate_file(data).filter(|file| file.is_file());
    let text = certificate
        .as_ref()
        .and_then(|file| fs::read_to_string(file).ok());
    Mapping {
        host_resolver_rules: rules.join(","),
        hosts: hosts.iter().map(|host| format!("{ip} {host}")).collect(),
        spki: text.as_deref().and_then(spki_hash),
        certificate,
    }
}

fn print(told: &Endpoints, at: At) {
    println!(
        "Region {}, identity pool {}",
        told.region, told.identity_pool
    );
    for endpoint in &told.endpoints {
        let Endpoint {
            service,
            method,
            url,
            name,
            signed_for,
            ..
        } = endpoint;
        let signed =
            signed_for.map_or("not signed".to_owned(), |name| format!("signed for {name}"));
        println!("\n{service} ({method}, {signed})\n  {url}\n  {name}");
    }
    let Mapping {
        host_resolver_rules,
        hosts,
        certificate,
        spki,
    } = &told.mapping;
    println!(
        "\nThe names are this cloud's once they lead to it. Run it with --tls {} and trust its certificate:",
        at.tls
    );
    match certificate {
        Some(file) => println!("  {}", file.display()),
        None => println!(
            "  (made in the folder of --data when it is run with --tls for the first time)"
        ),
    }
    println!("\nFor one Chromium:\n  --host-resolver-rules=\"{host_resolver_rules}\"");
    if let Some(spki) = spki {
        println!("  --ignore-certificate-errors-spki-list={spki} --user-data-dir=DIR");
    }
    println!(
        "\nFor the whole machine, in its hosts file; with the cloud at port 443, or with the port in the addresses:"
    );
    hosts.iter().for_each(|line| println!("  {line}"));
}
