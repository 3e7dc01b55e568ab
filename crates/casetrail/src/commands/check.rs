//! `casetrail check`: compares every read model with what the log says (I7), while the system serves.

use std::sync::Arc;

use ambient::SystemClock;
use anyhow::Context;
use event_log::EventLog;
use serde_json::{Value, json};
use service_kit::projection::{Checked, Difference};

use super::read_models::{self, Known, Place};
use crate::output::{Output, colour};
use crate::problem::Problem;

/// How many differing rows of a read model are told.
const TOLD: usize = 10;

/// Options of `casetrail check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Only this one: SERVICE.MODEL, such as routing.queue
    #[arg(value_name = "MODEL")]
    model: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl CheckArgs {
    /// What `--help` ends with.
    pub(crate) const EXAMPLES: &str = "\
Examples:
  casetrail check --data ./data
  casetrail check routing.queue --postgres postgres://casetrail_routing@127.0.0.1:5432/casetrail
  casetrail check --postgres postgres://... --config casetrail.toml --json

Every row is derived from the log again, beside the live ones, and compared; nothing is changed. Services may
run: what they write meanwhile is compared once it stands still. Timers that are due are not compared.
Exits with 7 when a row is not what the log says; `casetrail rebuild MODEL` puts it right.";
}

/// Compares, and tells the first rows that differ.
pub(crate) async fn run(args: &CheckArgs, output: &Output) -> Result<(), Problem> {
    let models = args.place.known(args.model.as_deref())?;
    let logs = args.place.logs().await?;
    let (mut documents, mut wrong) = (Vec::new(), Vec::new());
    for known in &models {
        let checked = check(&args.place, known, &logs).await?;
        if !checked.differences.is_empty() {
            wrong.push(known.name());
        }
        documents.push(as_json(known, &checked));
        if !output.json {
            tell(known, &checked, output)?;
        }
    }
    if output.json {
        output.document(&json!({ "alike": wrong.is_empty(), "read_models": documents }))?;
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Problem::NotDerived(format!("not what the log says: {}", wrong.join(", "))))
}

async fn check(place: &Place, known: &Known, logs: &[Arc<dyn EventLog>]) -> Result<Checked, Problem> {
    let live = place.to_read(known.schema).await?;
    let scratch = place.scratch()?;
    let mut generation = read_models::begin(known, logs, &scratch).await?;
    let positions = generation.live_positions(&live).await.context(known.name())?;
    let bar = read_models::bar(known.name(), positions.iter().sum());
    let checked = generation.check(&live, &SystemClock, &mut |events| bar.inc(events)).await;
    bar.finish_and_clear();
    generation.close().await;
    live.close().await;
    Ok(checked.context(known.name())?)
}

fn tell(known: &Known, checked: &Checked, output: &Output) -> Result<(), Problem> {
    let name = known.name();
    let Checked { events, rows, differences } = checked;
    if differences.is_empty() {
        let alike = colour::good("alike");
        return output.text(&format!("{alike}  {name}: {rows} rows of {events} facts"));
    }
    output.text(&format!("{}  {name}: {} of {rows} rows", colour::error("wrong"), differences.len()))?;
    for difference in differences.iter().take(TOLD) {
        let Difference { table, key, stored, derived } = difference;
        output.text(&format!("  {table} {}", key.join(" ")))?;
        output.text(&format!("    stored:  {}", spoken(stored.as_ref(), derived.as_ref())))?;
        output.text(&format!("    the log: {}", spoken(derived.as_ref(), stored.as_ref())))?;
    }
    match differences.len().saturating_sub(TOLD) {
        0 => Ok(()),
        more => output.text(&format!("  and {more} more; --json tells them")),
    }
}

/// A row by the columns in which it is another one than `other`.
fn spoken(row: Option<&Vec<(String, String)>>, other: Option<&Vec<(String, String)>>) -> String {
    let Some(row) = row else { return "no such row".to_owned() };
    let differs = |column: &&(String, String)| other.is_none_or(|other| !other.contains(column));
    let columns: Vec<String> =
        row.iter().filter(differs).map(|(column, value)| format!("{column}={value}")).collect();
    columns.join(", ")
}

fn as_json(known: &Known, checked: &Checked) -> Value {
    let row = |row: &Option<Vec<(String, String)>>| {
        row.as_ref()
            .map(|row| row.iter().cloned().map(|(column, value)| (column, Value::from(value))).collect())
    };
    let difference = |one: &Difference| {
        let (stored, derived): (Option<Value>, Option<Value>) = (row(&one.stored), row(&one.derived));
        json!({ "table": one.table, "key": one.key, "stored": stored, "log": derived })
    };
    json!({
        "service": known.schema.stage,
        "read_model": known.name(),
        "facts": checked.events,
        "rows": checked.rows,
        "alike": checked.differences.is_empty(),
        "differences": checked.differences.iter().map(difference).collect::<Vec<_>>(),
    })
}
