//! `agents`: who is there, and how much they have to do.

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

/// Options of `agents`.
#[derive(Debug, Args)]
pub(crate) struct AgentsArgs {
    /// The brand: 2 to 4 capital letters
    #[arg(long, env = "CASETRAIL_BRAND")]
    brand: Brand,
    /// Only those of this team
    #[arg(long, value_parser = words(Team::ALL, Team::as_str))]
    team: Option<Team>,
}

impl AgentsArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail agents --brand NB
  casetrail agents --brand NB --team payments";
}

pub(crate) async fn run(args: AgentsArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    let mut agents = Vec::new();
    let mut request = pb::ListAgentsRequest {
        brand: args.brand.to_string(),
        team: number::<pb::Team>(args.team.map(Team::as_str)),
        page_size: 200,
        page_token: String::new(),
    };
    loop {
        let page = client.routing().list_agents(client.ask(request.clone())).await?.into_inner();
        agents.extend(page.agents);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if output.json {
        let agents = agents.iter().map(json::of);
        return output.document(&json!({ "agents": agents.collect::<Result<Vec<_>, Problem>>()? }));
    }
    if agents.is_empty() {
        return output.text(&colour::faint("No agent is registered there."));
    }
    let mut table = Table::new(["agent", "name", "presence", "load", "languages", "last assigned", "teams"]);
    for agent in &agents {
        let teams: Vec<String> = agent.teams.iter().map(|team| spoken::<pb::Team>(*team)).collect();
        table.row([
            agent.agent_id.clone(),
            agent.display_name.clone(),
            colour::state(&spoken::<pb::Presence>(agent.presence)),
            format!("{}/{}", agent.load, agent.capacity),
            agent.language_codes.join(" "),
            time::short(agent.last_assigned_at.as_ref(), &output.zone),
            teams.join(", "),
        ]);
    }
    output.text(&table.render(output.width))
}
