//! Read models that are derived from the log a second time: where they are, and how far that is.

use std::path::PathBuf;
use std::sync::Arc;

use ambient::SystemClock;
use anyhow::Context;
use clap::Args;
use distributed::Schema;
use event_log::{EventLog, PostgresLog, PostgresLogOptions, SqliteLog};
use indicatif::{ProgressBar, ProgressStyle};
use service_kit::projection::{Derivation, Generation};
use service_kit::store::Store;
use tempfile::TempDir;

use super::proof::LOG_FILE;
use crate::problem::Problem;

/// Which system's read models.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Those of this data folder, also while a server uses it
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Those of this database, as the service's own role or as whoever migrates
    #[arg(long, value_name = "URL", env = "CASETRAIL_POSTGRES", hide_env_values = true)]
    postgres: Option<String>,
    /// The configuration file (TOML) that the services run with: some rows depend on it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder to derive rows in; otherwise the system's for temporary files
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

/// A read model with the service that has it.
pub(super) struct Known {
    pub(super) schema: &'static Schema,
    pub(super) derivation: Derivation,
}

impl Known {
    pub(super) fn name(&self) -> &'static str {
        self.derivation.model().name
    }
}

impl Place {
    /// The read model of this name, or all of them.
    pub(super) fn known(&self, name: Option<&str>) -> Result<Vec<Known>, Problem> {
        let all = distributed::derivations(self.config.as_deref()).context("--config")?;
        let all = all.into_iter().flat_map(|(schema, derivations)| {
            derivations.into_iter().map(move |derivation| Known { schema, derivation })
        });
        let (chosen, others): (Vec<_>, Vec<_>) =
            all.partition(|known| name.is_none_or(|name| known.name() == name));
        match name {
            Some(name) if chosen.is_empty() => {
                let names: Vec<&str> = others.iter().map(Known::name).collect();
                Err(Problem::Usage(format!("there is no read model {name}; there are {}", names.join(", "))))
            }
            _ => Ok(chosen),
        }
    }

    /// The shards of the log, to be read.
    pub(super) async fn logs(&self) -> Result<Vec<Arc<dyn EventLog>>, Problem> {
        if let Some(data) = &self.data {
            let log = SqliteLog::open_read_only(&data.join(LOG_FILE)).await.context("--data")?;
            return Ok(vec![Arc::new(log)]);
        }
        let url = self.url()?;
        let reading = |shard| PostgresLogOptions {
            shard,
            application_name: "casetrail read models".to_owned(),
            read_only: true,
            ..PostgresLogOptions::default()
        };
        let shards = PostgresLog::count_shards(url, &reading(0)).await.context("--postgres")?;
        let mut logs: Vec<Arc<dyn EventLog>> = Vec::new();
        for shard in 0..shards {
            let log = PostgresLog::open(url, reading(shard), Arc::new(SystemClock)).await;
            logs.push(Arc::new(log.context("--postgres")?));
        }
        Ok(logs)
    }

    /// The rows that a service serves from, to be read.
    pub(super) async fn to_read(&self, schema: &Schema) -> Result<Store, Problem> {
        match &self.data {
            Some(data) => {
                let file = data.join(format!("{}.db", schema.stage));
                Ok(Store::open_file_to_read(&file).await.context("--data")?)
            }
            None => self.in_postgres(schema).await,
        }
    }

    /// The same, to be written as well.
    pub(super) async fn to_write(&self, schema: &Schema) -> Result<Store, Problem> {
        match &self.data {
            Some(data) => {
                let file = data.join(format!("{}.db", schema.stage));
                if !file.exists() {
                    return Err(Problem::Usage(format!("--data: there is no {}", file.display())));
                }
                Ok(Store::open_file(&file, schema.migrations).await.context("--data")?)
            }
            None => self.in_postgres(schema).await,
        }
    }

    async fn in_postgres(&self, schema: &Schema) -> Result<Store, Problem> {
        let store = Store::open_postgres(self.url()?, schema.stage, schema.migrations, 2).await;
        Ok(store.context("--postgres")?)
    }

    fn url(&self) -> Result<&str, Problem> {
        let missing = "name a data folder with --data, or a database with --postgres";
        self.postgres.as_deref().ok_or_else(|| Problem::Usage(missing.to_owned()))
    }

    /// A folder for derived rows, which goes with what is returned.
    pub(super) fn scratch(&self) -> Result<TempDir, Problem> {
        let folder = match &self.scratch {
            Some(folder) => TempDir::with_prefix_in("casetrail-", folder),
            None => TempDir::with_prefix("casetrail-"),
        };
        Ok(folder.context("--scratch")?)
    }
}

/// Begins to derive a read model's rows in a file of this folder.
pub(super) async fn begin(
    known: &Known,
    logs: &[Arc<dyn EventLog>],
    scratch: &TempDir,
) -> Result<Generation, Problem> {
    let file = scratch.path().join(format!("{}.db", known.name()));
    let migrations = known.schema.all_migrations();
    let begun = Generation::begin(known.derivation.clone(), logs, &file, &migrations).await;
    Ok(begun.context("--scratch")?)
}

/// A bar over so many facts, with their speed. Hidden where standard error is no terminal.
pub(super) fn bar(name: &'static str, facts: u64) -> ProgressBar {
    let bar = ProgressBar::new(facts);
    let style = "{msg} {bar:40} {human_pos} of {human_len} facts, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_message(name);
    bar
}
