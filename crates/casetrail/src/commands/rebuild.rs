//! `casetrail rebuild`: builds a read model again from the log.

use std::time::Duration;

use distributed::{SCHEMAS, Schema};
use event_bus::name_on_shard;
use event_log::{EventLog, PostgresLog, PostgresLogOptions};
use indicatif::{ProgressBar, ProgressStyle};
use service_kit::projection::{ReadModel, position, rebuild};
use service_kit::store::Store;

use crate::problem::Problem;

/// How often the progress is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Options of `casetrail rebuild`.
#[derive(Debug, clap::Args)]
pub(crate) struct RebuildArgs {
    /// Which: SERVICE.MODEL, such as routing.queue; without it they are listed
    #[arg(value_name = "MODEL")]
    model: Option<String>,
    /// The database, as the service's own role or as whoever migrates
    #[arg(long, value_name = "URL", env = "CASETRAIL_POSTGRES", hide_env_values = true)]
    postgres: Option<String>,
    /// Return at once instead of waiting until it has caught up
    #[arg(long)]
    no_wait: bool,
}

impl RebuildArgs {
    /// What `--help` ends with.
    pub(crate) const EXAMPLES: &str = "\
Examples:
  casetrail rebuild
  casetrail rebuild routing.queue --postgres postgres://casetrail_routing@127.0.0.1:5432/casetrail

Its rows are emptied and its position is set back in one transaction; the running services fill it again
from the log. Until it has caught up, its lists are incomplete.";
}

/// Empties a read model, and waits until the services have filled it again.
pub(crate) async fn run(args: &RebuildArgs, json: bool) -> Result<(), Problem> {
    let Some(name) = &args.model else {
        list(json);
        return Ok(());
    };
    let (schema, model) = find(name)?;
    let Some(url) = &args.postgres else {
        return Err(Problem::Usage("--postgres: name the database".to_owned()));
    };
    let store = Store::open_postgres(url, schema.stage, schema.migrations, 2).await;
    let store = store.map_err(|error| Problem::Other(error.into()))?;
    rebuild(&store, &model).await.map_err(|error| Problem::Other(error.into()))?;
    if !args.no_wait {
        caught_up(url, &store, &model, json).await?;
    }
    store.close().await;
    if json {
        println!("{}", serde_json::json!({ "rebuilt": model.name, "waited": !args.no_wait }));
    } else if args.no_wait {
        anstream::println!("{name} is empty; the running services fill it again");
    } else {
        anstream::println!("{name} is built again");
    }
    Ok(())
}

fn list(json: bool) {
    let names = SCHEMAS.iter().flat_map(|schema| (schema.read_models)()).map(|model| model.name);
    if json {
        println!("{}", serde_json::json!({ "read_models": names.collect::<Vec<_>>() }));
    } else {
        names.for_each(|name| anstream::println!("{name}"));
    }
}

fn find(name: &str) -> Result<(&'static Schema, ReadModel), Problem> {
    let all = SCHEMAS
        .iter()
        .flat_map(|schema| (schema.read_models)().into_iter().map(move |model| (schema, model)));
    let mut all: Vec<_> = all.collect();
    if let Some(at) = all.iter().position(|(_, model)| model.name == name) {
        return Ok(all.swap_remove(at));
    }
    let names: Vec<&str> = all.iter().map(|(_, model)| model.name).collect();
    Err(Problem::Usage(format!("there is no read model {name}; there are {}", names.join(", "))))
}

/// Follows the model's position up to where the log ends now.
async fn caught_up(url: &str, store: &Store, model: &ReadModel, json: bool) -> Result<(), Problem> {
    let heads = heads(url).await.map_err(Problem::Other)?;
    let all = heads.iter().sum();
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::new(all) };
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {per_sec} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(model.name);
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        let mut reached = 0;
        for (shard, head) in (0..).zip(&heads) {
            let at = position(store, &name_on_shard(model.name, shard)).await;
            reached += at.map_err(|error| Problem::Other(error.into()))?.min(*head);
        }
        bar.set_position(reached);
        if reached == all {
            bar.finish_and_clear();
            return Ok(());
        }
    }
}

/// Where each shard of the log ends.
async fn heads(url: &str) -> anyhow::Result<Vec<u64>> {
    let shards = PostgresLog::count_shards(url, &PostgresLogOptions::default()).await?;
    let mut heads = Vec::with_capacity(usize::from(shards));
    for shard in 0..shards {
        let options = PostgresLogOptions { shard, ..PostgresLogOptions::default() };
        let log = PostgresLog::open(url, options, std::sync::Arc::new(ambient::SystemClock)).await?;
        let head = log.head().await;
        log.close().await;
        heads.push(head?);
    }
    Ok(heads)
}
