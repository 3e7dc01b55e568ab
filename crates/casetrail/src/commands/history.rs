//! `history`: a case and everything that happened to it, now or as of any moment.

use clap::Args;
use contracts::history::v1 as pb;
use serde_json::json;
use tonic::transport::Channel;

use super::watch;
use crate::client::{Client, Reading};
use crate::output::history::{Entries, heading, hint};
use crate::output::{Output, json, time};
use crate::problem::Problem;

/// Facts asked for at a time.
const PAGE: i32 = 200;

/// Options of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The case: its id or number
    case: String,
    /// As it stood after a version (7), or at a time: 2026-11-22T14:00, 2026-11-22T13:00:00Z, or a day, to
    /// its end
    #[arg(long, value_name = "VERSION|TIME")]
    as_of: Option<String>,
    /// Go on with what happens next
    #[arg(long, conflicts_with = "as_of")]
    follow: bool,
    #[command(flatten)]
    reading: Reading,
}

impl HistoryArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail history NB-2026-000001-X                       everything, and how the case stands
  casetrail history NB-2026-000001-X --as-of 7             as it stood after its seventh fact
  casetrail history NB-2026-000001-X --as-of 2026-11-22    as it stood at the end of that day
  casetrail history NB-2026-000001-X --json | jq '.entries[].summary'
  casetrail history NB-2026-000001-X --token \"$ENGINEER\" --unmask --purpose 'incident 4711'

An engineer's token shows every case masked. --unmask shows one as it is: with a second factor proven within 5
minutes (in development: casetrail token --role engineer --acr), and it is written down who looked, and what for.";
}

pub(crate) async fn run(args: HistoryArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    let client = &client.reading(&args.reading);
    let as_of = args.as_of.as_deref().map(|text| as_of(text, output)).transpose()?;
    if output.json && args.follow {
        let mut lines = Entries::new(&output.zone, None);
        return watch::follow(client, output, &args.case, 0, &mut lines).await;
    }
    let asked = pb::GetCaseRequest { case: args.case, as_of };
    let case = client.history().get_case(client.ask(asked)).await?.into_inner().case.unwrap_or_default();
    let entries = all(client, &case).await?;
    if output.json {
        let facts = entries.iter().map(json::of);
        let facts = facts.collect::<Result<Vec<_>, Problem>>()?;
        return output.document(&json!({ "case": json::of(&case)?, "entries": facts }));
    }
    let mut lines = Entries::new(&output.zone, output.width);
    tell(&case, &entries, &mut lines, output)?;
    if args.follow {
        return watch::follow(client, output, &case.case_id, case.version, &mut lines).await;
    }
    Ok(())
}

/// Shows a case's whole history on an open connection, as `history` does.
pub(crate) async fn show(channel: Channel, case: &str) -> Result<(), Problem> {
    let (client, output) = (Client::over(channel), Output::of_terminal()?);
    let asked = pb::GetCaseRequest { case: case.to_owned(), as_of: None };
    let case = client.history().get_case(client.ask(asked)).await?.into_inner().case.unwrap_or_default();
    let entries = all(&client, &case).await?;
    tell(&case, &entries, &mut Entries::new(&output.zone, output.width), &output)
}

fn tell(case: &pb::Case, entries: &[pb::Entry], lines: &mut Entries, output: &Output) -> Result<(), Problem> {
    output.text(&heading(case, &output.zone, output.width))?;
    if let Some(hint) = hint(case) {
        output.text(&hint)?;
    }
    for entry in entries {
        output.text(&lines.next(entry))?;
    }
    Ok(())
}

/// The facts that the case as it was read stands for: what was recorded since is not among them.
async fn all(client: &Client, case: &pb::Case) -> Result<Vec<pb::Entry>, Problem> {
    let until = pb::AsOf { moment: Some(pb::as_of::Moment::Version(case.version)) };
    let mut entries = Vec::new();
    let mut request = pb::ListHistoryRequest {
        case: case.case_id.clone(),
        as_of: Some(until),
        page_size: PAGE,
        page_token: String::new(),
    };
    loop {
        let page = client.history().list_history(client.ask(request.clone())).await?.into_inner();
        entries.extend(page.entries);
        if page.next_page_token.is_empty() {
            return Ok(entries);
        }
        request.page_token = page.next_page_token;
    }
}

fn as_of(text: &str, output: &Output) -> Result<pb::AsOf, Problem> {
    let moment = if let Ok(version) = text.parse() {
        pb::as_of::Moment::Version(version)
    } else if let Some(moment) = time::moment(text, &output.zone) {
        let nanos = moment.subsec_nanosecond();
        pb::as_of::Moment::Time(prost_types::Timestamp { seconds: moment.as_second(), nanos })
    } else {
        let problem = format!("--as-of {text} is neither a version (7) nor a time (2026-11-22T14:00)");
        return Err(Problem::Usage(problem));
    };
    Ok(pb::AsOf { moment: Some(moment) })
}
