//! `deliveries`: what was said to players and teams, and what became of it.

use case::Brand;
use clap::{ArgGroup, Args};
use contracts::notifications::v1 as pb;
use serde_json::json;

use crate::client::Client;
use crate::output::table::Table;
use crate::output::words::{number, spoken};
use crate::output::{Output, colour, json, time};
use crate::problem::Problem;

/// Options of `deliveries`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("scope").required(true))]
pub(crate) struct DeliveriesArgs {
    /// The case: its id or number
    #[arg(group = "scope")]
    case: Option<String>,
    /// Those of a whole brand: 2 to 4 capital letters
    #[arg(long, group = "scope")]
    brand: Option<Brand>,
    /// Only those of which this became
    #[arg(long, value_parser = ["queued", "sent", "suppressed", "dead_lettered"])]
    standing: Option<String>,
    /// The most to show
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    limit: i32,
}

impl DeliveriesArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail deliveries NB-2026-000001-X
  casetrail deliveries --brand NB --standing dead_lettered";
}

pub(crate) async fn run(args: DeliveriesArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    use pb::list_deliveries_request::Scope;
    let brand = args.brand.map(|brand| Scope::Brand(brand.to_string()));
    let request = pb::ListDeliveriesRequest {
        scope: args.case.map(Scope::Case).or(brand),
        standing: number::<pb::DeliveryStanding>(args.standing.as_deref()),
        page_size: args.limit,
        page_token: String::new(),
    };
    let page = client.notifications().list_deliveries(client.ask(request)).await?.into_inner();
    let more = !page.next_page_token.is_empty();
    if output.json {
        let deliveries = page.deliveries.iter().map(json::of);
        let deliveries = deliveries.collect::<Result<Vec<_>, Problem>>()?;
        return output.document(&json!({ "deliveries": deliveries, "more": more }));
    }
    if page.deliveries.is_empty() {
        return output.text(&colour::faint("Nothing was said."));
    }
    let mut table = Table::new(["case", "what", "to", "by", "language", "queued", "sent", "standing", ""]);
    for delivery in page.deliveries {
        table.row([
            delivery.case.unwrap_or_default().number,
            spoken::<pb::NotificationKind>(delivery.kind),
            audience(delivery.audience),
            spoken::<pb::DeliveryChannel>(delivery.channel),
            delivery.language_code,
            time::short(delivery.queued_at.as_ref(), &output.zone),
            time::short(delivery.sent_at.as_ref(), &output.zone),
            colour::state(&spoken::<pb::DeliveryStanding>(delivery.standing)),
            reason(delivery.suppression_reason, &delivery.last_error_code, delivery.attempts),
        ]);
    }
    output.text(&table.render(output.width))?;
    if more {
        output.text(&colour::faint("There are more; these were queued last. See --limit."))?;
    }
    Ok(())
}

fn audience(audience: Option<pb::Audience>) -> String {
    match audience.and_then(|audience| audience.audience) {
        Some(pb::audience::Audience::Player(_)) => "player".to_owned(),
        Some(pb::audience::Audience::Team(team)) => format!("team {}", team.replace('_', " ")),
        Some(pb::audience::Audience::AgentId(agent)) => agent,
        None => String::new(),
    }
}

fn reason(suppression: i32, code: &str, attempts: i32) -> String {
    let suppressed = spoken::<pb::SuppressionReason>(suppression);
    match code {
        "" => suppressed,
        code => format!("{code}, {attempts} tries"),
    }
}
