//! `say`: the player writes again, or an agent answers.

use case::{Actor, Channel};
use clap::Args;
use contracts::{history, intake};
use uuid::Uuid;

use super::{open, text};
use crate::cli::words;
use crate::client::{Client, request_id};
use crate::output::words::number;
use crate::output::{Output, colour, json};
use crate::problem::Problem;

/// Options of `say`.
#[derive(Debug, Args)]
pub(crate) struct SayArgs {
    /// The case: its id or number
    case: String,
    /// What is said; - reads standard input
    #[arg(required = true)]
    text: Vec<String>,
    /// The channel a player's message came through. Otherwise the case's own
    #[arg(long, value_parser = words(Channel::ALL, Channel::as_str))]
    channel: Option<Channel>,
    /// Repeat an earlier request: the same id with the same content records nothing new
    #[arg(long, value_name = "UUID")]
    request_id: Option<Uuid>,
}

impl SayArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail say NB-2026-000001-X 'Er der nyt?'
  casetrail say NB-2026-000001-X --channel email - < mail.txt
  casetrail say NB-2026-000001-X --as agent:mette --teams payments 'Hej, jeg er Mette.'";
}

pub(crate) async fn run(args: SayArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    let text = text::given(args.text.join(" "))?;
    let request_id = request_id(args.request_id);
    let (case, message_id, answer) = if client.is_agent() {
        let request = intake::v1::SendReplyRequest {
            request_id,
            etag: String::new(),
            case: args.case,
            text,
            machine_translated: false,
        };
        let sent = client.intake().send_reply(client.ask(request)).await?.into_inner();
        let answer = json::of(&sent)?;
        (sent.case, sent.message_id, answer)
    } else {
        let asked = history::v1::GetCaseRequest { case: args.case.clone(), as_of: None };
        let case = client.history().get_case(client.ask(asked)).await?.into_inner().case.unwrap_or_default();
        let channel = args.channel.map(Channel::as_str);
        let request = intake::v1::ReceiveMessageRequest {
            request_id,
            case: case.case_id,
            subject: String::new(),
            // The two contracts number the channels alike.
            channel: channel.map_or(case.channel, |word| number::<intake::v1::Channel>(Some(word))),
            text,
        };
        let player = case.player.unwrap_or_default().player_id;
        let client = client.otherwise(Actor::player(&player));
        let received = client.intake().receive_message(client.ask(request)).await?.into_inner();
        let answer = json::of(&received)?;
        (received.case, received.message_id, answer)
    };
    if output.json {
        return output.document(&answer);
    }
    let line = open::line(&case.unwrap_or_default());
    output.text(&format!("{line}  {}", colour::faint(&format!("message {message_id}"))))
}
