//! A throw-away ClamAV daemon, which knows only the signatures that it is given.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::{Server, free_port};
use crate::{Error, programs};

/// A ClamAV daemon in a folder of its own. Dropped, it is killed and its folder is gone.
pub struct Clamd {
    program: PathBuf,
    port: u16,
    server: Option<Server>,
    folder: TempDir,
}

impl Clamd {
    /// Makes one with these signatures and starts it; each is a line of an `.ndb` file: `NAME:0:*:HEX`.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start(signatures: &str) -> Result<Self, Error> {
        let failed = |source| Error::System { what: "a folder for ClamAV".to_owned(), source };
        let folder = tempfile::tempdir().map_err(failed)?;
        let port = free_port()?;
        let database = folder.path().join("signatures");
        let settings = format!(
            "DatabaseDirectory {}\nLocalSocket {}\nTCPAddr 127.0.0.1\nTCPSocket {port}\nForeground yes\n\
             StreamMaxLength 16M\n",
            database.display(),
            folder.path().join("clamd.ctl").display(),
        );
        std::fs::create_dir(&database).map_err(failed)?;
        std::fs::write(database.join("scratch.ndb"), format!("{}\n", signatures.trim())).map_err(failed)?;
        std::fs::write(folder.path().join("clamd.conf"), settings).map_err(failed)?;
        let mut clamd = Self { program: programs::clamd()?, port, server: None, folder };
        clamd.start_again().await?;
        Ok(clamd)
    }

    /// Starts it after a kill: same port, same folder.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        let mut command = programs::that_ends_with_us(&self.program);
        command.arg("--config-file").arg(self.folder.path().join("clamd.conf")).process_group(0);
        command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries(&self.program)).unwrap_or_default());
        let mut server = Server::spawn("clamd", &mut command, &self.folder.path().join("clamd.log"))?;
        let port = self.port;
        server.wait_until_ready(async || says_pong(port).await.unwrap_or(false)).await?;
        self.server = Some(server);
        Ok(())
    }

    /// Ends it as a crash does.
    ///
    /// # Errors
    /// It cannot be signalled.
    pub async fn kill(&mut self) -> Result<(), Error> {
        match self.server.take() {
            Some(server) => server.end("KILL").await,
            None => Ok(()),
        }
    }

    /// Makes it stand still, as a machine without memory does; it keeps its connections and answers nothing.
    ///
    /// # Errors
    /// It cannot be signalled.
    pub fn pause(&self) -> Result<(), Error> {
        self.server.as_ref().map_or(Ok(()), |server| server.signal("STOP"))
    }

    /// Where it listens, as `tcp://HOST:PORT`.
    pub fn tcp(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    /// Where it listens, as `unix:PATH`.
    pub fn unix(&self) -> String {
        format!("unix:{}", self.folder.path().join("clamd.ctl").display())
    }
}

async fn says_pong(port: u16) -> std::io::Result<bool> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await?;
    connection.write_all(b"zPING\0").await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    Ok(answer.starts_with(b"PONG"))
}

/// The folders with libraries beside a program that was unpacked and not installed: `ROOT/usr/lib/*` for
/// `ROOT/usr/sbin/clamd`.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let Some(usr) = program.parent().and_then(Path::parent) else { return Vec::new() };
    if usr == Path::new("/usr") {
        return Vec::new();
    }
    let folders = std::fs::read_dir(usr.join("lib")).into_iter().flatten().flatten();
    folders.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}
