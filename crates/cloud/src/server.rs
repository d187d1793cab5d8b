//! (to be filled)
use std::future::Future;
use crate::{CloudError, Settings};
/// Serves.
pub async fn serve(_settings: Settings, _listener: tokio::net::TcpListener, _shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), CloudError> { Ok(()) }
