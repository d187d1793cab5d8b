//! Running the cloud.

use std::future::Future;
use std::io::Write as _;
use std::time::Duration;

use backend::ports::Pace;
use backend::restaurant::Payments;
use cloud::server::Secured;
use cloud::tmdb::Tmdb;
use cloud::{CloudError, Ready, Settings};
use tokio::net::TcpListener;

use super::Serve;

pub(super) async fn run(flags: Serve) -> Result<(), CloudError> {
    let tmdb = flags.tmdb_key.as_deref();
    let tmdb = tmdb.map(|key| Tmdb::new(key, &flags.tmdb_url)).transpose();
    let settings = Settings {
        listen: flags.listen,
        tls: flags.tls,
        admin: flags.admin,
        data: flags.data.data()?,
        site: flags.site,
        credential_ttl: Duration::from_secs(flags.credential_ttl),
        pace: Pace::from_state(flags.pace),
        rotation: flags.rotate,
        tmdb: tmdb.map_err(CloudError::Tmdb)?,
        calendar_keys: flags.calendar_key,
        payments: Payments {
            chance: flags.payment_chance,
            seed: flags.payment_seed,
        },
        poison: flags.poison,
        visibility: flags.visibility,
        disorder: flags.disorder,
        retry_window: flags.retry_window,
        ..Settings::default()
    };
    if let Some(site) = settings
        .site
        .as_deref()
        .filter(|site| !site.join("index.html").is_file())
    {
        tracing::warn!(site = %site.display(), "there is no index.html in the folder of --site (yet)");
    }
    let address = settings.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| CloudError::Listen { address, source })?;
    let ready = format!(
        "Eddy's cloud is ready at http://{}/",
        listener.local_addr()?
    );
    let shutdown = shutdown()?;
    cloud::serve_then(settings, listener, shutdown, move |Ready { admin, tls }| {
        // Read by whoever started this, so it must not wait in a buffer.
        println!("{ready}");
        if let Some(Secured { address, file, .. }) = tls {
            println!("Over TLS it is at https://{address}/");
            if let Some(file) = file {
                println!("Its certificate is {}", file.display());
            }
        }
        if let Some(admin) = admin {
            println!("Its admin port is http://{admin}/");
        }
        drop(std::io::stdout().flush());
    })
    .await
}

/// Completes on SIGINT and on SIGTERM.
#[cfg(unix)]
fn shutdown() -> Result<impl Future<Output = ()> + Send + 'static, CloudError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes on Ctrl-C.
#[cfg(not(unix))]
fn shutdown() -> Result<impl Future<Output = ()> + Send + 'static, CloudError> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
