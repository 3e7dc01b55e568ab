//! Who is measured. To add one: a file in `contender/`, and a variant of [`Kind`] with what it guarantees.

mod disintegrate;
mod esrs;
mod execute;
mod log;
mod postgres_es;

use std::sync::Arc;

use async_trait::async_trait;
use clap::ValueEnum;
use sqlx_of_peers::postgres::{PgPool, PgPoolOptions};
use uuid::Uuid;

use crate::database::Database;

/// Beyond this a counter takes no more: the rule that makes it necessary to know the state.
const MOST: u64 = 1_000_000_000;

/// Handles commands.
#[async_trait]
pub(crate) trait Contender: Send + Sync {
    /// Handles "add one to the counter `stream`", the `nth` command that is sent to it (from 0): loads,
    /// decides, appends one event; again, if somebody else was quicker. Gives how often that happened.
    async fn add_one(&self, stream: Uuid, nth: u32) -> anyhow::Result<u64>;

    /// Closes its connections.
    async fn close(&self);
}

/// What a library promises about what it has stored.
pub(crate) struct Guarantees {
    /// An order over all streams that a reader can follow.
    pub(crate) order: &'static str,
    /// What a command sent twice does.
    pub(crate) repeat: &'static str,
    /// Whether a change shows.
    pub(crate) chain: &'static str,
    /// What hinders a change.
    pub(crate) immutable: &'static str,
}

/// Who there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// cqrs-es with postgres-es.
    PostgresEs,
    /// disintegrate with disintegrate-postgres.
    Disintegrate,
    /// esrs.
    Esrs,
    /// Our log alone: read the stream, fold, decide, append.
    Log,
    /// Our `execute`, where no replica has the state at hand.
    Execute,
    /// Our `execute`, where the replica that handled the stream's last command handles the next one.
    ExecuteCached,
}

impl Kind {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PostgresEs => "postgres-es 0.5.0",
            Self::Disintegrate => "disintegrate-postgres 4.0.1",
            Self::Esrs => "esrs 0.18.0",
            Self::Log => "ours: the log alone",
            Self::Execute => "ours: execute, state loaded",
            Self::ExecuteCached => "ours: execute, state at hand",
        }
    }

    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Log | Self::Execute | Self::ExecuteCached)
    }

    /// Counts its events.
    pub(crate) fn count_events(self) -> &'static str {
        match self {
            Self::PostgresEs => "SELECT count(*) FROM events",
            Self::Disintegrate => "SELECT count(*) FROM event",
            Self::Esrs => "SELECT count(*) FROM counter_events",
            Self::Log | Self::Execute | Self::ExecuteCached => "SELECT count(*) FROM log.event",
        }
    }

    pub(crate) fn guarantees(self) -> Guarantees {
        match self {
            Self::PostgresEs => Guarantees {
                order: "within a stream only",
                repeat: "recorded again",
                chain: "no",
                immutable: "no",
            },
            Self::Disintegrate => Guarantees {
                order: "over all, with gaps; readers wait for writers",
                repeat: "recorded again",
                chain: "no",
                immutable: "no",
            },
            Self::Esrs => Guarantees {
                order: "within a stream; over all by the writers' clocks",
                repeat: "recorded again",
                chain: "no",
                immutable: "no, has a delete",
            },
            Self::Log | Self::Execute | Self::ExecuteCached => Guarantees {
                order: "over all, without gaps, as committed",
                repeat: "gets the first answer",
                chain: "SHA-256",
                immutable: "triggers, no rights",
            },
        }
    }

    /// Makes its tables in `database`, by its own migrations, and connects.
    pub(crate) async fn open(
        self,
        database: &Database,
        pool: Option<u32>,
    ) -> anyhow::Result<Arc<dyn Contender>> {
        Ok(match self {
            Self::PostgresEs => Arc::new(postgres_es::PostgresEs::open(database, pool).await?),
            Self::Disintegrate => Arc::new(disintegrate::Disintegrate::open(database, pool).await?),
            Self::Esrs => Arc::new(esrs::Esrs::open(database, pool).await?),
            Self::Log => Arc::new(log::Log::open(database, pool).await?),
            Self::Execute => Arc::new(execute::Execute::open(database, pool, false).await?),
            Self::ExecuteCached => Arc::new(execute::Execute::open(database, pool, true).await?),
        })
    }
}

/// A peer's pool. It does not ask a connection whether it is alive before each use, as by default it would:
/// that is a round trip, and ours does not either.
async fn pool_of_peer(database: &Database, connections: u32) -> anyhow::Result<PgPool> {
    let options = PgPoolOptions::new().max_connections(connections).test_before_acquire(false);
    Ok(options.connect(&database.url()).await?)
}
