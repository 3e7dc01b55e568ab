//! Takes connections: so many in all, so many from one address, and each has only so long to become HTTP/2.
//!
//! Each is made ready in a task of its own, so that who is slow keeps nobody else waiting.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use super::connection::{Connection, Peer, Wire};
use crate::auth::PeerCertificate;
use crate::limits::{Held, LimitsConfig, Open};
use crate::metrics::metrics;
use crate::shutdown::Shutdown;
use crate::tls::Certificates;

/// Connections that are ready and not taken yet.
const READY: usize = 64;
/// How long to wait after the system had no connection to give: it is out of files, and no call would help.
const OUT_OF_FILES: Duration = Duration::from_millis(50);

/// The room of one connection, among all and among those of its address.
pub(crate) struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_address: Held<IpAddr>,
}

/// Takes connections until shutdown.
pub(crate) fn connections(
    listener: TcpListener,
    limits: &LimitsConfig,
    certificates: Option<Certificates>,
    shutdown: &Shutdown,
) -> ReceiverStream<std::io::Result<Connection>> {
    let (ready, taken) = mpsc::channel(READY);
    let door = Arc::new(Door {
        all: Arc::new(Semaphore::new(limits.connections as usize)),
        addresses: Open::at_most(limits.connections_per_address),
        handshake: limits.handshake(),
        certificates,
        ready,
    });
    let (stop, spawner) = (shutdown.soft().clone(), shutdown.clone());
    shutdown.spawn_background(async move {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    let door = Arc::clone(&door);
                    if let Some(place) = door.place(address.ip()) {
                        spawner.spawn_background(async move { door.open(stream, address, place).await });
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(OUT_OF_FILES).await;
                }
            }
        }
    });
    ReceiverStream::new(taken)
}

struct Door {
    all: Arc<Semaphore>,
    addresses: Open<IpAddr>,
    handshake: Duration,
    certificates: Option<Certificates>,
    ready: mpsc::Sender<std::io::Result<Connection>>,
}

impl Door {
    /// A place, if there is one. Who gets none is hung up on: to wait would take room as well.
    fn place(&self, address: IpAddr) -> Option<Place> {
        let of_all = Arc::clone(&self.all).try_acquire_owned().ok();
        let of_address = self.addresses.take(address);
        if of_all.is_none() || of_address.is_none() {
            metrics().connection_refused("no_room");
            tracing::debug!(%address, "no room for another connection");
        }
        Some(Place { _of_all: of_all?, _of_address: of_address? })
    }

    async fn open(&self, stream: TcpStream, address: SocketAddr, place: Place) {
        match tokio::time::timeout(self.handshake, self.begin(stream, address, place)).await {
            // Nobody takes it: the server has ended.
            Ok(Ok(connection)) => drop(self.ready.send(Ok(connection)).await),
            Ok(Err(error)) => {
                metrics().connection_refused("handshake");
                tracing::info!(%address, %error, "a connection was refused");
            }
            Err(_) => {
                metrics().connection_refused("too_slow");
                tracing::debug!(%address, "a connection did not become HTTP/2 in time");
            }
        }
    }

    async fn begin(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        place: Place,
    ) -> std::io::Result<Connection> {
        stream.set_nodelay(true)?;
        let (wire, certificate): (Box<dyn Wire>, _) = match &self.certificates {
            None => (Box::new(stream), None),
            Some(certificates) => {
                let encrypted = certificates.acceptor().accept(stream).await?;
                let chain = encrypted.get_ref().1.peer_certificates();
                let certificate = chain.and_then(|chain| chain.first()).map(PeerCertificate::read);
                (Box::new(encrypted), certificate.map(Arc::new))
            }
        };
        Connection::begin(wire, Peer { address, certificate }, place).await
    }
}
