//! `keys`: another master key takes over, while what is sealed stays as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambient::{SystemClock, SystemIds};
use anyhow::Context;
use clap::{Args, Subcommand};
use deployable::Common;
use sealing::{KeyStore, MasterKey, PostgresKeyStore, Rotated, Sealer, SqliteKeyStore, Wrappers};
use serde_json::json;

use crate::output::{Output, colour};
use crate::problem::Problem;

/// The master key in a data folder, and the one that takes its place.
const MASTER_KEY: &str = "master.key";
const NEXT_MASTER_KEY: &str = "master.key.next";

/// Options of `keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    action: Action,
}

impl KeysArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail keys rotate --config casetrail.toml      by the settings that the services run with
  casetrail keys rotate --data ./casetrail-data      with a new key for a data folder

Each player's key is wrapped by a master key. Wrapping them by another one changes no event. Over Postgres:
  1. Name the new key's file in keys.earlier_master_key_files, and restart every process: all can read it.
     For Vault or KMS: set keys.vault or keys.kms too, and keys.current to what wraps now.
  2. Make it keys.master_key_file, and the old one an earlier one (or set keys.current to the new one); restart
     every process.
  3. casetrail keys rotate
  4. Take the old one out of keys.earlier_master_key_files, and keep it as long as backups of the keys.";
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Wrap every living key by the current master key; may be cut off and repeated, and run beside the services
    #[command(after_help = "Example:\n  casetrail keys rotate --config casetrail.toml")]
    Rotate {
        /// The configuration file (TOML) that the services run with: it names the master keys
        #[arg(long, value_name = "FILE", required_unless_present = "data", conflicts_with = "data")]
        config: Option<PathBuf>,
        /// The database, as a service's role; otherwise what the configuration says
        #[arg(long, value_name = "URL", env = "CASETRAIL_POSTGRES", hide_env_values = true)]
        #[arg(conflicts_with = "data")]
        postgres: Option<String>,
        /// A data folder that no server uses now: it gets a new master key
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
}

pub(crate) async fn run(args: KeysArgs, output: &Output) -> Result<(), Problem> {
    let Action::Rotate { config, postgres, data } = args.action;
    let rotated = match data {
        Some(data) => in_folder(&data).await?,
        None => in_postgres(config.as_deref(), postgres).await?,
    };
    if output.json {
        return output.document(&json!({
            "wrapped_anew": rotated.wrapped_anew,
            "already": rotated.already,
        }));
    }
    let Rotated { wrapped_anew, already } = rotated;
    output.text(&colour::good(&format!("{wrapped_anew} keys wrapped anew, {already} were already")))
}

fn sealer(store: impl KeyStore, wrappers: Wrappers) -> Sealer {
    Sealer::new(Arc::new(store), wrappers, Arc::new(SystemClock), Arc::new(SystemIds))
}

async fn in_postgres(config: Option<&Path>, postgres: Option<String>) -> Result<Rotated, Problem> {
    let common = Common::load(config).context("--config")?;
    let wrappers = common.keys.wrappers().context("--config")?;
    let url = postgres.unwrap_or(common.postgres.url);
    let store = PostgresKeyStore::open(&url).await.context("--postgres")?;
    Ok(sealer(store, wrappers).rotate().await.context("rotating")?)
}

/// The new key lies beside the old one until every key is wrapped by it, so that it may be cut off anywhere.
async fn in_folder(data: &Path) -> Result<Rotated, Problem> {
    let (old, next) = (data.join(MASTER_KEY), data.join(NEXT_MASTER_KEY));
    if !old.exists() {
        return Err(Problem::Usage(format!("--data: there is no {}", old.display())));
    }
    let earlier = MasterKey::from_file(&old).context("--data")?;
    let current = MasterKey::from_file_or_create(&next, &SystemIds).context("--data")?;
    let store = SqliteKeyStore::open(&data.join("keys.db")).await.context("--data")?;
    let wrappers = Wrappers::from(current).and_earlier(Arc::new(earlier));
    let rotated = sealer(store, wrappers).rotate().await.context("rotating")?;
    std::fs::rename(&next, &old).with_context(|| next.display().to_string())?;
    Ok(rotated)
}
