//! A connection that has become HTTP/2: plain or encrypted, and who is at its other end.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

use super::accept::Place;
use crate::auth::PeerCertificate;

/// What every HTTP/2 client says first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What bytes go through.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Who is at the other end of a call's connection; the server puts it into the request's extensions.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The address.
    pub address: SocketAddr,
    /// The certificate that was proven, if one was.
    pub certificate: Option<Arc<PeerCertificate>>,
}

/// A connection, ready to be served. It keeps its place until it is dropped.
pub(crate) struct Connection {
    wire: Box<dyn Wire>,
    /// How much of the preface, which was read already, the server has been given.
    given: usize,
    peer: Peer,
    _place: Place,
}

impl Connection {
    /// Waits for the client's first word, and ends with an error if it is not that of HTTP/2. Whoever opens a
    /// connection and says nothing is not given to the server, which would wait for as long as connections live.
    pub(crate) async fn begin(mut wire: Box<dyn Wire>, peer: Peer, place: Place) -> io::Result<Self> {
        let mut first = [0; PREFACE.len()];
        wire.read_exact(&mut first).await?;
        if first == *PREFACE {
            Ok(Self { wire, given: 0, peer, _place: place })
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "this is not HTTP/2"))
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = &PREFACE[self.given..];
        if rest.is_empty() {
            return Pin::new(&mut self.wire).poll_read(context, buffer);
        }
        let now = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..now]);
        self.given += now;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }
}
