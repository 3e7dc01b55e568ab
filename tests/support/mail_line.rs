//! The line to a mail server, which can be cut, or lose what the server says last.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the line does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Carries it.
    Open,
    /// Drops it at once.
    Down,
    /// Carries a message to the server, and drops the connection before the server's receipt is through.
    LosesReceipts,
}

/// A line to a server on this machine.
pub(crate) struct MailLine {
    /// Where it is entered, at 127.0.0.1.
    pub(crate) port: u16,
    state: watch::Sender<State>,
    /// Ends with the line.
    _carrying: JoinSet<()>,
}

impl MailLine {
    /// A line to the server on this port.
    pub(crate) async fn to(server: u16, state: State) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, current) = watch::channel(state);
        let mut carrying = JoinSet::new();
        carrying.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let now = *current.borrow();
                if now != State::Down {
                    connections.spawn(carry(client, server, now == State::LosesReceipts));
                }
            }
        });
        Self { port, state, _carrying: carrying }
    }

    /// What it does with connections from now on.
    pub(crate) fn becomes(&self, state: State) {
        self.state.send_replace(state);
    }
}

/// Carries one connection. Its end, however it comes, is the end of both sides.
async fn carry(client: TcpStream, server: u16, loses_receipts: bool) {
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut asked, mut answered) = ([0; 4096], [0; 4096]);
    let mut sent = Vec::new();
    loop {
        tokio::select! {
            read = from_client.read(&mut asked) => {
                let Some(bytes) = read.ok().filter(|count| *count > 0).map(|count| &asked[..count]) else { return };
                sent.extend_from_slice(bytes);
                if to_server.write_all(bytes).await.is_err() {
                    return;
                }
            }
            read = from_server.read(&mut answered) => {
                let Some(bytes) = read.ok().filter(|count| *count > 0).map(|count| &answered[..count]) else { return };
                // After the lone dot that ends a message, the next thing the server says is the receipt.
                if loses_receipts && sent.ends_with(b"\r\n.\r\n") {
                    return;
                }
                if to_client.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}
