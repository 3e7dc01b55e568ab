//! `watch`: a case's facts as they are recorded, across restarts of the server.

use std::time::Duration;

use ambient::{Clock, SystemClock};
use clap::Args;
use contracts::history::v1 as pb;
use jiff::SignedDuration;
use tonic::{Code, Status};

use crate::client::{Client, Reading};
use crate::output::history::Entries;
use crate::output::{Output, colour, json};
use crate::problem::Problem;

/// How often in a row the server may be away before it counts as gone.
const TRIES: u32 = 10;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Options of `watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// The case: its id or number
    case: String,
    /// The last version already seen; 0 shows everything first
    #[arg(long, value_name = "VERSION", default_value_t = 0)]
    after: u64,
    #[command(flatten)]
    reading: Reading,
}

impl WatchArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail watch NB-2026-000001-X               everything, then what happens
  casetrail watch NB-2026-000001-X --after 12    only what comes after version 12
  casetrail watch NB-2026-000001-X --json        one object a line
  casetrail watch NB-2026-000001-X --token \"$ENGINEER\" --unmask --purpose 'incident 4711'

An engineer's token shows every case masked; see `casetrail history --help`.";
}

pub(crate) async fn run(args: WatchArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    let mut lines = Entries::new(&output.zone, output.width);
    follow(&client.reading(&args.reading), output, &args.case, args.after, &mut lines).await
}

/// Shows facts after `version` until the server is gone for good. Resumes with the last one shown, so that
/// none is skipped or repeated.
pub(super) async fn follow(
    client: &Client,
    output: &Output,
    case: &str,
    mut version: u64,
    lines: &mut Entries,
) -> Result<(), Problem> {
    let mut tries = 0;
    loop {
        let before = version;
        let status = match session(client, output, case, &mut version, lines).await {
            Err(Problem::Refused(status)) => status,
            ended => return ended,
        };
        tries = if version > before { 1 } else { tries + 1 };
        if !is_passing(&status) || tries > TRIES {
            return Err(Problem::Refused(status));
        }
        if tries == 1 && !output.json {
            anstream::eprintln!(
                "{}",
                colour::faint(&format!("connection lost after version {version}; resuming"))
            );
        }
        let pause = Duration::from_millis(200 << tries.min(5)).min(LONGEST_PAUSE);
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::ZERO);
        SystemClock.sleep_until(SystemClock.now() + pause).await;
    }
}

async fn session(
    client: &Client,
    output: &Output,
    case: &str,
    version: &mut u64,
    lines: &mut Entries,
) -> Result<(), Problem> {
    let request = pb::WatchCaseRequest { case: case.to_owned(), after_version: *version };
    let mut entries = client.history().watch_case(client.follow(request)).await?.into_inner();
    while let Some(told) = entries.message().await? {
        let Some(entry) = told.entry else { continue };
        if output.json {
            output.line(&json::of(&entry)?)?;
        } else {
            output.text(&lines.next(&entry))?;
        }
        *version = entry.version;
    }
    Ok(())
}

/// Whether the server may be back in a moment: it said so, or the connection broke under the call.
fn is_passing(status: &Status) -> bool {
    let broke = std::error::Error::source(status).is_some();
    status.code() == Code::Unavailable
        || (broke && matches!(status.code(), Code::Unknown | Code::Internal | Code::Cancelled))
}
