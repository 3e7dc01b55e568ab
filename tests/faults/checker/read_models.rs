//! I7: every read model equals a rebuild from the log, by `casetrail check`. Then all rows are kept, every
//! read model is built again while everything runs, and the new rows are compared with those.

use std::collections::BTreeMap;
use std::process::Stdio;

use event_log::{EventLog, PostgresLog};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Faults, PATIENCE};
use crate::patience::Patience;
use crate::rig::Rig;
use crate::up::program;

/// Tables that say how far somebody is or who asked, not what they know.
const NOT_ROWS: [&str; 5] = ["_sqlx_migrations", "checkpoint", "dead_letter", "personal_read", "projection"];
/// How often it is tried to compare while nothing is recorded meanwhile.
const TRIES: usize = 4;

/// The rows of each table, sorted.
type Rows = BTreeMap<String, Vec<String>>;

/// Returns how many rows it compared.
pub(super) async fn check(rig: &Rig, log: &PostgresLog, faults: &mut Faults) -> u64 {
    if let Err(problem) = check_all(rig).await {
        faults.add("I7", problem);
    }
    for _ in 0..TRIES {
        let Ok(before) = rig.settled(log, PATIENCE).await else { break };
        let kept = rows(rig).await;
        if let Err(problem) = rebuild_all(rig).await {
            faults.add("I7", problem);
            return 0;
        }
        if let Err(behind) = rig.settled(log, PATIENCE).await {
            faults.add("I7", format!("60 s after they were built again: {behind}"));
            return 0;
        }
        let rebuilt = rows(rig).await;
        if log.head().await.unwrap() == before {
            compare(&kept, &rebuilt, faults);
            return u64::try_from(kept.values().map(Vec::len).sum::<usize>()).unwrap();
        }
    }
    faults.add("I7", "not compared: something was recorded again and again");
    0
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

async fn rows(rig: &Rig) -> Rows {
    let mut admin = PgConnection::connect(&rig.database).await.unwrap();
    let mut found = Rows::new();
    for schema in distributed::SCHEMAS {
        let tables: Vec<String> = sqlx::query_scalar("SELECT tablename FROM pg_tables WHERE schemaname = $1")
            .bind(schema.stage)
            .fetch_all(&mut admin)
            .await
            .unwrap();
        for table in tables.iter().filter(|table| !NOT_ROWS.contains(&table.as_str())) {
            let table = format!("{}.{table}", schema.stage);
            let question = format!("SELECT to_jsonb(line)::text FROM {table} line");
            let mut rows: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(question)).fetch_all(&mut admin).await.unwrap();
            rows.sort();
            found.insert(table, rows);
        }
    }
    admin.close().await.unwrap();
    found
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
