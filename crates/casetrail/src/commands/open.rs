//! `open`: a player's request becomes a case.

use case::{Actor, Brand, Channel, Language, PlayerId, Tier, Topic};
use clap::Args;
use contracts::intake::v1 as pb;
use uuid::Uuid;

use super::text;
use crate::cli::words;
use crate::client::{Client, request_id};
use crate::output::words::{number, spoken};
use crate::output::wrap::hanging;
use crate::output::{Output, colour, json};
use crate::problem::Problem;

/// Options of `open`.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// The brand: 2 to 4 capital letters
    #[arg(long, env = "CASETRAIL_BRAND")]
    brand: Brand,
    /// How the request came
    #[arg(long, default_value = "chat", value_parser = words(Channel::ALL, Channel::as_str))]
    channel: Channel,
    /// The player's account id
    #[arg(long, value_name = "ID")]
    player: PlayerId,
    /// What the player is called on the site. Otherwise the account id
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Where to write to
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The language to answer in. Otherwise found from the text
    #[arg(long, value_parser = words(Language::ALL, Language::as_str))]
    language: Option<Language>,
    /// The player's time zone, such as Europe/Warsaw
    #[arg(long, value_name = "ZONE")]
    player_time_zone: Option<String>,
    /// The player's tier
    #[arg(long, default_value = "standard", value_parser = words(Tier::ALL, Tier::as_str))]
    tier: Tier,
    /// The player agreed to receive offers
    #[arg(long)]
    marketing_consent: bool,
    /// What it is about. Otherwise found from the text
    #[arg(long, value_parser = words(Topic::ALL, Topic::as_str))]
    topic: Option<Topic>,
    /// The game or product it is about
    #[arg(long)]
    product: Option<String>,
    /// The case this one follows: its id or number
    #[arg(long, value_name = "CASE")]
    previous_case: Option<String>,
    /// What the player wrote; - reads standard input
    #[arg(long)]
    text: String,
    /// Repeat an earlier request: the same id with the same content gets the same case
    #[arg(long, value_name = "UUID")]
    request_id: Option<Uuid>,
}

impl OpenArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail open --brand NB --player p-1001 --text 'Min udbetaling på 12.500 kr. mangler'
  casetrail open --brand NB --player p-7 --channel email --topic verification --text - < mail.txt";
}

pub(crate) async fn run(args: OpenArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    let player = pb::Player {
        player_id: args.player.to_string(),
        username: args.username.unwrap_or_else(|| args.player.to_string()),
        email: args.email.unwrap_or_default(),
        time_zone: args.player_time_zone.unwrap_or_default(),
        tier: number::<pb::Tier>(Some(args.tier.as_str())),
        marketing_consent: args.marketing_consent,
    };
    let request = pb::OpenCaseRequest {
        request_id: request_id(args.request_id),
        brand: args.brand.to_string(),
        channel: number::<pb::Channel>(Some(args.channel.as_str())),
        player: Some(player),
        language_code: args.language.map(|language| language.to_string()).unwrap_or_default(),
        text: text::given(args.text)?,
        topic: number::<pb::Topic>(args.topic.map(Topic::as_str)),
        product: args.product.unwrap_or_default(),
        previous_case: args.previous_case.unwrap_or_default(),
    };
    let client = client.otherwise(Actor::player(args.player.as_str()));
    let opened = client.intake().open_case(client.ask(request)).await?.into_inner();
    if output.json {
        return output.document(&json::of(&opened)?);
    }
    let case = opened.case.unwrap_or_default();
    output.text(&line(&case))?;
    if let Some(answer) = opened.suggested_answer {
        output.text(&format!("\nThis may already be the answer: {}", colour::strong(&answer.title)))?;
        output.text(&hanging("  ", &answer.body, output.width))?;
    }
    output.text(&colour::faint(&format!("\nFollow it: casetrail watch {}", case.number)))
}

/// A case in one line, as every command that changed it shows it.
pub(super) fn line(case: &pb::CaseRef) -> String {
    let state = colour::state(&spoken::<pb::CaseState>(case.state));
    format!("{}  {state}", colour::strong(&case.number))
}
