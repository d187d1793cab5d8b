//! Many subscribers, for `cargo xtask bench`: opens sockets, publishes over HTTP or a socket more, and says what arrived
//! and when.
//!
//! It knows no protocol: the messages, and the requests that publish, are in the file that it is given (see [`Spec`]),
//! so that servers of different protocols are measured by the same program. One thread, so that it stays on one core.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::SinkExt as _;
use futures::stream::{FuturesUnordered, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, http::HeaderValue};

/// Handshakes under way at once.
const AT_ONCE: usize = 64;
/// How long a handshake, a publication or the last delivery may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a server may come to rest before its memory is read.
const REST: Duration = Duration::from_secs(2);
/// A small buffer a socket: there may be ten thousand.
const BUFFER: usize = 2048;
/// Ticks a second in `/proc/PID/stat`; Linux has said 100 to programs for ever.
const TICKS: f64 = 100.0;

/// What to do.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    /// Host and port.
    address: String,
    /// The socket's path and query.
    path: String,
    /// The value of `Sec-WebSocket-Protocol`.
    protocols: String,
    /// The server's process.
    pid: u32,
    /// How many sockets.
    sockets: usize,
    /// Messages are bytes: each letter of those here is one, up to U+00FF.
    #[serde(default)]
    binary: bool,
    /// The socket that publishes; without it, publications are HTTP requests.
    publisher: Option<Opening>,
    /// The first message, and what is in its answer.
    init: String,
    acknowledged: String,
    /// What subscribes (`{n}` is the socket's number, in five digits), and what is in the answer to the last of it.
    start: Vec<String>,
    started: String,
    /// What every event's message has.
    data: String,
    /// What each event's message is answered with, if it is.
    answer: Option<Answer>,
    /// What to publish: whole HTTP requests or messages, one for each event of all phases, and what marks the event.
    publications: Vec<Publication>,
    /// One after the other.
    phases: Vec<Phase>,
}

/// How the publishing socket is opened.
#[derive(Deserialize)]
struct Opening {
    path: String,
    init: String,
    acknowledged: String,
}

/// An acknowledgement: some bytes, and then those of the message from here to there.
#[derive(Deserialize)]
struct Answer {
    head: String,
    from: usize,
    to: usize,
}

#[derive(Deserialize)]
struct Publication {
    request: String,
    marker: String,
}

#[derive(Deserialize)]
struct Phase {
    name: String,
    events: usize,
    /// Events a second; without it the next is published as soon as at most `window` are not yet with everyone.
    rate: Option<f64>,
    window: Option<usize>,
}

/// A line of output, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum Line {
    #[serde(rename_all = "camelCase")]
    Opened {
        sockets: usize,
        seconds: f64,
        /// The server's resident memory in bytes, before the first socket and with all of them.
        before: u64,
        after: u64,
    },
    #[serde(rename_all = "camelCase")]
    Phase {
        name: String,
        events: usize,
        deliveries: usize,
        missing: usize,
        seconds: f64,
        /// CPU time in seconds.
        server: f64,
        own: f64,
        /// From publishing to delivery, in milliseconds.
        p50: f64,
        p95: f64,
        p99: f64,
        most: f64,
    },
}

/// What all sockets write to.
#[derive(Default)]
struct Board {
    markers: Vec<Vec<u8>>,
    published: RefCell<Vec<Instant>>,
    /// How many sockets have each event.
    reached: RefCell<Vec<usize>>,
    /// Microseconds.
    latencies: RefCell<Vec<u32>>,
    strays: Cell<usize>,
    progress: Notify,
}

impl Board {
    /// A socket's next event has arrived.
    fn arrived(&self, event: usize, message: &[u8], sockets: usize) {
        let published = self.published.borrow();
        let known = published.get(event).zip(self.markers.get(event));
        let Some((at, _)) = known.filter(|(_, marker)| holds(message, marker)) else {
            self.strays.set(self.strays.get() + 1);
            return;
        };
        let micros = u32::try_from(at.elapsed().as_micros()).unwrap_or(u32::MAX);
        self.latencies.borrow_mut().push(micros);
        let mut reached = self.reached.borrow_mut();
        reached[event] += 1;
        if reached[event] == sockets {
            self.progress.notify_one();
        }
    }

