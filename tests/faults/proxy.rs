//! A TCP proxy on loopback that can be told to spoil what passes through it.
//!
//! - `Pass`: everything passes.
//! - `Slow`: each piece waits before it passes.
//! - `Silent`: nothing passes, in neither direction, and nothing is lost: it passes afterwards.
//! - `AnswersLost`: requests pass; a connection that has served for a moment loses its next answer, and ends.
//! - `Refused`: connections end, and new ones end at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long a connection serves before it loses an answer.
const SERVES: Duration = Duration::from_millis(400);
/// How long answers are swallowed before the connection ends: so that what was asked is done.
const SWALLOWS: Duration = Duration::from_millis(100);
/// How long each piece waits when everything is slow.
const SLOWNESS: Duration = Duration::from_millis(25);

/// What the proxy does with what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Pass,
    Slow,
    Silent,
    AnswersLost,
    Refused,
}

/// A running proxy; it ends when dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    mode: watch::Sender<Mode>,
    spoilt: Arc<AtomicU64>,
    _connections: JoinSet<()>,
}

impl Proxy {
    /// In front of `target`.
    pub(crate) async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, spoilt) = (watch::Sender::new(Mode::Pass), Arc::new(AtomicU64::new(0)));
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, target, mode.subscribe(), Arc::clone(&spoilt)));
        Self { address, mode, spoilt, _connections: connections }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// How many connections were cut, lost an answer, or were refused.
    pub(crate) fn spoilt(&self) -> u64 {
        self.spoilt.load(Ordering::Relaxed)
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    mode: watch::Receiver<Mode>,
    spoilt: Arc<AtomicU64>,
) {
    // They end with this task.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                connections.spawn(serve(client, target, mode.clone(), Arc::clone(&spoilt)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Both directions of a connection, until one of them ends.
async fn serve(
    client: TcpStream,
    target: SocketAddr,
    mut mode: watch::Receiver<Mode>,
    spoilt: Arc<AtomicU64>,
) {
    if *mode.borrow_and_update() == Mode::Refused {
        spoilt.fetch_add(1, Ordering::Relaxed);
        return;
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let born = Instant::now();
    let is_spoilt = tokio::select! {
        spoilt = pass_on(from_client, to_server, mode.clone(), None) => spoilt,
        spoilt = pass_on(from_server, to_client, mode.clone(), Some(born)) => spoilt,
    };
    if is_spoilt {
        spoilt.fetch_add(1, Ordering::Relaxed);
    }
}

/// One direction: answers, if it is known when the connection was born. True if it was ended by the mode.
async fn pass_on(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mode: watch::Receiver<Mode>,
    answers_since: Option<Instant>,
) -> bool {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let now = *mode.borrow_and_update();
        if now == Mode::Refused {
            return true;
        }
        let length = tokio::select! {
            changed = mode.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return false,
            },
            read = from.read(&mut piece), if now != Mode::Silent => match read {
                Ok(0) | Err(_) => return false,
                Ok(length) => length,
            },
        };
        match now {
            Mode::AnswersLost if answers_since.is_some_and(|born| born.elapsed() > SERVES) => {
                pause(SWALLOWS).await;
                return true;
            }
            Mode::Slow => pause(SLOWNESS).await,
            _ => {}
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return false;
        }
    }
}

/// Lets time pass where time is what the fault is made of.
pub(crate) async fn pause(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that says back what it hears.
    async fn echo() -> (SocketAddr, JoinSet<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, mut tasks) = (listener.local_addr().unwrap(), JoinSet::new());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                connections.spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        (address, tasks)
    }

    /// What comes back; nothing if the connection ended.
    async fn asked(stream: &mut TcpStream) -> Vec<u8> {
        if stream.write_all(b"ping").await.is_err() {
            return Vec::new();
        }
        let mut answer = vec![0; 4];
        let length = stream.read(&mut answer).await.unwrap_or(0);
        answer.truncate(length);
        answer
    }

    #[tokio::test]
    async fn silence_only_delays_and_a_refusal_ends() {
        let (server, _tasks) = echo().await;
        let proxy = Proxy::before(server).await;
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(asked(&mut stream).await, b"ping");
        proxy.set(Mode::Silent);
        let waited = tokio::time::timeout(Duration::from_millis(100), asked(&mut stream)).await;
        assert!(waited.is_err(), "nothing passes");
        proxy.set(Mode::Pass);
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ping", "and nothing is lost");
        proxy.set(Mode::Refused);
        assert_eq!(asked(&mut stream).await, b"");
        let mut another = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(asked(&mut another).await, b"");
        assert_eq!(proxy.spoilt(), 2);
    }

    #[tokio::test]
    async fn an_answer_is_lost_and_the_connection_with_it() {
        let (server, _tasks) = echo().await;
        let proxy = Proxy::before(server).await;
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        proxy.set(Mode::AnswersLost);
        // It serves for a moment, and then ends without a word.
        while !asked(&mut stream).await.is_empty() {}
        assert_eq!(proxy.spoilt(), 1);
        proxy.set(Mode::Pass);
        let mut another = TcpStream::connect(proxy.address).await.unwrap();
        assert_eq!(asked(&mut another).await, b"ping");
    }
}
