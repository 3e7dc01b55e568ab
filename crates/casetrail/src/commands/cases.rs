//! `cases`: the cases of a brand, by player, state, team, topic or number.

use case::{Brand, CaseState, PlayerId, Team, Topic};
use clap::Args;
use clap::builder::PossibleValuesParser;
use contracts::intake::v1 as pb;
use serde_json::json;

use crate::cli::words;
use crate::client::Client;
use crate::output::table::Table;
use crate::output::words::{number, spoken};
use crate::output::{Output, colour, json, time};
use crate::problem::Problem;

/// Options of `cases`.
#[derive(Debug, Args)]
pub(crate) struct CasesArgs {
    /// The brand: 2 to 4 capital letters
    #[arg(long, env = "CASETRAIL_BRAND")]
    brand: Brand,
    /// Only this player's, by account id
    #[arg(long, value_name = "ID")]
    player: Option<PlayerId>,
    /// Only those in this state
    #[arg(long, value_parser = PossibleValuesParser::new(CaseState::ALL.iter().map(|state| state.as_str())))]
    state: Option<String>,
    /// Only those of this team
    #[arg(long, value_parser = words(Team::ALL, Team::as_str))]
    team: Option<Team>,
    /// Only those about this
    #[arg(long, value_parser = words(Topic::ALL, Topic::as_str))]
    topic: Option<Topic>,
    /// Only those whose number begins like this
    #[arg(long, value_name = "PREFIX")]
    number: Option<String>,
    /// Only those whose player gave this e-mail address or telephone number
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,
    /// The most cases to show
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
}

impl CasesArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail cases --brand NB                                     the last 50
  casetrail cases --brand NB --state waiting_player --team payments
  casetrail cases --brand NB --contact '+45 12 34 56 78'
  casetrail cases --brand NB --player p-1001 --json";
}

pub(crate) async fn run(args: CasesArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    let limit = usize::from(args.limit);
    let mut request = pb::ListCasesRequest {
        brand: args.brand.to_string(),
        player_id: args.player.map(|player| player.to_string()).unwrap_or_default(),
        state: number::<pb::CaseState>(args.state.as_deref()),
        team: number::<pb::Team>(args.team.map(Team::as_str)),
        topic: number::<pb::Topic>(args.topic.map(Topic::as_str)),
        number: args.number.unwrap_or_default(),
        contact: args.contact.unwrap_or_default(),
        page_size: i32::from(args.limit.min(200)),
        page_token: String::new(),
    };
    let mut cases = Vec::new();
    let more = loop {
        let page = client.intake().list_cases(client.ask(request.clone())).await?.into_inner();
        cases.extend(page.cases);
        let more = cases.len() > limit || !page.next_page_token.is_empty();
        if cases.len() >= limit || page.next_page_token.is_empty() {
            cases.truncate(limit);
            break more;
        }
        request.page_token = page.next_page_token;
    };
    if output.json {
        let cases = cases.iter().map(json::of);
        return output
            .document(&json!({ "cases": cases.collect::<Result<Vec<_>, Problem>>()?, "more": more }));
    }
    if cases.is_empty() {
        return output.text(&colour::faint("No case is like that."));
    }
    output.text(&show(&cases, output))?;
    if more {
        let shown = cases.len();
        output.text(&colour::faint(&format!(
            "There are more; these are the last {shown} opened. See --limit."
        )))?;
    }
    Ok(())
}

fn show(cases: &[pb::CaseSummary], output: &Output) -> String {
    let mut table = Table::new([
        "case", "state", "topic", "team", "owner", "player", "channel", "language", "opened", "updated",
    ]);
    for case in cases {
        let reference = case.r#ref.clone().unwrap_or_default();
        table.row([
            reference.number,
            colour::state(&spoken::<pb::CaseState>(reference.state)),
            spoken::<pb::Topic>(case.topic),
            spoken::<pb::Team>(case.team),
            case.owner_agent_id.clone(),
            case.player_id.clone(),
            spoken::<pb::Channel>(case.channel),
            case.language_code.clone(),
            time::short(case.opened_at.as_ref(), &output.zone),
            time::short(case.updated_at.as_ref(), &output.zone),
        ]);
    }
    table.render(output.width)
}