    /// How many of the first `events` are with everyone; they get there in turn.
    fn complete(&self, sockets: usize) -> usize {
        let reached = self.reached.borrow();
        reached
            .iter()
            .take_while(|count| **count == sockets)
            .count()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("sockets SPEC.json")?;
    let spec: Spec = serde_json::from_slice(&std::fs::read(path)?)?;
    LocalSet::new().run_until(run(spec)).await
}

async fn run(spec: Spec) -> Result<()> {
    let board = Rc::new(Board {
        markers: spec
            .publications
            .iter()
            .map(|publication| spec.bytes(&publication.marker))
            .collect(),
        ..Board::default()
    });
    let answer = spec.answer.as_ref();
    let answer = answer.map(|it| (spec.bytes(&it.head), it.from..it.to));
    let before = resident(spec.pid)?;
    let begun = Instant::now();
    let mut sockets = Vec::new();
    let mut opening = FuturesUnordered::new();
    for number in 0..spec.sockets {
        if opening.len() == AT_ONCE
            && let Some(socket) = opening.next().await
        {
            sockets.push(socket?);
        }
        opening.push(open(&spec, number));
    }
    while let Some(socket) = opening.next().await {
        sockets.push(socket?);
    }
    let seconds = begun.elapsed().as_secs_f64();
    for socket in sockets {
        tokio::task::spawn_local(listen(
            socket,
            spec.bytes(&spec.data),
            answer.clone(),
            Rc::clone(&board),
            spec.sockets,
        ));
    }
    sleep(REST).await;
    let after = resident(spec.pid)?;
    print(&Line::Opened {
        sockets: spec.sockets,
        seconds,
        before,
        after,
    })?;

    let mut publisher = Publisher::open(&spec).await?;
    let mut first = 0;
    for phase in &spec.phases {
        let line = carry_out(phase, first, &spec, &board, &mut publisher).await?;
        first += phase.events;
        print(&line)?;
    }
    ensure!(
        board.strays.get() == 0,
        "{} messages came out of turn",
        board.strays.get()
    );
    Ok(())
}

impl Spec {
    /// A text of the file, as it is compared with what arrives.
    #[allow(clippy::cast_possible_truncation, reason = "letters up to U+00FF")]
    fn bytes(&self, text: &str) -> Vec<u8> {
        if self.binary {
            text.chars().map(|letter| letter as u8).collect()
        } else {
            text.as_bytes().to_vec()
        }
    }

    /// A text of the file, as a message.
    fn message(&self, text: &str, number: usize) -> Message {
        let text = text.replace("{n}", &format!("{number:05}"));
        if self.binary {
            Message::binary(self.bytes(&text))
        } else {
            Message::text(text)
        }
    }
}

/// Whether the message holds those bytes.
fn holds(message: &[u8], part: &[u8]) -> bool {
    message.windows(part.len()).any(|found| found == part)
}

/// Opens a socket and subscribes.
async fn open(spec: &Spec, number: usize) -> Result<WebSocketStream<TcpStream>> {
    let opened = async {
        let mut socket = connected(spec, &spec.path).await?;
        socket.send(spec.message(&spec.init, number)).await?;
        wait_for(&mut socket, &spec.bytes(&spec.acknowledged)).await?;
        for start in &spec.start {
            socket.send(spec.message(start, number)).await?;
        }
        wait_for(&mut socket, &spec.bytes(&spec.started)).await?;
        Ok(socket)
    };
    timeout(PATIENCE, opened)
        .await
        .context("a socket took too long to open")?
}

/// Opens a WebSocket.
async fn connected(spec: &Spec, path: &str) -> Result<WebSocketStream<TcpStream>> {
    let tcp = TcpStream::connect(&spec.address).await?;
    tcp.set_nodelay(true)?;
    let mut request = format!("ws://{}{path}", spec.address).into_client_request()?;
    request.headers_mut().insert(
        "sec-websocket-protocol",
        HeaderValue::from_str(&spec.protocols)?,
    );
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0);
    let (socket, _) =
        tokio_tungstenite::client_async_with_config(request, tcp, Some(config)).await?;
    Ok(socket)
}

async fn wait_for(socket: &mut WebSocketStream<TcpStream>, what: &[u8]) -> Result<()> {
    loop {
        match socket.next().await.context("the server hung up")?? {
            Message::Text(text) if holds(text.as_bytes(), what) => return Ok(()),
            Message::Text(text) if text.contains("error") => bail!("the server said: {text}"),
            Message::Binary(bytes) if holds(&bytes, what) => return Ok(()),
            Message::Binary(bytes) => bail!("the server said: {bytes:x?}"),
            Message::Close(why) => bail!("the server closed: {why:?}"),
            _ => {}
        }
    }
}

/// Counts a socket's events until it ends, and acknowledges them.
async fn listen(
    mut socket: WebSocketStream<TcpStream>,
    data: Vec<u8>,
    answer: Option<(Vec<u8>, Range<usize>)>,
    board: Rc<Board>,
    sockets: usize,
) {
    let mut event = 0;
    while let Some(Ok(message)) = socket.next().await {
        let bytes = match &message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            _ => continue,
        };
        if holds(bytes, &data) {
            board.arrived(event, bytes, sockets);
            event += 1;
            if let Some((head, range)) = &answer {
                let own = bytes.get(range.clone()).unwrap_or_default();
                // Where it cannot be sent, the next to receive is the end.
                let _ = socket.send(Message::binary([head, own].concat())).await;
            }
        }
    }
}

