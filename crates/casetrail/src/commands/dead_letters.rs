//! `dead-letters`: events that a consumer could not handle and put aside, so that the others could go on.

use clap::{Args, Subcommand};
use contracts::operations::v1 as pb;
use serde_json::{Value, json};

use super::consumers::services;
use crate::client::Client;
use crate::output::table::Table;
use crate::output::{Output, colour, time};
use crate::problem::Problem;

/// Options of `dead-letters`.
#[derive(Debug, Args)]
pub(crate) struct DeadLettersArgs {
    #[command(subcommand)]
    action: Action,
}

impl DeadLettersArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail dead-letters list
  casetrail dead-letters show routing.on_case_opened 4711
  casetrail dead-letters redrive routing.on_case_opened 4711
  casetrail dead-letters redrive routing.on_case_opened --all

A reaction that fails five times puts its event aside with the reason. Mend the cause, then redrive.";
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, the oldest first
    #[command(after_help = "Example:\n  casetrail dead-letters list --consumer routing.on_case_opened")]
    List {
        /// Only this consumer's
        #[arg(long, value_name = "NAME")]
        consumer: Option<String>,
        /// The most to show of a service
        #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
        limit: i32,
    },
    /// Show one, with its event
    #[command(after_help = "Example:\n  casetrail dead-letters show routing.on_case_opened 4711")]
    Show {
        /// Whose it is: the consumer's name, as the list shows it
        consumer: String,
        /// The event's position in the log
        position: u64,
    },
    /// Handle one once more, or all of a consumer; those that succeed are dead letters no more
    #[command(after_help = "Example:\n  casetrail dead-letters redrive routing.on_case_opened --all")]
    Redrive {
        /// Whose it is: the consumer's name, as the list shows it
        consumer: String,
        /// The event's position in the log
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        position: Option<u64>,
        /// All of this consumer's
        #[arg(long)]
        all: bool,
    },
}

pub(crate) async fn run(args: DeadLettersArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    match args.action {
        Action::List { consumer, limit } => list(client, output, consumer, limit).await,
        Action::Show { consumer, position } => show(client, output, &consumer, position).await,
        Action::Redrive { consumer, position, all: _ } => redrive(client, output, &consumer, position).await,
    }
}

/// The service whose consumer it is: its name begins with it.
fn service_of(consumer: &str) -> &str {
    consumer.split('.').next().unwrap_or_default()
}

async fn letters(
    client: &Client,
    service: &str,
    consumer: &str,
    page_size: i32,
) -> Result<(Vec<pb::DeadLetter>, bool), Problem> {
    let request = pb::ListDeadLettersRequest { consumer: consumer.to_owned(), page_size };
    let request = client.ask_service(service, request)?;
    let page = client.operations().list_dead_letters(request).await?.into_inner();
    Ok((page.dead_letters, page.more))
}

async fn list(client: &Client, output: &Output, consumer: Option<String>, limit: i32) -> Result<(), Problem> {
    let (mut found, mut more) = (Vec::new(), false);
    for service in services(consumer.as_deref().map(service_of)) {
        let name = consumer.as_deref().unwrap_or_default();
        let (of_service, further) = letters(client, &service, name, limit).await?;
        found.extend(of_service);
        more |= further;
    }
    let key = |letter: &pb::DeadLetter| (letter.position, letter.consumer.clone());
    found.sort_by_key(key);
    found.dedup_by_key(|letter| key(letter));
    if output.json {
        let letters: Vec<Value> = found.iter().map(|letter| document(letter, output)).collect();
        return output.document(&json!({ "dead_letters": letters, "more": more }));
    }
    if found.is_empty() {
        return output.text(&colour::good("Nothing was put aside."));
    }
    let mut table = Table::new(["position", "consumer", "event", "tries", "failed", "reason"]);
    for letter in found {
        table.row([
            letter.position.to_string(),
            letter.consumer,
            letter.event_type,
            letter.tries.to_string(),
            time::short(letter.failed_at.as_ref(), &output.zone),
            letter.reason,
        ]);
    }
    output.text(&table.render(output.width))?;
    if more {
        output.text(&colour::faint("There are more. See --limit."))?;
    }
    Ok(())
}

fn document(letter: &pb::DeadLetter, output: &Output) -> Value {
    json!({
        "consumer": letter.consumer,
        "position": letter.position,
        "stream_id": letter.stream_id,
        "event_id": letter.event_id,
        "event_type": letter.event_type,
        "tries": letter.tries,
        "reason": letter.reason,
        "failed_at": time::short(letter.failed_at.as_ref(), &output.zone),
    })
}

/// JSON as it is, or the text where it is none.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

async fn show(client: &Client, output: &Output, consumer: &str, position: u64) -> Result<(), Problem> {
    let request = pb::GetDeadLetterRequest { consumer: consumer.to_owned(), position };
    let request = client.ask_service(service_of(consumer), request)?;
    let found = client.operations().get_dead_letter(request).await?.into_inner();
    let letter = found.dead_letter.unwrap_or_default();
    let (payload, meta) = (parsed(&found.payload_json), parsed(&found.meta_json));
    if output.json {
        let mut document = document(&letter, output);
        document["version"] = found.version.into();
        document["payload"] = payload;
        document["meta"] = meta;
        return output.document(&document);
    }
    let lines = [
        ("consumer", letter.consumer),
        ("event", format!("{} {}", letter.event_type, letter.event_id)),
        ("of", format!("{}, version {}, position {}", letter.stream_id, found.version, letter.position)),
        ("recorded", time::short(found.recorded_at.as_ref(), &output.zone)),
        (
            "tried",
            format!("{} times, last {}", letter.tries, time::short(letter.failed_at.as_ref(), &output.zone)),
        ),
        ("reason", letter.reason),
    ];
    for (name, value) in lines {
        output.text(&format!("{name:<10} {value}"))?;
    }
    output.text(&format!("payload    {payload:#}"))?;
    output.text(&format!("meta       {meta:#}"))
}

async fn redrive(
    client: &Client,
    output: &Output,
    consumer: &str,
    position: Option<u64>,
) -> Result<(), Problem> {
    let service = service_of(consumer);
    let positions = match position {
        Some(position) => vec![position],
        None => {
            letters(client, service, consumer, 200).await?.0.iter().map(|letter| letter.position).collect()
        }
    };
    let (mut handled, mut failed) = (Vec::new(), None);
    for position in positions {
        let request = pb::RedriveDeadLetterRequest { consumer: consumer.to_owned(), position };
        let request = client.ask_service(service, request)?;
        match client.operations().redrive_dead_letter(request).await {
            Ok(_) => handled.push(position),
            Err(status) => {
                // The others may go well all the same; this one is told at the end.
                failed.get_or_insert(status);
            }
        }
    }
    if output.json {
        output.document(&json!({ "consumer": consumer, "handled": handled }))?;
    } else {
        output.text(&colour::good(&format!("{} handled", handled.len())))?;
    }
    failed.map_or(Ok(()), |status| Err(status.into()))
}
