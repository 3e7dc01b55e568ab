//! A throw-away nats-server with JetStream.

use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::process::{Server, free_port};
use crate::{Error, programs};

/// A nats-server in a folder of its own. Dropped, it is killed and its folder is gone.
pub struct Nats {
    program: PathBuf,
    port: u16,
    server: Option<Server>,
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Nats {
    /// Makes one and starts it.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start() -> Result<Self, Error> {
        Self::start_program(&programs::nats_server()?).await
    }

    /// As [`start`](Self::start), with this `nats-server` program.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_program(program: &Path) -> Result<Self, Error> {
        Self::start_with(program, "", &[]).await
    }

    /// As [`start`](Self::start), with this configuration and these variables: users, certificates.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start_configured(
        configuration: &str,
        environment: &[(String, String)],
    ) -> Result<Self, Error> {
        Self::start_with(&programs::nats_server()?, configuration, environment).await
    }

    async fn start_with(
        program: &Path,
        configuration: &str,
        environment: &[(String, String)],
    ) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(system)?;
        let port = free_port()?;
        let environment = environment.to_vec();
        let mut nats = Self { program: program.to_owned(), port, server: None, folder, environment };
        std::fs::write(nats.configuration(), configuration).map_err(system)?;
        nats.start_again().await?;
        Ok(nats)
    }

    /// Starts it after a stop or kill: same port, same folder.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        let mut command = programs::that_ends_with_us(&self.program);
        command.args(["--addr", "127.0.0.1", "--port", &self.port.to_string(), "--jetstream"]);
        command.arg("--store_dir").arg(self.store()).arg("--config").arg(self.configuration());
        command.envs(self.environment.iter().cloned()).process_group(0);
        let mut server = Server::spawn("nats-server", &mut command, &self.folder.path().join("nats.log"))?;
        let (url, port) = (self.url(), self.port);
        server
            .wait_until_ready(async || match async_nats::connect(&url).await {
                // Not decoded: old servers say less than the client's type expects.
                Ok(client) => client.request("$JS.API.INFO", "".into()).await.is_ok(),
                // It speaks, to others than us.
                Err(_) => says_hello(port).await,
            })
            .await?;
        self.server = Some(server);
        Ok(())
    }

    /// Stops it as an operator does.
    ///
    /// # Errors
    /// It cannot be signalled.
    pub async fn stop(&mut self) -> Result<(), Error> {
        self.end("TERM").await
    }

    /// Ends it as a crash does.
    ///
    /// # Errors
    /// It cannot be signalled.
    pub async fn kill(&mut self) -> Result<(), Error> {
        self.end("KILL").await
    }

    async fn end(&mut self, signal: &str) -> Result<(), Error> {
        match self.server.take() {
            Some(server) => server.end(signal).await,
            None => Ok(()),
        }
    }

    /// The folder with everything it keeps: copy it, empty it, or put an older copy in its place while the
    /// server is stopped.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("nats.conf")
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

/// Whether a nats-server is there, whomever it lets in: it speaks first.
async fn says_hello(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return false };
    let mut first = [0; 4];
    stream.read_exact(&mut first).await.is_ok() && first == *b"INFO"
}

fn system(source: std::io::Error) -> Error {
    Error::System { what: "a folder for NATS".to_owned(), source }
}
