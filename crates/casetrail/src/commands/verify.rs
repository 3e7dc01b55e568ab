//! `verify`: proves that history is what was recorded, of one case through the API, or of a whole log from
//! its file, also while a server writes it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::{ArgGroup, Args};
use contracts::history::v1 as pb;
use event_log::{Broken, EventLog, Verification, verify_log};
use serde_json::json;

use super::log_progress::ReadProgress;
use super::proof::{Opened, Source};
use crate::client::Client;
use crate::output::{Output, colour, json};
use crate::problem::Problem;

/// Options of `verify`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("history").required(true).args(["case", "data", "postgres"]))]
pub(crate) struct VerifyArgs {
    /// The case: its id or number, by the server that has it
    pub(super) case: Option<String>,
    /// Everything, which is what is done without --from and --to
    #[arg(long, conflicts_with_all = ["from", "to", "case"])]
    all: bool,
    /// Only this shard of the database; positions are those of the first where none is named
    #[arg(long, value_name = "N", conflicts_with_all = ["all", "case"])]
    shard: Option<u16>,
    /// The first position to verify; the whole seal that covers it is
    #[arg(long, value_name = "POSITION")]
    from: Option<u64>,
    /// The last position to verify; the whole seal that covers it is
    #[arg(long, value_name = "POSITION")]
    to: Option<u64>,
    #[command(flatten)]
    source: Source,
}

impl VerifyArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail verify NB-2026-000001-X                  one case, by the server that has it
  casetrail verify --data ./data                     every case and every seal, from the log's file
  casetrail verify --postgres postgres://... --keys seal-keys.pem --witness /mnt/witness/seals.jsonl
  casetrail verify --data ./data --from 10000 --to 20000

A seal is believed if one of the keys made it; the data folder names its own. Against whoever owns the
database compare with a witness, a file of seals from where they cannot write.
Exits with 6 when something is not as it was recorded, and names the first wrong position.";
}

/// Verifies one case through the API.
pub(crate) async fn one_case(case: &str, client: &Client, output: &Output) -> Result<(), Problem> {
    let request = pb::VerifyCaseRequest { case: case.to_owned() };
    let found = client.history().verify_case(client.ask(request)).await?.into_inner();
    if output.json {
        output.document(&json::of(&found)?)?;
    }
    if !found.intact {
        let version = found.first_wrong_version;
        return Err(Problem::NotIntact(format!("{case} is not what was recorded from version {version} on")));
    }
    if output.json {
        return Ok(());
    }
    output.text(&format!(
        "{}  {case}: {} facts, head {}",
        colour::good("intact"),
        found.facts_checked,
        colour::faint(&found.head_hash)
    ))
}

/// Verifies a whole log, or a part of it, with its seals.
pub(crate) async fn whole_log(args: &VerifyArgs, output: &Output) -> Result<(), Problem> {
    let there = args.source.shards().await?;
    let wanted = match args.shard {
        Some(shard) if shard >= there => {
            return Err(Problem::Usage(format!("--shard: the log has the shards 0 to {}", there - 1)));
        }
        Some(shard) => shard..shard + 1,
        // Where positions are named, they are those of one shard.
        None if args.from.is_some() || args.to.is_some() => 0..1,
        None => 0..there,
    };
    for shard in wanted {
        verify(&args.source, shard, args.from, args.to, output).await?;
    }
    Ok(())
}

async fn verify(
    source: &Source,
    shard: u16,
    from: Option<u64>,
    to: Option<u64>,
    output: &Output,
) -> Result<(), Problem> {
    let opened = source.open(shard).await?;
    if let (Some(data), None, None) = (&source.data, from, to) {
        // Everything that is wrong, not only the first.
        chains(data, &opened, output).await?;
    }
    let log = ReadProgress::new(Arc::clone(&opened.log)).await.context("the log cannot be read")?;
    let positions = match (from, to) {
        (None, None) => None,
        (from, to) => Some(from.unwrap_or(1)..=to.unwrap_or(u64::MAX)),
    };
    let found = seals::check(opened.history_over(&log), positions, &mut |_| {}).await;
    let found = found.context("the log cannot be verified")?;
    log.finish();
    let wrong = found.wrong_event.as_ref().map(ToString::to_string);
    let wrong = wrong.or(found.wrong_seal.as_ref().map(ToString::to_string));
    if output.json {
        output.document(&json!({
            "intact": found.is_intact(),
            "shard": shard,
            "from": found.from,
            "facts_checked": found.events,
            "seals_checked": found.seals,
            "sealed_to": found.sealed_to,
            "witnessed_to": found.witnessed_to,
            "first_wrong_position": found.first_wrong_position(),
            "wrong": wrong,
        }))?;
    }
    if let Some(wrong) = wrong {
        return Err(Problem::NotIntact(format!("the log (shard {shard}) is not what was recorded: {wrong}")));
    }
    if output.json {
        return Ok(());
    }
    let seals = match found.sealed_to {
        0 => "nothing sealed yet".to_owned(),
        to => format!("sealed up to position {to}"),
    };
    let shard = if shard == 0 { String::new() } else { format!("shard {shard}: ") };
    output.text(&format!("{}  {shard}{} facts, {seals}", colour::good("intact"), found.events))
}

