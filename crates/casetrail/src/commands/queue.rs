//! `queue`: who waits, in which order, and why.

use ambient::{Clock, SystemClock};
use case::{Brand, Team};
use clap::Args;
use contracts::routing::v1 as pb;
use serde_json::json;

use crate::cli::words;
use crate::client::Client;
use crate::output::table::Table;
use crate::output::words::{number, spoken};
use crate::output::{Output, colour, json, time};
use crate::problem::Problem;

/// Options of `queue`.
#[derive(Debug, Args)]
pub(crate) struct QueueArgs {
    /// The brand: 2 to 4 capital letters
    #[arg(long, env = "CASETRAIL_BRAND")]
    brand: Brand,
    /// The team. Otherwise every team with somebody waiting
    #[arg(long, value_parser = words(Team::ALL, Team::as_str))]
    team: Option<Team>,
    /// The most cases to show of a team
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    limit: i32,
}

impl QueueArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail queue --brand NB                    every team with somebody waiting
  casetrail queue --brand NB --team payments    one team";
}

pub(crate) async fn run(args: QueueArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    let teams = args.team.map_or_else(|| Team::ALL.to_vec(), |team| vec![team]);
    let mut queues = Vec::new();
    for team in teams {
        let request = pb::ListQueueRequest {
            brand: args.brand.to_string(),
            team: number::<pb::Team>(Some(team.as_str())),
            page_size: args.limit,
            page_token: String::new(),
        };
        let queue = client.routing().list_queue(client.ask(request)).await?.into_inner();
        if args.team.is_some() || queue.depth > 0 {
            queues.push((team, queue));
        }
    }
    if output.json {
        let mut documents = Vec::new();
        for (team, queue) in &queues {
            let queue = json::of(queue)?;
            documents.push(json!({ "team": team.as_str(), "queue": queue }));
        }
        return output.document(&json!({ "queues": documents }));
    }
    if queues.iter().all(|(_, queue)| queue.depth == 0) {
        return output.text(&colour::faint("Nobody waits."));
    }
    let texts: Vec<String> = queues.iter().map(|(team, queue)| show(*team, queue, output)).collect();
    output.text(&texts.join("\n\n"))
}

fn show(team: Team, queue: &pb::ListQueueResponse, output: &Output) -> String {
    let now = SystemClock.now();
    let team = team.as_str().replace('_', " ");
    let oldest = time::ago(queue.oldest_queued_at.as_ref(), now);
    let mut table =
        Table::new(["", "case", "topic", "tier", "channel", "language", "waits", "offered to", "priority"]);
    for entry in &queue.entries {
        let case = entry.case.clone().unwrap_or_default();
        table.row([
            entry.place.to_string(),
            case.number,
            spoken::<pb::Topic>(entry.topic),
            spoken::<pb::Tier>(entry.tier),
            spoken::<pb::Channel>(entry.channel),
            entry.language_code.clone(),
            time::ago(entry.queued_at.as_ref(), now),
            entry.offered_to_agent_id.clone(),
            entry.priority_explanation.clone(),
        ]);
    }
    let waiting =
        if queue.depth == 1 { "1 case waits".to_owned() } else { format!("{} cases wait", queue.depth) };
    format!("{}  {waiting}, the oldest for {oldest}\n{}", colour::strong(&team), table.render(output.width))
}
