//! A throw-away Postgres. `backup`: dumps and base backups of it, and servers made from them.

mod backup;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::process::{Server, free_port};
use crate::{Error, programs};

pub use backup::BaseBackup;

/// Not much memory, but as durable as Postgres is by itself: nothing here turns a flush off.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 400
shared_buffers = 256MB
max_wal_size = 2GB
log_min_messages = warning
";

/// The user that owns everything in it; it needs no password from this machine.
const SUPERUSER: &str = "postgres";

/// A Postgres in a folder of its own. Dropped, it is killed and its folder is gone.
pub struct Postgres {
    bin: PathBuf,
    port: u16,
    owner: Option<Owner>,
    server: Option<Server>,
    folder: TempDir,
}

impl Postgres {
    /// Makes one and starts it.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start() -> Result<Self, Error> {
        Self::start_in(&std::env::temp_dir()).await
    }

    /// The same with its folder in this one, which may be another disk.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start_in(above: &Path) -> Result<Self, Error> {
        let mut postgres = Self::make(above)?;
        postgres.start_again().await?;
        Ok(postgres)
    }

    /// One where every role but its superuser proves who it is with a password.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start_with_passwords() -> Result<Self, Error> {
        let mut postgres = Self::make(&std::env::temp_dir())?;
        postgres.put(
            "pg_hba.conf",
            "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
        )?;
        postgres.start_again().await?;
        Ok(postgres)
    }

    /// One that is encrypted: roles but its superuser prove who they are with a certificate of this authority whose
    /// common name is theirs. All are PEM.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start_encrypted(certificate: &str, key: &str, authority: &str) -> Result<Self, Error> {
        let mut postgres = Self::make(&std::env::temp_dir())?;
        for (name, text) in [("server.crt", certificate), ("server.key", key), ("ca.crt", authority)] {
            postgres.put(name, text)?;
        }
        postgres.set("ssl = on\nssl_ca_file = 'ca.crt'\n")?;
        postgres.put(
            "pg_hba.conf",
            "host all postgres 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 cert\n",
        )?;
        postgres.start_again().await?;
        Ok(postgres)
    }

    /// Puts a file beside its configuration, which only its owner may read.
    fn put(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.data().join(name);
        std::fs::write(&path, text)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)))
            .and_then(|()| give(self.owner, &path))
            .map_err(system("a file of Postgres"))
    }

    /// A new one that does not run yet.
    fn make(above: &Path) -> Result<Self, Error> {
        let folder = folder_of(above, Owner::instead_of_root())?;
        let postgres = Self::over(folder)?;
        let mut initdb = postgres.command("initdb");
        initdb.args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C"]);
        let made = initdb.arg("--pgdata").arg(postgres.data()).output().map_err(system("initdb"))?;
        if !made.status.success() {
            let reason = String::from_utf8_lossy(&made.stderr).trim().to_owned();
            return Err(Error::NotStarted { server: "Postgres", reason, output: postgres.output() });
        }
        postgres.set(SETTINGS)?;
        Ok(postgres)
    }

    /// The one whose files are in this folder.
    fn over(folder: TempDir) -> Result<Self, Error> {
        let owner = Owner::instead_of_root();
        Ok(Self { bin: programs::postgres_bin()?, port: free_port()?, owner, server: None, folder })
    }

    /// Adds to its configuration, which it reads when it starts.
    fn set(&self, settings: &str) -> Result<(), Error> {
        let file = self.data().join("postgresql.conf");
        let text = std::fs::read_to_string(&file).map(|text| text + settings);
        text.and_then(|text| std::fs::write(&file, text)).map_err(system("Postgres' configuration"))
    }

    /// Starts it after a stop or kill: same port, same contents.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        let mut server = Server::spawn("Postgres", &mut command, &self.output())?;
        let url = self.url(SUPERUSER);
        server
            .wait_until_ready(async || match PgConnection::connect(&url).await {
                Ok(connection) => connection.close().await.is_ok(),
                Err(_) => false,
            })
            .await?;
        self.server = Some(server);
        Ok(())
    }

    /// Stops it as an operator does: connections are cut, what was committed is kept.
    ///
    /// # Errors
    /// It cannot be signalled.
    pub async fn stop(&mut self) -> Result<(), Error> {
        self.end("INT").await
    }

    /// Ends it as a crash does (`pg_ctl stop -m immediate`): it recovers from its log when it starts again.
    ///
    /// # Errors
    /// It cannot be signalled.
    pub async fn crash(&mut self) -> Result<(), Error> {
        self.end("QUIT").await
    }

    async fn end(&mut self, signal: &str) -> Result<(), Error> {
        match self.server.take() {
            Some(server) => server.end(signal).await,
            None => Ok(()),
        }
    }

    /// The URL of a database in it, as its superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The folder with everything it keeps; its write-ahead log is in `pg_wal`.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("postgres.log")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = programs::that_ends_with_us(&self.bin.join(program));
        // A process group of its own: Ctrl-C on us must not stop it before those who still write.
        command.current_dir(self.folder.path()).env("LC_ALL", "C").process_group(0);
        if let Some(owner) = self.owner {
            command.uid(owner.user).gid(owner.group);
        }
        command
    }
}

/// A new folder in which a server of this owner may write.
fn folder_of(above: &Path, owner: Option<Owner>) -> Result<TempDir, Error> {
    let folder = tempfile::tempdir_in(above).map_err(system("a folder for Postgres"))?;
    give(owner, folder.path()).map_err(system("giving a folder to Postgres' user"))?;
    Ok(folder)
}

fn give(owner: Option<Owner>, path: &Path) -> std::io::Result<()> {
    owner.map_or(Ok(()), |owner| std::os::unix::fs::chown(path, Some(owner.user), Some(owner.group)))
}

fn system(what: &str) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.to_owned();
    move |source| Error::System { what, source }
}

/// Postgres refuses to run as root; then it runs as somebody who may do nothing else.
#[derive(Debug, Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    fn instead_of_root() -> Option<Self> {
        let is_root = std::fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0);
        is_root.then(|| {
            let users = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
            let find = |name: &str| {
                let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
                let mut fields = line.split(':').skip(2);
                Some(Self { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
            };
            find(SUPERUSER).or_else(|| find("nobody")).unwrap_or(Self { user: 65_534, group: 65_534 })
        })
    }
}
