//! A Mosquitto of the test's own, on a free port of this machine.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use net::socket::{Message, Received, Socket};
use tempfile::TempDir;

/// A running broker, killed when it is dropped.
pub(crate) struct Broker {
    port: u16,
    folder: TempDir,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        let port = free_port();
        // With WebSockets alone, Debian's version says that it listens nowhere, and ends.
        let other = free_port();
        let folder = TempDir::new().unwrap();
        std::fs::write(
            folder.path().join("mosquitto.conf"),
            format!(
                "listener {port} 127.0.0.1\nprotocol websockets\nlistener {other} 127.0.0.1\nallow_anonymous true\n\
                 persistence false\nlog_dest stderr\nlog_type all\nconnection_messages true\n"
            ),
        )
        .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let child = spawn(folder.path(), &log);
        let broker = Self {
            port,
            folder,
            child,
            log,
        };
        broker.wait().await;
        broker
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/mqtt", self.port)
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) async fn restart(&mut self) {
        self.child = spawn(self.folder.path(), &self.log);
        self.wait().await;
    }

    /// How many are connected by name, as the log tells.
    pub(crate) async fn connections(&self) -> usize {
        let log = self.log.lock().unwrap();
        let count = |words: &str| log.iter().filter(|line| line.contains(words)).count();
        let came = count("New client connected");
        came - count(" disconnected.").min(came) - count(" closed its connection.").min(came)
    }

    /// The name of the client that connected last.
    pub(crate) async fn client_id(&self) -> String {
        loop {
            let log = self.log.lock().unwrap().clone();
            let name = log.iter().rev().find_map(|line| {
                let (_, rest) = line.split_once("New client connected from ")?;
                let (_, rest) = rest.split_once(" as ")?;
                rest.split(' ').next().map(str::to_owned)
            });
            if let Some(name) = name {
                return name;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Connects under a name that another may have.
    pub(crate) async fn connect_as(&self, name: &str) -> Stranger {
        let mut socket = Socket::open(&self.url(), &["mqtt"]).await.unwrap();
        let length = u8::try_from(name.len()).unwrap();
        // CONNECT (MQTT 5, section 3.1): a clean start, no keep-alive, no properties.
        let mut packet = vec![
            0x10,
            13 + length,
            0,
            4,
            b'M',
            b'Q',
            b'T',
            b'T',
            5,
            2,
            0,
            0,
            0,
            0,
            length,
        ];
        packet.extend(name.as_bytes());
        socket.send(Message::Binary(packet)).await.unwrap();
        let Received::Message(Message::Binary(connack)) = socket.receive().await else {
            panic!("no CONNACK");
        };
        assert_eq!(connack[0], 0x20);
        Stranger(tokio::sync::Mutex::new(socket))
    }

    async fn wait(&self) {
        let address = ("127.0.0.1", self.port);
        for _ in 0..600 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("Mosquitto does not listen: {:?}", self.log.lock().unwrap());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Another client.
pub(crate) struct Stranger(tokio::sync::Mutex<Socket>);

impl Stranger {
    /// Asks by PINGREQ.
    pub(crate) async fn is_connected(&self) -> bool {
        let mut socket = self.0.lock().await;
        if socket.send(Message::Binary(vec![0xc0, 0])).await.is_err() {
            return false;
        }
        matches!(socket.receive().await, Received::Message(Message::Binary(packet)) if packet == [0xd0, 0])
    }
}

fn spawn(folder: &Path, log: &Arc<Mutex<Vec<String>>>) -> Child {
    let mut child = Command::new(program())
        .arg("-c")
        .arg(folder.join("mosquitto.conf"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Mosquitto starts");
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            log.lock().unwrap().push(line);
        }
    });
    child
}

/// Debian puts it where only root looks.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    folders
        .into_iter()
        .map(|folder| folder.join("mosquitto"))
        .find(|program| program.is_file())
        .expect("Mosquitto is not installed: `cargo xtask test` does it, or `sudo apt-get install mosquitto`")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
