//! A line: one accepted connection, whose bytes pass through here so that faults can happen to them.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::{How, Traffic};

/// How many bytes may be held back on one line; then the server has to wait, as it would for a full network.
const MOST_HELD: usize = 4 * 1024 * 1024;
/// How many bytes are read at once.
const CHUNK: usize = 16 * 1024;
/// How long a client that reads nothing may hold a line up. Its server may be gone by then.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a client may take to hang up once the server has.
const FAREWELL: Duration = Duration::from_secs(5);

/// A handle to one connection.
#[derive(Debug, Default)]
pub(crate) struct Line {
    socket: AtomicBool,
    reset: Notify,
    farewell: Notify,
}

impl Line {
    /// It carries a WebSocket from now on.
    pub(crate) fn is_a_socket(&self) {
        self.socket.store(true, Ordering::Relaxed);
    }

    /// Completes when whoever serves the socket shall close it.
    pub(crate) async fn told_to_close(&self) {
        self.farewell.notified().await;
    }

    pub(super) fn cut(&self, how: How) {
        match how {
            How::Close => self.farewell.notify_one(),
            How::Reset => self.reset.notify_one(),
        }
    }
}

/// Every open line.
#[derive(Clone)]
pub(crate) struct Lines {
    open: Arc<Mutex<BTreeMap<u64, Arc<Line>>>>,
    /// How many there have been.
    opened: Arc<Mutex<u64>>,
    count: watch::Sender<usize>,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            open: Arc::default(),
            opened: Arc::default(),
            count: watch::Sender::new(0),
        }
    }
}

impl Lines {
    /// Those that carry WebSockets.
    pub(super) fn sockets(&self) -> Vec<Arc<Line>> {
        let open = lock(&self.open);
        let sockets = open
            .values()
            .filter(|line| line.socket.load(Ordering::Relaxed));
        sockets.map(Arc::clone).collect()
    }

    pub(super) fn reset_all_but_sockets(&self) {
        lock(&self.open)
            .values()
            .filter(|line| !line.socket.load(Ordering::Relaxed))
            .for_each(|line| line.cut(How::Reset));
    }

    /// Returns when there is none any more: the server has written its last word, and the lines have carried it.
    pub(crate) async fn gone(&self) {
        drop(self.count.subscribe().wait_for(|count| *count == 0).await);
    }

    /// Carries a connection's bytes until it ends. `near` is the server's end.
    pub(super) fn carry(
        &self,
        tcp: TcpStream,
        near: DuplexStream,
        traffic: watch::Receiver<Traffic>,
    ) -> Arc<Line> {
        let line = Arc::<Line>::default();
        let number = {
            let mut opened = lock(&self.opened);
            *opened += 1;
            *opened
        };
        lock(&self.open).insert(number, Arc::clone(&line));
        self.count.send_modify(|count| *count += 1);
        let (lines, carried) = (self.clone(), Arc::clone(&line));
        tokio::spawn(async move {
            carry(tcp, near, &carried, traffic).await;
            lock(&lines.open).remove(&number);
            lines.count.send_modify(|count| *count -= 1);
        });
        line
    }
}

async fn carry(
    mut tcp: TcpStream,
    near: DuplexStream,
    line: &Line,
    traffic: watch::Receiver<Traffic>,
) {
    let (from_server, to_server) = tokio::io::split(near);
    let (from_client, to_client) = tcp.split();
    let inward = inward(from_client, to_server);
    let outward = outward(from_server, to_client, traffic);
    let both = async {
        tokio::pin!(inward, outward);
        tokio::select! {
            // The server has said its last word. Whoever hangs up without reading to the end would lose it.
            _ = &mut outward => drop(timeout(FAREWELL, inward).await),
            // The client says no more, but may still listen.
            ended = &mut inward => if ended.is_ok() { drop(outward.await) },
        }
    };
    let reset = tokio::select! {
        () = both => false,
        () = line.reset.notified() => true,
    };
    if reset {
        // Without lingering, closing the socket sends a reset and drops what has not been sent.
        drop(tcp.set_zero_linger());
    }
}

async fn inward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await?;
    to.shutdown().await
}

async fn outward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut traffic: watch::Receiver<Traffic>,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut waiting: VecDeque<(Instant, Bytes)> = VecDeque::new();
    let (mut held, mut ended) = (0, false);
    while !(ended && waiting.is_empty()) {
        let now = Instant::now();
        let due = waiting
            .front()
            .map(|(written, _)| traffic.borrow_and_update().release(*written));
        if due.is_some_and(|due| due <= now) {
            if let Some((_, bytes)) = waiting.pop_front() {
                held -= bytes.len();
                timeout(PATIENCE, to.write_all(&bytes)).await??;
            }
            continue;
        }
        tokio::select! {
            read = from.read(&mut buffer), if !ended && held < MOST_HELD => match read? {
                0 => ended = true,
                read => {
                    held += read;
                    waiting.push_back((Instant::now(), Bytes::copy_from_slice(&buffer[..read])));
                }
            },
            () = sleep_until(due.unwrap_or(now)), if due.is_some() => {}
            // A fault has begun or ended: look again.
            changed = traffic.changed() => if changed.is_err() { return Ok(()) },
        }
    }
    to.shutdown().await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
