//! A listener that puts a line between each connection and the server.

use std::io;
use std::sync::Arc;

use axum::serve::Listener;
use tokio::io::{DuplexStream, duplex};
use tokio::net::TcpListener;

use super::{Faults, Line};

/// As much as may be on its way between a line and the server.
const BUFFER: usize = 16 * 1024;

/// The listener of a cloud that faults can happen to.
pub(crate) struct FaultyListener {
    listener: TcpListener,
    faults: Faults,
}

/// Who connected: the line to them.
#[derive(Debug, Clone)]
pub(crate) struct Remote(Arc<Line>);

impl FaultyListener {
    pub(crate) fn new(listener: TcpListener, faults: Faults) -> Self {
        Self { listener, faults }
    }
}

impl Remote {
    /// The line to them.
    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.0
    }
}

impl Listener for FaultyListener {
    type Io = DuplexStream;
    type Addr = Remote;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (tcp, address) = Listener::accept(&mut self.listener).await;
            if self.faults.refuses() {
                tracing::debug!(%address, "a connection is refused on purpose");
                drop(tcp.set_zero_linger());
                continue;
            }
            drop(tcp.set_nodelay(true));
            let (server, near) = duplex(BUFFER);
            let line = self.faults.lines().carry(tcp, near, self.faults.traffic());
            return (server, Remote(line));
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        // Nobody asks for it; but there has to be something to say.
        Ok(Remote(Arc::default()))
    }
}
