//! Connections to the log's database: made only where an acknowledged append stays, and nothing can be
//! changed behind its back.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use super::migrate::{SCHEMA_VERSION, found_schema};
use crate::MAX_SHARDS;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// What ends a statement that hangs, so that its callers are told: longer than any batch takes. And plans are made once
/// a connection, as `log.append_one` relies upon.
const SETTINGS: &str = "SET statement_timeout = '15s'; SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '15s'; SET client_min_messages = warning;
    SET plan_cache_mode = force_generic_plan";

/// Why the log in Postgres was not opened, each with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Nobody answers there, or not yet.
    #[error("Postgres at {place} cannot be reached: {reason}")]
    Unreachable {
        /// Host and database, without the password.
        place: String,
        /// What the driver said.
        reason: String,
    },
    /// The URL does not read.
    #[error("the database's URL does not read: {0}; write postgres://USER@HOST:PORT/DATABASE")]
    Url(String),
    /// The server lets this role not in, or not do what it must.
    #[error("Postgres at {place} refuses: {reason}")]
    Refused {
        /// Host and database.
        place: String,
        /// What the server said.
        reason: String,
    },
    /// There is no log in it.
    #[error("the database at {place} holds no event log: run `casetrail migrate`")]
    Missing {
        /// Host and database.
        place: String,
    },
    /// The log is of another version, which does not serve this program.
    #[error("the log at {place} has schema version {found}, this program needs {SCHEMA_VERSION}: {advice}")]
    OtherVersion {
        /// Host and database.
        place: String,
        /// The version found.
        found: i32,
        /// What to do.
        advice: String,
    },
    /// The log has fewer shards.
    #[error(
        "the log at {place} has no shard {shard}: run `casetrail migrate` for as many shards as are used"
    )]
    NoShard {
        /// Host and database.
        place: String,
        /// The shard asked for.
        shard: u16,
    },
    /// A setting under which an acknowledged append could be lost.
    #[error(
        "Postgres at {place} runs with {setting} = {found}: an acknowledged append could be lost; set it to on"
    )]
    Unsafe {
        /// Host and database.
        place: String,
        /// The setting.
        setting: &'static str,
        /// Its value.
        found: String,
    },
    /// The log can be changed.
    #[error(
        "the log at {place} is not protected: {guard} does not stand; verify it with `casetrail verify --postgres` first, \
         then have an administrator put it back"
    )]
    Unprotected {
        /// Host and database.
        place: String,
        /// The first guard that is missing or disabled.
        guard: String,
    },
}

impl OpenError {
    /// True when trying again later may help.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// Where the log is.
#[derive(Debug, Clone)]
pub(super) struct Database {
    options: PgConnectOptions,
    place: String,
    shard: u16,
    /// Whoever only reads may look at a log that is not safe to write to: it is how one finds out what became
    /// of it.
    read_only: bool,
}

impl Database {
    pub(super) fn new(url: &str, application: &str, shard: u16, read_only: bool) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url).map_err(|error| OpenError::Url(error.to_string()))?;
        let (host, port) = (options.get_host().to_owned(), options.get_port());
        let place = format!("{host}:{port}/{}", options.get_database().unwrap_or_default());
        let options = options.application_name(application).disable_statement_logging();
        Ok(Self { options, place, shard, read_only })
    }

    pub(super) fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// A connection to a log that is there as this program knows it, safe and protected. It is looked at each
    /// time: what was so when this process started may have been changed since.
    pub(super) async fn connect(&self) -> Result<PgConnection, OpenError> {
        let looking = async {
            let mut connection = self.options.connect().await.map_err(|error| self.failure(&error))?;
            sqlx::raw_sql(SETTINGS).execute(&mut connection).await.map_err(|error| self.failure(&error))?;
            self.require_version(&mut connection).await?;
            if !self.read_only {
                self.require_durable(&mut connection).await?;
                self.require_guards(&mut connection).await?;
            }
            Ok(connection)
        };
        tokio::time::timeout(CONNECT, looking).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} s", CONNECT.as_secs());
            Err(OpenError::Unreachable { place: self.place.clone(), reason })
        })
    }

    /// How many shards there are, numbered from 0.
    pub(super) async fn count_shards(&self) -> Result<u16, OpenError> {
        let mut connection = self.connect().await?;
        let partitions: i64 =
            sqlx::query_scalar("SELECT count(*) FROM pg_inherits WHERE inhparent = 'log.event'::regclass")
                .fetch_one(&mut connection)
                .await
                .map_err(|error| self.failure(&error))?;
        // Nothing is lost if it cannot be said: the server notices.
        drop(connection.close().await);
        Ok(u16::try_from(partitions).unwrap_or(MAX_SHARDS))
    }

    async fn require_version(&self, connection: &mut PgConnection) -> Result<(), OpenError> {
        let place = self.place.clone();
        match found_schema(connection).await.map_err(|error| self.failure(&error))? {
            None => Err(OpenError::Missing { place }),
            Some(found) if found.serves_us() => Ok(()),
            Some(found) => {
                let advice = if found.version > SCHEMA_VERSION {
                    format!("it serves programs for version {} and newer; use one", found.compatible_from)
                } else {
                    "run `casetrail migrate`".to_owned()
                };
                Err(OpenError::OtherVersion { place, found: found.version, advice })
            }
        }
    }

    async fn require_durable(&self, connection: &mut PgConnection) -> Result<(), OpenError> {
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            let found: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(setting)
                .fetch_one(&mut *connection)
                .await
                .map_err(|error| self.failure(&error))?;
            // `local` does not wait for the replica that takes over when this server is lost.
            if found == "off" || found == "local" {
                return Err(OpenError::Unsafe { place: self.place.clone(), setting, found });
            }
        }
        Ok(())
    }

    async fn require_guards(&self, connection: &mut PgConnection) -> Result<(), OpenError> {
        let table = format!("event_{}", self.shard);
        let there: bool = sqlx::query_scalar("SELECT to_regclass('log.' || $1) IS NOT NULL")
            .bind(&table)
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| self.failure(&error))?;
        if !there {
            return Err(OpenError::NoShard { place: self.place.clone(), shard: self.shard });
        }
        let standing: Vec<(String, String)> = sqlx::query_as(
            "SELECT c.relname::TEXT, t.tgname::TEXT FROM pg_trigger t
               JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = 'log' AND c.relname IN ('event', $1) AND t.tgenabled = 'A'",
        )
        .bind(&table)
        .fetch_all(&mut *connection)
        .await
        .map_err(|error| self.failure(&error))?;
        let needed = [
            (table.clone(), "event_no_change"),
            (table, "event_no_truncate"),
            ("event".to_owned(), "event_no_truncate"),
        ];
        let stands = |table: &str, guard: &str| standing.iter().any(|(t, g)| t == table && g == guard);
        match needed.iter().find(|(table, guard)| !stands(table, guard)) {
            Some((table, guard)) => Err(OpenError::Unprotected {
                place: self.place.clone(),
                guard: format!("the trigger {guard} on log.{table}"),
            }),
            None => Ok(()),
        }
    }

    fn failure(&self, error: &sqlx::Error) -> OpenError {
        let (place, reason) = (self.place.clone(), error.to_string());
        if is_away(error) {
            OpenError::Unreachable { place, reason }
        } else {
            OpenError::Refused { place, reason }
        }
    }
}

/// Whether the server is not there, or not now: starting, stopping, out of connections.
pub(super) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.starts_with("57P") || code.starts_with("08") || code == "53300"),
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}
