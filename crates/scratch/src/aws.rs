//! A throw-away server that speaks as S3, KMS and IAM do: moto, over a Python that has it.

use std::os::unix::process::CommandExt;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::process::{Server, free_port};
use crate::{Error, programs};

/// How long it may take to answer: it reads half of Python first.
const START: Duration = Duration::from_mins(1);

/// A server in a folder of its own, with nothing in it. Dropped, it is killed and its folder is gone.
pub struct Aws {
    port: u16,
    _server: Server,
    _folder: TempDir,
}

impl Aws {
    /// Makes one and starts it.
    ///
    /// # Errors
    /// There is no Python that has it, or it does not start.
    pub async fn start() -> Result<Self, Error> {
        let failed = |source| Error::System { what: "a folder for moto".to_owned(), source };
        let folder = tempfile::tempdir().map_err(failed)?;
        let port = free_port()?;
        let mut command = programs::that_ends_with_us(&programs::python_with_moto()?);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]).process_group(0);
        let mut server = Server::spawn("moto", &mut command, &folder.path().join("moto.log"))?;
        server.wait_within(START, async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await?;
        Ok(Self { port, _server: server, _folder: folder })
    }

    /// Where it listens, as `http://HOST:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