async fn carry_out(
    phase: &Phase,
    first: usize,
    spec: &Spec,
    board: &Board,
    publisher: &mut Publisher,
) -> Result<Line> {
    let publications = spec
        .publications
        .get(first..first + phase.events)
        .context("there are fewer publications than events")?;
    board.latencies.borrow_mut().clear();
    let (server, own, begun) = (cpu(spec.pid)?, cpu(std::process::id())?, Instant::now());
    for (number, publication) in publications.iter().enumerate() {
        if let Some(rate) = phase.rate {
            #[allow(clippy::cast_precision_loss, reason = "few events")]
            sleep_until(begun + Duration::from_secs_f64(number as f64 / rate)).await;
        }
        let open = phase.window.unwrap_or(usize::MAX);
        let enough = async {
            while (first + number).saturating_sub(board.complete(spec.sockets)) >= open {
                board.progress.notified().await;
            }
        };
        timeout(PATIENCE, enough)
            .await
            .context("deliveries are missing")?;
        board.published.borrow_mut().push(Instant::now());
        board.reached.borrow_mut().push(0);
        timeout(PATIENCE, publisher.publish(spec, &publication.request))
            .await
            .context("a publication took too long")??;
    }
    let last = first + phase.events;
    let all = async {
        while board.complete(spec.sockets) < last {
            board.progress.notified().await;
        }
    };
    let arrived = timeout(PATIENCE, all).await.is_ok();
    let seconds = begun.elapsed().as_secs_f64();
    let (server, own) = (cpu(spec.pid)? - server, cpu(std::process::id())? - own);
    let mut latencies = board.latencies.borrow().clone();
    latencies.sort_unstable();
    let at = |part: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let index =
            ((latencies.len() as f64 * part) as usize).min(latencies.len().saturating_sub(1));
        f64::from(latencies.get(index).copied().unwrap_or(0)) / 1000.0
    };
    let deliveries = latencies.len();
    let missing = if arrived {
        0
    } else {
        phase.events * spec.sockets - deliveries
    };
    Ok(Line::Phase {
        name: phase.name.clone(),
        events: phase.events,
        deliveries,
        missing,
        seconds,
        server,
        own,
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        most: at(1.0),
    })
}

/// One connection that publishes.
enum Publisher {
    /// A request at a time.
    Http { tcp: TcpStream, read: Vec<u8> },
    /// A message at a time, which nobody answers.
    Socket(Box<WebSocketStream<TcpStream>>),
}

impl Publisher {
    async fn open(spec: &Spec) -> Result<Self> {
        if let Some(Opening {
            path,
            init,
            acknowledged,
        }) = &spec.publisher
        {
            let mut socket = connected(spec, path).await?;
            socket.send(spec.message(init, 0)).await?;
            wait_for(&mut socket, &spec.bytes(acknowledged)).await?;
            return Ok(Self::Socket(Box::new(socket)));
        }
        let tcp = TcpStream::connect(&spec.address).await?;
        tcp.set_nodelay(true)?;
        Ok(Self::Http {
            tcp,
            read: Vec::new(),
        })
    }

    async fn publish(&mut self, spec: &Spec, what: &str) -> Result<()> {
        match self {
            Self::Http { tcp, read } => request(tcp, read, what).await,
            Self::Socket(socket) => Ok(socket.send(spec.message(what, 0)).await?),
        }
    }
}

/// Sends an HTTP request and reads its answer.
async fn request(tcp: &mut TcpStream, read: &mut Vec<u8>, request: &str) -> Result<()> {
    tcp.write_all(request.as_bytes()).await?;
    read.clear();
    loop {
        ensure!(
            tcp.read_buf(read).await? > 0,
            "the server hung up on the publisher"
        );
        let text = String::from_utf8_lossy(read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .context("an answer without a length")?;
        if body.len() < length.1.trim().parse()? {
            continue;
        }
        ensure!(
            head.starts_with("HTTP/1.1 200") && !body.contains("\"errors\""),
            "a publication was refused: {text}"
        );
        return Ok(());
    }
}

/// The CPU time that a process has taken, in seconds.
fn cpu(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is a name in brackets, which may hold anything.
    let (_, rest) = stat.rsplit_once(')').context("no name in stat")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks =
        |index: usize| -> Result<f64> { Ok(fields.get(index).context("a short stat")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

/// A process's resident memory, in bytes.
fn resident(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

fn print(line: &Line) -> Result<()> {
    println!("{}", serde_json::to_string(line)?);
    Ok(())
}
