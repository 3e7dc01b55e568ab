//! Backups of a throw-away Postgres, made and restored with the tools that an operator has: dumps of one
//! database, and base backups with the log that was archived since.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use super::{Postgres, SUPERUSER, folder_of, give, system};
use crate::Error;

/// How long a segment may take until it is archived.
const ARCHIVED: Duration = Duration::from_secs(30);

/// A copy of a server's files, taken while it ran. It becomes a server together with the log that the server
/// archived since.
pub struct BaseBackup {
    folder: TempDir,
    archive: PathBuf,
}

impl Postgres {
    /// As [`start`](Self::start); it archives its log, so that a base backup of it can be brought to any moment.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start_archiving() -> Result<Self, Error> {
        let mut postgres = Self::make(&std::env::temp_dir())?;
        let archive = postgres.archive();
        std::fs::create_dir(&archive)
            .and_then(|()| give(postgres.owner, &archive))
            .map_err(system("a folder for the archive"))?;
        let command = format!("test ! -f {archive}/%f && cp %p {archive}/%f", archive = archive.display());
        postgres.set(&format!("archive_mode = on\narchive_command = '{command}'\n"))?;
        postgres.start_again().await?;
        Ok(postgres)
    }

    /// Dumps one database into `file` (`pg_dump --format=custom`), and the server's roles beside it
    /// (`pg_dumpall --roles-only`).
    ///
    /// # Errors
    /// The server refuses.
    pub fn dump(&self, database: &str, file: &Path) -> Result<(), Error> {
        let create = |path: &Path| File::create(path).map_err(system("pg_dump"));
        let mut dump = self.command("pg_dump");
        dump.args(["--format=custom", "--dbname", &self.url(database)]);
        run("pg_dump", dump.stdout(create(file)?))?;
        let mut roles = self.command("pg_dumpall");
        roles.args(["--roles-only", "--dbname", &self.url(SUPERUSER)]);
        run("pg_dumpall", roles.stdout(create(&roles_beside(file))?)).map(drop)
    }

    /// One database as text (`pg_dump --format=plain`), to look for something in it.
    ///
    /// # Errors
    /// The server refuses.
    pub fn dump_as_text(&self, database: &str) -> Result<String, Error> {
        let mut dump = self.command("pg_dump");
        dump.args(["--format=plain", "--dbname", &self.url(database)]);
        run("pg_dump", dump.stdout(Stdio::piped()))
    }

    /// Makes a database of what [`dump`](Self::dump) wrote, of this server or of another, with its roles.
    ///
    /// # Errors
    /// The server refuses, for example because it has such a database.
    pub async fn restore(&self, database: &str, file: &Path) -> Result<(), Error> {
        let open = |path: &Path| File::open(path).map_err(system("pg_restore"));
        let mut admin = PgConnection::connect(&self.url(SUPERUSER)).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {database}"))).execute(&mut admin).await?;
        admin.close().await?;
        // It goes on past roles that are there already: at least the superuser is.
        let mut roles = self.command("psql");
        roles.args(["--quiet", "--dbname", &self.url(SUPERUSER)]).stdout(Stdio::null());
        run("psql", roles.stdin(open(&roles_beside(file))?))?;
        let mut restore = self.command("pg_restore");
        restore.args(["--exit-on-error", "--dbname", &self.url(database)]);
        run("pg_restore", restore.stdin(open(file)?)).map(drop)
    }

    /// Runs statements by `psql`. Gives the rows that they print, and nothing else.
    ///
    /// # Errors
    /// The server refuses one of them.
    pub fn psql(&self, database: &str, statements: &str) -> Result<String, Error> {
        let mut input = tempfile::tempfile().map_err(system("psql"))?;
        input.write_all(statements.as_bytes()).map_err(system("psql"))?;
        input.rewind().map_err(system("psql"))?;
        let mut psql = self.command("psql");
        psql.args(["--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        psql.args(["--dbname", &self.url(database)]);
        run("psql", psql.stdin(input).stdout(Stdio::piped()))
    }

    /// Copies the running server's files (`pg_basebackup`). It must have been started as an archiving one.
    ///
    /// # Errors
    /// The server refuses.
    pub fn base_backup(&self) -> Result<BaseBackup, Error> {
        let folder = folder_of(&std::env::temp_dir(), self.owner)?;
        let mut backup = self.command("pg_basebackup");
        backup.args(["--checkpoint=fast", "--no-sync", "--dbname", &self.url(SUPERUSER)]);
        run("pg_basebackup", backup.arg("--pgdata").arg(folder.path().join("data")))?;
        Ok(BaseBackup { folder, archive: self.archive() })
    }

    /// Sees to it that everything that was committed so far is in the archive.
    ///
    /// # Errors
    /// The server refuses, or archiving takes too long.
    pub async fn archive_everything(&self) -> Result<(), Error> {
        let mut admin = PgConnection::connect(&self.url(SUPERUSER)).await?;
        let segment: String =
            sqlx::query_scalar("SELECT pg_walfile_name(pg_current_wal_lsn())").fetch_one(&mut admin).await?;
        sqlx::raw_sql("SELECT pg_switch_wal()").execute(&mut admin).await?;
        let asked = Instant::now();
        while !self.archive().join(&segment).is_file() {
            if asked.elapsed() > ARCHIVED {
                let reason = format!("{segment} was not archived within {} s", ARCHIVED.as_secs());
                return Err(Error::NotStarted {
                    server: "Postgres' archiver",
                    reason,
                    output: self.output(),
                });
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(admin.close().await?)
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }
}

impl BaseBackup {
    /// Starts a server from it, brought to this moment (as Postgres writes moments) by the archived log: what
    /// was committed later is not in it. The archive must still be there.
    ///
    /// # Errors
    /// The log does not reach that moment, or the server does not start.
    pub async fn start_at(self, moment: &str) -> Result<Postgres, Error> {
        let Self { folder, archive } = self;
        let mut postgres = Postgres::over(folder)?;
        // Nobody is let in before it has come to that moment.
        postgres.set(&format!(
            "archive_mode = off\nhot_standby = off\nrestore_command = 'cp {}/%f %p'\n\
             recovery_target_time = '{moment}'\nrecovery_target_action = 'promote'\n",
            archive.display()
        ))?;
        let signal = postgres.data().join("recovery.signal");
        std::fs::write(&signal, "")
            .and_then(|()| give(postgres.owner, &signal))
            .map_err(system("asking for a recovery"))?;
        postgres.start_again().await?;
        Ok(postgres)
    }
}

fn roles_beside(file: &Path) -> PathBuf {
    file.with_extension("roles.sql")
}

/// Runs it to its end. Gives what it printed, unless that went elsewhere.
fn run(program: &'static str, command: &mut Command) -> Result<String, Error> {
    let done = command.stderr(Stdio::piped()).spawn().and_then(std::process::Child::wait_with_output);
    let done = done.map_err(system(program))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    Err(Error::Tool { program, said: String::from_utf8_lossy(&done.stderr).trim().to_owned() })
}
