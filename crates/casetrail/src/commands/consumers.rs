//! `consumers`: who follows the log, and how far behind it they are.

use clap::Args;
use contracts::operations::v1 as pb;
use serde_json::json;

use crate::client::Client;
use crate::output::table::Table;
use crate::output::{Output, colour};
use crate::problem::Problem;

/// Options of `consumers`.
#[derive(Debug, Args)]
pub(crate) struct ConsumersArgs {
    /// Only those of this service, such as `routing`
    #[arg(long)]
    service: Option<String>,
    /// Only those that are behind
    #[arg(long)]
    behind: bool,
}

impl ConsumersArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail consumers --behind
  casetrail consumers --service routing --json";
}

/// The services to ask: the one named, or all of them.
pub(crate) fn services(named: Option<&str>) -> Vec<String> {
    match named {
        Some(service) => vec![service.replace('-', "_")],
        None => distributed::SCHEMAS.iter().map(|schema| schema.stage.to_owned()).collect(),
    }
}

pub(crate) async fn run(args: &ConsumersArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    let mut consumers: Vec<pb::Consumer> = Vec::new();
    for service in services(args.service.as_deref()) {
        let request = client.ask_service(&service, pb::ListConsumersRequest {})?;
        consumers.extend(client.operations().list_consumers(request).await?.into_inner().consumers);
    }
    // One process with everything answers for all.
    consumers.sort_by(|one, other| one.name.cmp(&other.name));
    consumers.dedup_by(|one, other| one.name == other.name);
    let behind = |consumer: &pb::Consumer| consumer.head.saturating_sub(consumer.checkpoint);
    consumers.retain(|consumer| !args.behind || behind(consumer) > 0);
    if output.json {
        let listed = consumers.iter().map(|consumer| {
            json!({
                "name": consumer.name,
                "checkpoint": consumer.checkpoint,
                "head": consumer.head,
                "behind": behind(consumer),
            })
        });
        return output.document(&json!({ "consumers": listed.collect::<Vec<_>>() }));
    }
    if consumers.is_empty() {
        return output.text(&colour::faint("Nobody is behind."));
    }
    let mut table = Table::new(["consumer", "checkpoint", "behind"]);
    for consumer in consumers {
        let behind = behind(&consumer).to_string();
        table.row([consumer.name, consumer.checkpoint.to_string(), behind]);
    }
    output.text(&table.render(output.width))
}
