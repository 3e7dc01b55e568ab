//! `traces`: from a case to its spans.

use clap::Args;
use contracts::history::v1 as pb;
use serde_json::Value;

use crate::client::Client;
use crate::output::table::Table;
use crate::output::{Output, colour, json, time};
use crate::problem::Problem;

/// Options of `traces`.
#[derive(Debug, Args)]
pub(crate) struct TracesArgs {
    /// The case: its id or number
    case: String,
}

impl TracesArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail traces NB-2026-000001-X
  casetrail traces NB-2026-000001-X --json | jq -r '.traces[].url'";
}

pub(crate) async fn run(args: TracesArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    let mut traces = Vec::new();
    let mut request = pb::ListTracesRequest { case: args.case, page_size: 200, page_token: String::new() };
    loop {
        let page = client.history().list_traces(client.ask(request.clone())).await?.into_inner();
        traces.extend(page.traces);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if output.json {
        let found = pb::ListTracesResponse { traces, next_page_token: String::new() };
        let mut document = json::of(&found)?;
        if let Value::Object(fields) = &mut document {
            fields.remove("next_page_token");
        }
        return output.document(&document);
    }
    let mut table = Table::new(["trace", "first", "last", "facts", "stages", "link"]);
    for trace in &traces {
        table.row([
            trace.trace_id.clone(),
            time::short(trace.first_recorded_at.as_ref(), &output.zone),
            time::short(trace.last_recorded_at.as_ref(), &output.zone),
            trace.facts.to_string(),
            trace.services.join(" ").replace('_', "-"),
            trace.url.clone(),
        ]);
    }
    if table.is_empty() {
        return output.text(&colour::faint("No fact of this case was recorded in a trace."));
    }
    // A trace's link is copied whole: it is never broken over lines.
    output.text(&table.render(None))
}
