//! Where history and its seals are read from when no server is asked: a data folder, or a database.

use std::path::PathBuf;
use std::sync::Arc;

use ambient::SystemClock;
use anyhow::Context;
use clap::Args;
use event_log::{EventLog, PostgresLog, PostgresLogOptions, SqliteLog};
use seals::{History, Keyring, MemorySealStore, PostgresSealStore, SealStore, SqliteSealStore, Witness};

use crate::problem::Problem;

/// The log's file in a data folder.
pub(super) const LOG_FILE: &str = "log.db";
/// The one shard of a data folder.
const ONLY: u16 = 0;

/// Which history, and whose seals are believed.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Read this data folder, also while a server writes it
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Read this database, as a role that may read the log and its seals
    #[arg(long, value_name = "URL")]
    pub(super) postgres: Option<String>,
    /// The public keys whose seals are believed (PEM). Otherwise those that the data folder names
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// A file of seals from where the database's administrator cannot write; may be given more than once
    #[arg(long = "witness", value_name = "FILE")]
    witnesses: Vec<PathBuf>,
}

/// History with its seals, opened.
pub(super) struct Opened {
    pub(super) shard: u16,
    pub(super) log: Arc<dyn EventLog>,
    store: Arc<dyn SealStore>,
    witnesses: Vec<Arc<dyn SealStore>>,
    keyring: Keyring,
}

impl Opened {
    pub(super) fn history(&self) -> History<'_> {
        History {
            log: &*self.log,
            shard: self.shard,
            store: &*self.store,
            witnesses: &self.witnesses,
            keyring: &self.keyring,
        }
    }

    /// The same over another way of reading the log.
    pub(super) fn history_over<'a>(&'a self, log: &'a dyn EventLog) -> History<'a> {
        History { log, ..self.history() }
    }
}

impl Source {
    /// A data folder, with what it says of itself.
    #[cfg(test)]
    pub(super) fn of_folder(data: &std::path::Path) -> Self {
        Self { data: Some(data.to_owned()), postgres: None, keys: None, witnesses: Vec::new() }
    }

    /// How many shards it has.
    pub(super) async fn shards(&self) -> Result<u16, Problem> {
        let Some(url) = self.postgres.as_ref().filter(|_| self.data.is_none()) else { return Ok(1) };
        Ok(PostgresLog::count_shards(url, &Self::reading(ONLY)).await.context("--postgres")?)
    }

    /// Whoever took the guards down is whom this is to find: so they are not asked for.
    fn reading(shard: u16) -> PostgresLogOptions {
        PostgresLogOptions {
            shard,
            application_name: "casetrail verify".to_owned(),
            read_only: true,
            ..PostgresLogOptions::default()
        }
    }

    /// Opens one of its shards. A witness file holds the seals of one, and is opened for that one.
    pub(super) async fn open(&self, shard: u16) -> Result<Opened, Problem> {
        let (log, store) = self.log_and_store(shard).await?;
        let mut witnesses: Vec<Arc<dyn SealStore>> = Vec::new();
        for path in &self.witnesses {
            let path = deployable::relay::witness_of_shard(path, shard);
            witnesses.push(Arc::new(Witness::open_read_only(&path).await.context("--witness")?));
        }
        Ok(Opened { shard, log, store, witnesses, keyring: self.keyring()? })
    }

    async fn log_and_store(&self, shard: u16) -> Result<(Arc<dyn EventLog>, Arc<dyn SealStore>), Problem> {
        match (&self.data, &self.postgres) {
            (Some(data), None) => {
                let log = SqliteLog::open_read_only(&data.join(LOG_FILE)).await.context("--data")?;
                let seals = data.join(embedded::proof::STORE);
                let store: Arc<dyn SealStore> = if seals.exists() {
                    Arc::new(SqliteSealStore::open(&seals, ONLY).await.context("--data")?)
                } else {
                    // From before there were seals.
                    Arc::new(MemorySealStore::new())
                };
                Ok((Arc::new(log), store))
            }
            (None, Some(url)) => {
                let log = PostgresLog::open(url, Self::reading(shard), Arc::new(SystemClock));
                let log = log.await.context("--postgres")?;
                let store = PostgresSealStore::open_unprotected(url, shard).await.context("--postgres")?;
                Ok((Arc::new(log), Arc::new(store)))
            }
            _ => Err(Problem::Usage(
                "name a data folder with --data, or a database with --postgres".to_owned(),
            )),
        }
    }

    fn keyring(&self) -> Result<Keyring, Problem> {
        let of_folder = self.data.as_ref().map(|data| data.join(embedded::proof::PUBLIC_KEYS));
        match (&self.keys, of_folder.filter(|path| path.exists())) {
            (Some(path), _) => Ok(Keyring::from_file(path).context("--keys")?),
            (None, Some(path)) => Ok(Keyring::from_file(&path).context("--data")?),
            (None, None) => Ok(Keyring::new()),
        }
    }
}
