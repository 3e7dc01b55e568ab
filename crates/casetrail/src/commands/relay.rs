//! `relay status`: who publishes the log to NATS, who stands by, and how far they are.

use clap::{Args, Subcommand};
use event_bus::nats::{NatsOptions, call_relays};
use serde_json::json;

use crate::output::table::Table;
use crate::output::{Output, colour};
use crate::problem::Problem;

/// Options of `relay`.
#[derive(Debug, Args)]
pub(crate) struct RelayArgs {
    #[command(subcommand)]
    action: Action,
}

impl RelayArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail relay status --nats nats://127.0.0.1:4222
  casetrail relay status --json";
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show who publishes and who stands by, the heads of log and stream, and how far they are apart
    #[command(after_help = "Example:\n  casetrail relay status --nats nats://127.0.0.1:4222")]
    Status {
        /// NATS; several servers are separated by commas
        #[arg(long, value_name = "URL", env = "CASETRAIL_NATS", default_value = "nats://127.0.0.1:4222")]
        nats: String,
        /// A credentials file for NATS
        #[arg(long, value_name = "FILE", env = "CASETRAIL_NATS_CREDENTIALS")]
        credentials: Option<std::path::PathBuf>,
        /// What subjects begin with: `nats.prefix`
        #[arg(long, value_name = "WORD", default_value = "case")]
        prefix: String,
        /// Which shard of the log
        #[arg(long, value_name = "N", default_value_t = 0)]
        shard: u16,
    },
}

pub(crate) async fn run(args: RelayArgs, output: &Output) -> Result<(), Problem> {
    let Action::Status { nats, credentials, prefix, shard } = args.action;
    let options = NatsOptions {
        url: nats,
        credentials_file: credentials,
        prefix,
        shard,
        client_name: "casetrail relay status".to_owned(),
        ..NatsOptions::default()
    };
    let found = call_relays(&options).await.map_err(anyhow::Error::from)?;
    let log_head = found.relays.iter().map(|relay| relay.log_head).max();
    let lag = log_head.map(|head| head.saturating_sub(found.stream_head.unwrap_or(0)));
    let holder = found.relays.iter().find(|relay| relay.state == "active").map(|relay| relay.name.clone());
    if output.json {
        let relays = found.relays.iter().map(|relay| {
            json!({ "name": relay.name, "state": relay.state, "problem": relay.problem, "log_head": relay.log_head })
        });
        return output.document(&json!({
            "stream": found.stream,
            "stream_head": found.stream_head,
            "log_head": log_head,
            "lag": lag,
            "holder": holder,
            "relays": relays.collect::<Vec<_>>(),
        }));
    }
    let number = |number: Option<u64>| number.map_or("unknown".to_owned(), |number| number.to_string());
    output.text(&format!("log head     {}", number(log_head)))?;
    output.text(&format!(
        "stream head  {} in {}",
        found.stream_head.map_or("none".to_owned(), |head| head.to_string()),
        found.stream
    ))?;
    output.text(&format!("lag          {}", number(lag)))?;
    output.text(&format!("holder       {}", holder.unwrap_or("nobody".to_owned())))?;
    if found.relays.is_empty() {
        return output.text(&colour::error("No relay answered: nothing is published."));
    }
    let mut table = Table::new(["relay", "state", ""]);
    for relay in found.relays {
        table.row([relay.name, relay.state, relay.problem]);
    }
    output.text(&table.render(output.width))
}
