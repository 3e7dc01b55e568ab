//! The file: recognised, made, and opened in the only way in which an acknowledged append stays.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, ffi};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::open_error::OpenError;
use crate::Error;

/// The tables, indexes, triggers and the view, as of [`SCHEMA_VERSION`].
const SCHEMA: &str = include_str!("schema.sql");

/// The version of the schema, kept in the file's `user_version`.
const SCHEMA_VERSION: i64 = 2;

/// From version 1 to 2: new commands go to the index's end, where ids are time-ordered. Only the writer does it; a
/// reader is served by either.
const TO_VERSION_2: &str = "DROP INDEX event_command;
    CREATE UNIQUE INDEX event_command ON event (command_id, stream_id) WHERE command_seq = 0;
    PRAGMA user_version = 2;";

/// Says "this is an event log" in the file's header ("EVLG").
const APPLICATION_ID: i64 = 0x4556_4C47;

/// The triggers without which the table could be changed.
const GUARDS: [&str; 3] = ["event_no_update", "event_no_delete", "event_only_at_the_end"];

/// How long to wait for a lock that another program holds on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a file that may be used holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Version1,
    Current,
}

/// A file that holds, or is to hold, an event log.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    path: PathBuf,
}

impl LogFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Options of the connections that read: asynchronous ones, of which there are several.
    pub(super) fn reading(&self) -> SqliteConnectOptions {
        // Statements are not logged: what they are for is in the log's own spans.
        SqliteConnectOptions::new()
            .filename(&self.path)
            .read_only(true)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging()
    }

    fn connect(&self, access: OpenFlags) -> Result<Connection, OpenError> {
        let failed = |error| self.failure(&error);
        let conn = Connection::open_with_flags(&self.path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let conn = conn.map_err(failed)?;
        conn.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        Ok(conn)
    }

    /// A connection that writes: to a file that is ours, protected, and as durable as promised. Blocks.
    pub(super) fn connect_writer(&self) -> Result<Connection, OpenError> {
        let mut conn = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        let found = self.recognise(&conn)?;
        // In this order: nothing may be set on a file that is not ours. WAL lets others read meanwhile. FULL syncs
        // at every commit (NORMAL loses a tail at a power cut), and fullfsync makes macOS do what it says.
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON; PRAGMA recursive_triggers = ON;
             PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096;",
        )
        .map_err(|error| self.failure(&error))?;
        require_durable(&conn, &self.path)?;
        match found {
            Found::Nothing => self.create(&mut conn)?,
            Found::Version1 => self.change(&mut conn, TO_VERSION_2)?,
            Found::Current => {}
        }
        self.require_guards(&conn)?;
        Ok(conn)
    }

    /// Looks at a file that is only to be read, and returns its head. Blocks.
    pub(super) fn inspect(&self) -> Result<u64, OpenError> {
        if !self.path.exists() {
            return Err(OpenError::Missing { path: self.path.clone() });
        }
        let conn = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        if self.recognise(&conn)? == Found::Nothing {
            return Err(self.not_a_log("it is empty"));
        }
        let head: i64 = conn
            .query_row("SELECT coalesce(max(position), 0) FROM event", (), |row| row.get(0))
            .map_err(|error| self.failure(&error))?;
        Ok(u64::try_from(head).unwrap_or(0))
    }

    /// Anything else is refused.
    fn recognise(&self, conn: &Connection) -> Result<Found, OpenError> {
        let (application, version, tables): (i64, i64, i64) = conn
            .query_row(
                "SELECT a.application_id, v.user_version, (SELECT count(*) FROM sqlite_schema)
                 FROM pragma_application_id a, pragma_user_version v",
                (),
                |row| row.try_into(),
            )
            .map_err(|error| self.failure(&error))?;
        match (application, version) {
            (0, 0) if tables == 0 => Ok(Found::Nothing),
            (APPLICATION_ID, SCHEMA_VERSION) => Ok(Found::Current),
            (APPLICATION_ID, 1) => Ok(Found::Version1),
            (APPLICATION_ID, found) if found > SCHEMA_VERSION => {
                Err(OpenError::Newer { path: self.path.clone(), found, known: SCHEMA_VERSION })
            }
            _ => Err(self.not_a_log("it is a SQLite database of another program")),
        }
    }

    fn create(&self, conn: &mut Connection) -> Result<(), OpenError> {
        let marks =
            format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};");
        self.change(conn, &format!("{SCHEMA}{marks}"))
    }

    /// All of it, or nothing.
    fn change(&self, conn: &mut Connection, statements: &str) -> Result<(), OpenError> {
        let changed = conn.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|tx| {
            tx.execute_batch(statements)?;
            tx.commit()
        });
        changed.map_err(|error| self.failure(&error))
    }

    fn require_guards(&self, conn: &Connection) -> Result<(), OpenError> {
        let names = || {
            let triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'event'";
            conn.prepare(triggers)?.query_map((), |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
        };
        let found = names().map_err(|error| self.failure(&error))?;
        match GUARDS.into_iter().find(|guard| !found.iter().any(|name| name == guard)) {
            Some(trigger) => Err(OpenError::Unprotected { path: self.path.clone(), trigger }),
            None => Ok(()),
        }
    }

    /// It could not be opened, and not because of what is in it.
    pub(super) fn failed(&self, error: &dyn std::error::Error) -> OpenError {
        OpenError::Database { path: self.path.clone(), reason: error.to_string() }
    }

    fn not_a_log(&self, reason: &str) -> OpenError {
        OpenError::NotALog { path: self.path.clone(), reason: reason.to_owned() }
    }

    fn failure(&self, error: &rusqlite::Error) -> OpenError {
        let path = self.path.clone();
        match primary_code(error) {
            Some(ffi::SQLITE_READONLY | ffi::SQLITE_CANTOPEN | ffi::SQLITE_PERM) => {
                OpenError::NotWritable { path, reason: error.to_string() }
            }
            Some(ffi::SQLITE_NOTADB) => self.not_a_log("it is not a SQLite database"),
            _ => self.failed(error),
        }
    }
}

