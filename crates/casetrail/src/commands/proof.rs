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
/// The one shard that there is so far.
const SHARD: u16 = 0;

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
    pub(super) log: Arc<dyn EventLog>,
    store: Arc<dyn SealStore>,
    witnesses: Vec<Arc<dyn SealStore>>,
    keyring: Keyring,
}

impl Opened {
    pub(super) fn history(&self) -> History<'_> {
        History {
            log: &*self.log,
            shard: SHARD,
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

    pub(super) async fn open(&self) -> Result<Opened, Problem> {
        let (log, store) = self.log_and_store().await?;
        let mut witnesses: Vec<Arc<dyn SealStore>> = Vec::new();
        for path in &self.witnesses {
            witnesses.push(Arc::new(Witness::open_read_only(path).await.context("--witness")?));
        }
        Ok(Opened { log, store, witnesses, keyring: self.keyring()? })
    }

    async fn log_and_store(&self) -> Result<(Arc<dyn EventLog>, Arc<dyn SealStore>), Problem> {
        match (&self.data, &self.postgres) {
            (Some(data), None) => {
                let log = SqliteLog::open_read_only(&data.join(LOG_FILE)).await.context("--data")?;
                let seals = data.join(embedded::proof::STORE);
                let store: Arc<dyn SealStore> = if seals.exists() {
                    Arc::new(SqliteSealStore::open(&seals, SHARD).await.context("--data")?)
                } else {
                    // From before there were seals.
                    Arc::new(MemorySealStore::new())
                };
                Ok((Arc::new(log), store))
            }
            (None, Some(url)) => {
                let options = PostgresLogOptions {
                    application_name: "casetrail verify".to_owned(),
                    // Whoever took the guards down is whom this is to find.
                    read_only: true,
                    ..PostgresLogOptions::default()
                };
                let log =
                    PostgresLog::open(url, options, Arc::new(SystemClock)).await.context("--postgres")?;
                let store = PostgresSealStore::open_unprotected(url, SHARD).await.context("--postgres")?;
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
