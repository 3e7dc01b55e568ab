//! The scanner: a client of the daemon of ClamAV, which is sent the bytes over `INSTREAM`.
//!
//! Whatever is not a clear answer within the time limit is no answer: the caller must not keep the file.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// How much is sent behind one length, in bytes.
const CHUNK: usize = 64 * 1024;
/// The longest answer that is read, in bytes: names of signatures are short.
const LONGEST_ANSWER: u64 = 4 * 1024;

/// Where the daemon listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `tcp://HOST:PORT`.
    Tcp(String),
    /// `unix:PATH`.
    Unix(PathBuf),
}

/// Not an address of a daemon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no address of a scanner; use tcp://HOST:PORT or unix:/PATH")]
pub struct InvalidAddress(String);

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = || InvalidAddress(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(invalid()) };
        }
        let host = text.strip_prefix("tcp://").ok_or_else(invalid)?;
        let (name, port) = host.rsplit_once(':').ok_or_else(invalid)?;
        if name.is_empty() || port.parse::<u16>().is_err() {
            return Err(invalid());
        }
        Ok(Self::Tcp(host.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host) => write!(f, "tcp://{host}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// What the scanner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It knows nothing against the file.
    Clean,
    /// It knows this in it.
    Infected(String),
}

/// The scanner gave no clear answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the scanner at {address} does not answer: {problem}")]
pub struct ScannerAway {
    address: Address,
    problem: String,
}

/// A daemon of ClamAV. Each question is a connection of its own, so that a restart of the daemon needs none here.
#[derive(Debug, Clone)]
pub struct Clamd {
    address: Address,
    timeout: Duration,
}

impl Clamd {
    /// The daemon at this address; each question has to be answered within `timeout`.
    pub fn new(address: Address, timeout: Duration) -> Self {
        Self { address, timeout }
    }

    /// Scans a file.
    ///
    /// # Errors
    /// There was no clear answer in time.
    pub async fn scan(&self, content: &[u8]) -> Result<Verdict, ScannerAway> {
        let answer = self.ask(b"zINSTREAM\0", Some(content)).await?;
        let verdict = answer.strip_prefix("stream: ").unwrap_or(&answer);
        match verdict.strip_suffix(" FOUND") {
            Some(signature) => Ok(Verdict::Infected(signature.to_owned())),
            None if verdict == "OK" => Ok(Verdict::Clean),
            None => Err(self.away(answer)),
        }
    }

    /// What it calls itself and its signatures, such as `ClamAV 1.4.3/27500/Mon Mar  2 08:25:00 2026`.
    ///
    /// # Errors
    /// There was no answer in time.
    pub async fn version(&self) -> Result<String, ScannerAway> {
        self.ask(b"zVERSION\0", None).await
    }

    async fn ask(&self, command: &[u8], content: Option<&[u8]>) -> Result<String, ScannerAway> {
        let asking = async {
            match &self.address {
                Address::Tcp(host) => ask_over(TcpStream::connect(host).await?, command, content).await,
                Address::Unix(path) => ask_over(UnixStream::connect(path).await?, command, content).await,
            }
        };
        match tokio::time::timeout(self.timeout, asking).await {
            Ok(Ok(answer)) if !answer.is_empty() => Ok(answer),
            Ok(Ok(_)) => Err(self.away("it closed the connection".to_owned())),
            Ok(Err(error)) => Err(self.away(error.to_string())),
            Err(_) => Err(self.away(format!("nothing came within {:?}", self.timeout))),
        }
    }

    fn away(&self, problem: String) -> ScannerAway {
        ScannerAway { address: self.address.clone(), problem }
    }
}

async fn ask_over(
    mut connection: impl AsyncRead + AsyncWrite + Unpin,
    command: &[u8],
    content: Option<&[u8]>,
) -> std::io::Result<String> {
    connection.write_all(command).await?;
    if let Some(content) = content {
        // It may have seen enough, said so and hung up: then its answer counts, and not the broken pipe.
        let _ = send(&mut connection, content).await;
    }
    let mut answer = Vec::new();
    connection.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.trim_end_matches('\0').trim().to_owned())
}

/// Each piece behind its length, and a length of nothing at the end.
async fn send(connection: &mut (impl AsyncWrite + Unpin), content: &[u8]) -> std::io::Result<()> {
    for chunk in content.chunks(CHUNK) {
        let length = u32::try_from(chunk.len()).map_err(std::io::Error::other)?;
        connection.write_all(&length.to_be_bytes()).await?;
        connection.write_all(chunk).await?;
    }
    connection.write_all(&0u32.to_be_bytes()).await?;
    connection.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_alike() {
        for text in
            ["tcp://127.0.0.1:3310", "tcp://[::1]:3310", "tcp://clamd:3310", "unix:/run/clamav/clamd.ctl"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in
            ["", "clamd:3310", "tcp://clamd", "tcp://:3310", "tcp://clamd:x", "unix:clamd.ctl", "unix:"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
