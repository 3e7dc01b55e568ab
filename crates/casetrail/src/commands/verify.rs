//! `verify`: proves that history is what was recorded, of one case through the API, or of a whole log from
//! its file, also while a server writes it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use contracts::history::v1 as pb;
use event_log::{Broken, EventLog, SqliteLog, Verification, verify_log};
use serde_json::json;

use super::log_progress::ReadProgress;
use crate::client::Client;
use crate::output::{Output, colour, json};
use crate::problem::Problem;

/// The log's file in a data folder.
const LOG_FILE: &str = "log.db";

/// Options of `verify`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct VerifyArgs {
    /// The case: its id or number
    pub(super) case: Option<String>,
    /// Verify the whole log in this data folder instead, without a server
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
}

impl VerifyArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail verify NB-2026-000001-X    one case, by the server that has it
  casetrail verify --data ./data       every case, from the log's file

Exits with 6 when something is not as it was recorded.";
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

/// Verifies every case in the log's file.
pub(crate) async fn whole_log(data: &Path, output: &Output) -> Result<(), Problem> {
    let log = SqliteLog::open_read_only(&data.join(LOG_FILE)).await.map_err(anyhow::Error::from)?;
    let log = ReadProgress::new(Arc::new(log)).await.context("the log cannot be read")?;
    let found = verify_log(&log).await.context("the log cannot be read")?;
    log.finish();
    let places = places(&log, &found).await?;
    if output.json {
        output.document(&as_json(&found, &places))?;
    }
    if let Some((first, what)) = places.first() {
        let more = places.len() - 1;
        let rest = if more == 0 { String::new() } else { format!("; {more} more") };
        return Err(Problem::NotIntact(format!(
            "the log is not what was recorded: position {first}: {what}{rest}"
        )));
    }
    if output.json {
        return Ok(());
    }
    let Verification { events, streams, .. } = found;
    output.text(&format!("{}  {events} facts of {streams} streams", colour::good("intact")))
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
        whole_log(folder.path(), &output).await
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