/// SQLite's primary result code: the low byte of the extended one.
fn primary_code(error: &rusqlite::Error) -> Option<i32> {
    Some(error.sqlite_error()?.extended_code & 0xff)
}

/// What a failure of the database means to a caller.
pub(super) fn failure(error: &rusqlite::Error) -> Error {
    match primary_code(error) {
        Some(ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB) => Error::Corrupt(error.to_string()),
        _ => Error::Unavailable(error.to_string()),
    }
}

/// Asks SQLite what it really does, because a pragma it cannot follow is ignored without a word.
fn require_durable(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed =
        |error: rusqlite::Error| OpenError::Database { path: path.to_owned(), reason: error.to_string() };
    let journal: String = conn.query_row("PRAGMA journal_mode", (), |row| row.get(0)).map_err(failed)?;
    if journal != "wal" {
        return Err(OpenError::Unsafe { setting: "journal_mode", found: journal, required: "wal" });
    }
    let synchronous: i64 = conn.query_row("PRAGMA synchronous", (), |row| row.get(0)).map_err(failed)?;
    if synchronous < 2 {
        let found = synchronous.to_string();
        return Err(OpenError::Unsafe { setting: "synchronous", found, required: "2 (FULL)" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_could_lose_an_acknowledged_append_are_refused_with_their_name() {
        for (pragmas, wrong) in [
            ("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;", "journal_mode"),
            ("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", "synchronous"),
            ("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;", "synchronous"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let conn = Connection::open(folder.path().join("log.db")).unwrap();
            conn.execute_batch(pragmas).unwrap();
            match require_durable(&conn, Path::new("log.db")) {
                Err(OpenError::Unsafe { setting, .. }) => assert_eq!(setting, wrong),
                other => panic!("{pragmas} gave {other:?}"),
            }
        }
    }

    #[test]
    fn a_writing_connection_syncs_every_commit() {
        let folder = tempfile::tempdir().unwrap();
        let conn = LogFile::new(&folder.path().join("log.db")).connect_writer().unwrap();
        let is = |pragma: &str| conn.query_row(pragma, (), |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((is("PRAGMA synchronous"), is("PRAGMA recursive_triggers")), (2, 1));
    }
}