/// Verifies every chain, and tells all that is wrong if anything is.
async fn chains(data: &Path, opened: &Opened, output: &Output) -> Result<(), Problem> {
    let log = ReadProgress::new(Arc::clone(&opened.log)).await.context("the log cannot be read")?;
    let found = verify_log(&log).await.with_context(|| format!("{} cannot be read", data.display()))?;
    log.finish();
    let places = places(&log, &found).await?;
    let Some((first, what)) = places.first() else { return Ok(()) };
    if output.json {
        output.document(&as_json(&found, &places))?;
    }
    let more = places.len() - 1;
    let rest = if more == 0 { String::new() } else { format!("; {more} more") };
    Err(Problem::NotIntact(format!("the log is not what was recorded: position {first}: {what}{rest}")))
}

/// Everything that is wrong, by position, first to last.
async fn places(log: &dyn EventLog, found: &Verification) -> Result<Vec<(u64, String)>, Problem> {
    let mut places: Vec<(u64, String)> = Vec::new();
    if let Some(position) = found.first_missing_position {
        places.push((position, "it is missing".to_owned()));
    }
    for broken in &found.broken {
        let Broken { stream, version, .. } = *broken;
        // Where the wrong fact stands; if it is gone, where the next one does.
        let facts = log.read_stream(stream, version - 1, 1).await.context("the log cannot be read")?;
        places.push((facts.first().map_or(u64::MAX, |fact| fact.position), broken.to_string()));
    }
    places.sort();
    Ok(places)
}

fn as_json(found: &Verification, places: &[(u64, String)]) -> serde_json::Value {
    let wrong: Vec<_> =
        places.iter().map(|(position, what)| json!({ "position": position, "problem": what })).collect();
    json!({
        "intact": found.is_intact(),
        "facts_checked": found.events,
        "streams_checked": found.streams,
        "first_wrong_position": places.first().map(|(position, _)| position),
        "wrong": wrong,
    })
}

#[cfg(test)]
mod tests {
    use ambient::{Ids, SeededIds, SystemClock};
    use event_log::{Append, NewEvent};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use sqlx::{Connection, SqliteConnection};
    use uuid::Uuid;

    use event_log::SqliteLog;

    use super::super::proof::LOG_FILE;
    use super::*;

    /// A folder with a log of two streams with three facts each, at the positions 1 to 6 in turns.
    async fn filled() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let log = SqliteLog::open(&folder.path().join(LOG_FILE), Arc::new(SystemClock)).await.unwrap();
        let ids = SeededIds::new(1);
        let streams: [Uuid; 2] = [(); 2].map(|()| ids.new_id(Timestamp::UNIX_EPOCH));
        for expected_version in 0..3 {
            for stream in streams {
                let event = NewEvent {
                    event_id: ids.new_id(Timestamp::UNIX_EPOCH),
                    event_type: "stage.happened".to_owned(),
                    schema_version: 1,
                    meta: b"{}".to_vec(),
                    payload: b"{}".to_vec(),
                };
                let append = Append {
                    stream,
                    tenant: "NB".to_owned(),
                    expected_version,
                    command_id: event.event_id,
                    fingerprint: [0; 32],
                    events: vec![event],
                };
                log.append(append).await.unwrap();
            }
        }
        log.close().await;
        folder
    }

    async fn tamper(folder: &tempfile::TempDir, statements: &'static str) {
        let url = format!("sqlite://{}", folder.path().join(LOG_FILE).display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("DROP TRIGGER event_no_update; DROP TRIGGER event_no_delete;")
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn verify(folder: &tempfile::TempDir) -> Result<(), Problem> {
        let output = Output { json: false, zone: TimeZone::UTC, width: None };
        super::verify(&Source::of_folder(folder.path()), 0, None, None, &output).await
    }

    #[tokio::test]
    async fn an_untouched_log_is_intact() {
        verify(&filled().await).await.unwrap();
    }

    #[tokio::test]
    async fn the_first_wrong_position_is_named() {
        for (tampering, expected) in [
            ("UPDATE event SET payload = x'00' WHERE position = 4;", "position 4: stream"),
            ("DELETE FROM event WHERE position = 3;", "position 3: it is missing; 1 more"),
            ("UPDATE event SET payload = x'00' WHERE position IN (2, 5);", "position 2: stream"),
        ] {
            let folder = filled().await;
            tamper(&folder, tampering).await;
            let problem = verify(&folder).await.unwrap_err();
            assert!(matches!(problem, Problem::NotIntact(_)), "{tampering}: {problem}");
            assert!(problem.to_string().contains(expected), "{tampering}: {problem}");
        }
    }

    #[tokio::test]
    async fn a_folder_without_a_log_is_refused() {
        let problem = verify(&tempfile::tempdir().unwrap()).await.unwrap_err();
        assert!(problem.to_string().contains("log.db"), "{problem}");
    }
}
