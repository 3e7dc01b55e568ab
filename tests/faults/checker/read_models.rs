//! I7: every read model equals a rebuild from the log, by `casetrail check`. Then all rows are kept, every
//! read model is built again while everything runs, and the new rows are compared with those.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use event_log::{Committed, PostgresLog};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Faults, PATIENCE, after, payload};
use crate::patience::Patience;
use crate::rig::Rig;
use crate::up::program;

/// Tables that say how far somebody is or who asked, not what they know.
const NOT_ROWS: [&str; 5] = ["_sqlx_migrations", "checkpoint", "dead_letter", "personal_read", "projection"];
/// How often it is tried to compare most of the rows.
const TRIES: usize = 4;

/// The rows of each table, sorted.
type Rows = BTreeMap<String, Vec<String>>;

/// Returns how many rows it compared.
///
/// Timers go on recording while it looks: rows of what they recorded about are left out, which must be fewer than
/// the others.
pub(super) async fn check(rig: &Rig, log: &PostgresLog, faults: &mut Faults) -> u64 {
    if let Err(problem) = check_all(rig).await {
        faults.add("I7", problem);
    }
    let mut most = (0, 0);
    for _ in 0..TRIES {
        let (kept, stand) = rows(rig).await;
        if let Err(problem) = rebuild_all(rig).await {
            faults.add("I7", problem);
            return 0;
        }
        if let Err(behind) = rig.caught_up(PATIENCE).await {
            faults.add("I7", format!("60 s after they were built again: {behind}"));
            return 0;
        }
        let (rebuilt, _) = rows(rig).await;
        let touched = Touched::by(&after(log, stand).await);
        let all = count(&kept);
        let (kept, rebuilt) = (touched.left_out_of(kept), touched.left_out_of(rebuilt));
        if count(&kept) * 2 > all {
            compare(&kept, &rebuilt, faults);
            return u64::try_from(count(&kept)).unwrap();
        }
        most = most.max((count(&kept), all));
    }
    let (compared, all) = most;
    faults.add("I7", format!("not compared: something was recorded about all but {compared} of {all} rows"));
    0
}

fn count(rows: &Rows) -> usize {
    rows.values().map(Vec::len).sum()
}

/// What facts are about, and what else they name.
struct Touched {
    streams: BTreeSet<String>,
    named: BTreeSet<String>,
}

impl Touched {
    fn by(events: &[Committed]) -> Self {
        let streams = events.iter().map(|event| event.stream.to_string()).collect();
        let mut named = BTreeSet::new();
        for event in events {
            texts(&payload(event), &mut named);
        }
        Self { streams, named }
    }

    /// A row of a stream may differ when something was recorded there; one of several, when it names whatever
    /// was named.
    fn may_change(&self, row: &str) -> bool {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let stream = row.get("case_id").or_else(|| row.get("stream"));
        if let Some(stream) = stream.and_then(serde_json::Value::as_str) {
            return self.streams.contains(stream);
        }
        let mut names = BTreeSet::new();
        texts(&row, &mut names);
        !self.named.is_disjoint(&names)
    }

    fn left_out_of(&self, mut rows: Rows) -> Rows {
        for of_table in rows.values_mut() {
            of_table.retain(|row| !self.may_change(row));
        }
        rows
    }
}

/// The texts in a value that may be ids: brands and the like are shorter.
fn texts(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    use serde_json::Value;
    match value {
        Value::String(text) if text.len() > 3 => {
            found.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

fn compare(kept: &Rows, rebuilt: &Rows, faults: &mut Faults) {
    for (table, rows) in kept {
        let anew = &rebuilt[table];
        let lost: Vec<_> = rows.iter().filter(|row| anew.binary_search(row).is_err()).collect();
        let new: Vec<_> = anew.iter().filter(|row| rows.binary_search(row).is_err()).collect();
        if !lost.is_empty() || !new.is_empty() {
            let (few_lost, few_new) = (&lost[..lost.len().min(3)], &new[..new.len().min(3)]);
            let counts = (lost.len(), new.len());
            faults.add("I7", format!("{table} {counts:?}: had {few_lost:?}, a rebuild has {few_new:?}"));
        }
    }
}

/// The rows, and up to which position they are at least.
async fn rows(rig: &Rig) -> (Rows, u64) {
    let mut admin = PgConnection::connect(&rig.database).await.unwrap();
    // All as they are at one moment.
    let mut moment = admin.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.unwrap();
    let (mut found, mut stand) = (Rows::new(), u64::MAX);
    for schema in distributed::SCHEMAS {
        let tables: Vec<String> = sqlx::query_scalar("SELECT tablename FROM pg_tables WHERE schemaname = $1")
            .bind(schema.stage)
            .fetch_all(&mut *moment)
            .await
            .unwrap();
        // Beside how far they are stands which generation of them is live.
        let question = format!("SELECT position FROM {}.projection WHERE name NOT LIKE '%/%'", schema.stage);
        let positions: Vec<i64> =
            sqlx::query_scalar(AssertSqlSafe(question)).fetch_all(&mut *moment).await.unwrap();
        stand = positions.into_iter().map(|at| u64::try_from(at).unwrap()).fold(stand, u64::min);
        for table in tables.iter().filter(|table| !NOT_ROWS.contains(&table.as_str())) {
            let table = format!("{}.{table}", schema.stage);
            let question = format!("SELECT to_jsonb(line)::text FROM {table} line");
            let mut rows: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(question)).fetch_all(&mut *moment).await.unwrap();
            rows.sort();
            found.insert(table, rows);
        }
    }
    moment.commit().await.unwrap();
    admin.close().await.unwrap();
    (found, stand)
}

/// `casetrail check`.
async fn check_all(rig: &Rig) -> Result<(), String> {
    let mut command = tokio::process::Command::new(program("casetrail"));
    command.args(["check", "--postgres", &rig.database]).stdin(Stdio::null()).kill_on_drop(true);
    let mut patience = Patience::of(PATIENCE * 2);
    let ended = tokio::select! {
        ended = command.output() => Some(ended),
        () = patience.ends() => None,
    };
    match ended {
        Some(Ok(ended)) if ended.status.success() => Ok(()),
        Some(Ok(ended)) => {
            let told = |output: &[u8]| String::from_utf8_lossy(output).into_owned();
            Err(format!("`casetrail check`: {}{}", told(&ended.stdout), told(&ended.stderr)))
        }
        ended => Err(format!("`casetrail check` ended with {ended:?}")),
    }
}

/// `casetrail rebuild`, all at the same time.
async fn rebuild_all(rig: &Rig) -> Result<(), String> {
    let mut running = Vec::new();
    // What needs the players' keys is not among them.
    let derivations = distributed::derivations(None).map_err(|error| error.to_string())?;
    for derivation in derivations.iter().flat_map(|(_, derivations)| derivations) {
        let name = derivation.model().name;
        let mut command = tokio::process::Command::new(program("casetrail"));
        command.args(["--json", "rebuild", name, "--postgres", &rig.database]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        running.push((name, child));
    }
    for (name, mut child) in running {
        let mut patience = Patience::of(PATIENCE * 2);
        let ended = tokio::select! {
            ended = child.wait() => Some(ended),
            () = patience.ends() => None,
        };
        match ended {
            Some(Ok(ended)) if ended.success() => {}
            ended => return Err(format!("`casetrail rebuild {name}` ended with {ended:?}")),
        }
    }
    Ok(())
}
