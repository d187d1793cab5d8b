//! The addresses: what answers at which path, on the cloud's plain address and under the services' own names.
//!
//! A request is never rewritten on its way: handlers verify signatures over the host and the path that the client saw.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{MethodRouter, any, get, post};
use axum::{Extension, Router};
use tower::ServiceExt as _;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::http::{self, unknown};
use crate::server::Front;
use crate::services::{self, Door, Family, Host, Service};
use crate::settings::REGION;
use crate::{cognito, events_api, site};

/// The region that a request came in by.
#[derive(Debug, Clone)]
pub(crate) struct Region(pub(crate) Arc<str>);

/// Everything, by host name.
pub(crate) fn all(front: &Front) -> Router {
    let mut named: HashMap<String, Router<Front>> = HashMap::new();
    for door in services::doors() {
        let router = named.entry(door.host()).or_default();
        *router = std::mem::take(router).merge(by_name(&door));
    }
    let named = named.into_iter().map(|(host, routes)| {
        let family = Host::read(&host).map(|host| host.family);
        let unknown = move || async move { family.map_or_else(unknown::name, unknown::path) };
        let routes = routes
            .method_not_allowed_fallback(unknown)
            .fallback(unknown);
        (host, finished(served(routes, front), front))
    });
    let hosts = Hosts {
        plain: finished(plain(front), front),
        named: Arc::new(named.collect()),
        unknown: finished(served(Router::new().fallback(unknown), front), front),
    };
    Router::new().fallback(by_host).with_state(hosts)
}

/// The cloud's plain address: the services by path, and the page.
fn plain(front: &Front) -> Router<Front> {
    let mut services = Router::new();
    for door in services::doors() {
        services = services.route(&door.local, behind(&door));
        if let Some(bare) = door.local.strip_suffix('/') {
            services = services.route(bare, behind(&door));
        }
    }
    served(services.merge(holidays()), front).fallback(site::serve)
}

/// Public holidays: nobody's name but this cloud's, and open to everyone.
fn holidays() -> Router<Front> {
    let path = |rest: &str| ["/holidays/api/v3/", rest].concat();
    Router::new()
        .route(
            &path("PublicHolidays/{year}/{country}"),
            get(http::holidays::of_year),
        )
        .route(&path("AvailableCountries"), get(http::holidays::countries))
        .route("/holidays/{*rest}", any(http::holidays::unknown))
}

/// What a service has under its own name.
fn by_name(door: &Door) -> Router<Front> {
    let routes = Router::new().route(door.path, behind(door));
    match door.service {
        // The official clients look for the socket here wherever they do not recognise the name of the real service,
        // and with a port in it they do not.
        Service::Api(_) if door.family == Family::GraphQl => {
            let socket = door.service.doors();
            let socket = socket.iter().find(|door| door.family == Family::Realtime);
            socket.map_or(routes.clone(), |door| {
                routes.route("/graphql/realtime", behind(door))
            })
        }
        _ => routes,
    }
}

/// What is behind a door.
fn behind(door: &Door) -> MethodRouter<Front> {
    match (door.service, door.family) {
        (Service::Identity, _) => post(cognito::handle),
        (Service::Api(api), Family::Realtime) => any(http::realtime::open).layer(Extension(api)),
        (Service::Api(api), _) => post(http::graphql::call).layer(Extension(api)),
        (Service::Mqtt, _) => get(http::mqtt::connect),
        (Service::Simulations, _) => get(http::simulation::start),
        (Service::CalendarFunction, _) => any(http::function::calendar),
        (Service::Events, _) => post(events_api::put_events),
    }
}

/// What all services do.
fn served(routes: Router<Front>, front: &Front) -> Router<Front> {
    routes
        .layer(axum::middleware::from_fn_with_state(
            front.clone(),
            http::request_id,
        ))
        .layer(http::cors())
}

/// What every answer has and every request is held to.
fn finished(routes: Router<Front>, front: &Front) -> Router {
    let header = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    // Whoever begins a body and does not go on.
    let patience = front.world.settings.patience;
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, patience);
    routes
        .layer(timeout)
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("referrer-policy", "same-origin"))
        .with_state(front.clone())
}

#[derive(Clone)]
struct Hosts {
    plain: Router,
    named: Arc<HashMap<String, Router>>,
    unknown: Router,
}

/// Sends a request where its host name says.
async fn by_host(State(hosts): State<Hosts>, mut request: Request) -> Response {
    let name = host(&request);
    let host = Host::read(&name);
    let router = match &host {
        None if Host::is_amazon_s(&name) => hosts.unknown,
        None => hosts.plain,
        Some(host) => {
            // Services without ids are in every region, only that there is nothing in the others.
            let region = match host.family {
                Family::Identity | Family::Events => REGION,
                _ => &host.region,
            };
            let named = hosts.named.get(&host.family.name(&host.id, region));
            named.cloned().unwrap_or(hosts.unknown)
        }
    };
    let region = host.as_ref().map_or(REGION, |host| &host.region);
    request.extensions_mut().insert(Region(region.into()));
    request.extensions_mut().insert(host);
    let answered: Result<_, Infallible> = router.oneshot(request).await;
    match answered {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn unknown(Extension(host): Extension<Option<Host>>) -> Response {
    host.as_ref().map_or_else(unknown::name, unknown::service)
}

/// As the client wrote it; a request line may hold it as well.
fn host(request: &Request) -> String {
    let header = request.headers().get(HOST);
    let header = header.and_then(|host| host.to_str().ok());
    let line = || {
        request
            .uri()
            .authority()
            .map(axum::http::uri::Authority::as_str)
    };
    header.or_else(line).unwrap_or_default().to_owned()
}
