//! `privacy`: what a player asks about their data, and what the law asks in return.

mod export;

use std::path::PathBuf;

use case::{Brand, PlayerId};
use clap::{Args, Subcommand};
use contracts::privacy::v1 as pb;
use serde_json::json;
use uuid::Uuid;

use crate::client::{Client, request_id};
use crate::output::table::Table;
use crate::output::words::{number, spoken};
use crate::output::{Output, colour, json, time};
use crate::problem::Problem;

/// Options of `privacy`.
#[derive(Debug, Args)]
pub(crate) struct PrivacyArgs {
    #[command(subcommand)]
    action: Action,
}

impl PrivacyArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail privacy export --brand NB --player p-1001 --out p-1001.zip
  casetrail privacy hold --brand NB --player p-1001 --until 2031-06-30 --ground money_laundering
  casetrail privacy erase --brand NB --player p-1001 --ground subject_request --yes
  casetrail privacy erasures --brand NB

For agents of team privacy; exporting and erasing need a second factor that was proven in the last five minutes. A
token of a development system has one with: casetrail token --data DIR --role privacy_officer --team privacy --acr";
}

/// Whose data it is.
#[derive(Debug, Args)]
struct Whose {
    /// The brand: 2 to 4 capital letters
    #[arg(long)]
    brand: Brand,
    /// The player's account id
    #[arg(long, value_name = "ID")]
    player: PlayerId,
    /// Repeat an earlier request: the same id with the same content records nothing new
    #[arg(long, value_name = "UUID")]
    request_id: Option<Uuid>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write everything that is held on a player into an archive (ZIP), to be handed out; it is recorded
    #[command(after_help = "\
Example:
  casetrail privacy export --brand NB --player p-1001 --out p-1001.zip

The archive holds index.html, a page to read, the same as JSON, and the files that the player sent. Only you can read
it, and it is not encrypted: delete it when it was handed out.")]
    Export {
        #[command(flatten)]
        whose: Whose,
        /// The archive to write; one that is there already is left as it is
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make everything that tells something about a player unreadable, for good
    #[command(after_help = "\
Example:
  casetrail privacy erase --brand NB --player p-1001 --ground subject_request --yes

While a legal hold runs it is refused, and the refusal is recorded: the player has to be told.")]
    Erase {
        #[command(flatten)]
        whose: Whose,
        /// Why
        #[arg(long, value_parser = ["subject_request", "retention_over", "unlawful"])]
        ground: String,
        /// It cannot be undone: without this nothing is erased
        #[arg(long)]
        yes: bool,
    },
    /// Keep a player's data until a day although they may ask for its erasure, or keep it no longer
    #[command(after_help = "\
Examples:
  casetrail privacy hold --brand NB --player p-1001 --until 2031-06-30 --ground legal_claim --note 'claim 4711'
  casetrail privacy hold --brand NB --player p-1001 --lift")]
    Hold {
        #[command(flatten)]
        whose: Whose,
        /// Until when: a day, to its end, or a time
        #[arg(long, value_name = "TIME", required_unless_present = "lift", conflicts_with = "lift")]
        #[arg(requires = "ground")]
        until: Option<String>,
        /// Why
        #[arg(long, value_parser = ["money_laundering", "legal_claim", "authority"])]
        ground: Option<String>,
        /// What else is to be said, such as an authority's reference
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        note: String,
        /// End the hold that runs
        #[arg(long, conflicts_with_all = ["ground", "note"])]
        lift: bool,
    },
    /// List the erasures of a brand, also those that were refused, the last one first
    #[command(after_help = "Example:\n  casetrail privacy erasures --brand NB --player p-1001")]
    Erasures {
        /// The brand: 2 to 4 capital letters
        #[arg(long)]
        brand: Brand,
        /// Only this player's: the account id
        #[arg(long, value_name = "ID")]
        player: Option<PlayerId>,
        /// The most to show
        #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
        limit: i32,
    },
}

pub(crate) async fn run(args: PrivacyArgs, client: &Client, output: &Output) -> Result<(), Problem> {
    match args.action {
        Action::Export { whose, out } => export::run(whose, &out, client, output).await,
        Action::Erase { whose, ground, yes } => erase(whose, &ground, yes, client, output).await,
        Action::Hold { whose, until, ground, note, lift: _ } => {
            hold(whose, until, ground.as_deref(), note, client, output).await
        }
        Action::Erasures { brand, player, limit } => erasures(&brand, player, limit, client, output).await,
    }
}

async fn erase(
    whose: Whose,
    ground: &str,
    yes: bool,
    client: &Client,
    output: &Output,
) -> Result<(), Problem> {
    let Whose { brand, player, request_id: given } = whose;
    if !yes {
        return Err(Problem::Usage(format!(
            "nothing was erased: everything that tells something about {player} at {brand} would become \
             unreadable for good. Say --yes to do it"
        )));
    }
    let request = pb::ErasePlayerRequest {
        request_id: request_id(given),
        brand: brand.to_string(),
        player_id: player.to_string(),
        ground: number::<pb::ErasureGround>(Some(ground)),
    };
    let erased = client.privacy().erase_player(client.ask(request)).await?.into_inner();
    if output.json {
        return output.document(&json::of(&erased)?);
    }
    let at = time::short(erased.erased_at.as_ref(), &output.zone);
    output.text(&format!("{}  {player} at {brand}, {at}", colour::good("erased")))
}

async fn hold(
    whose: Whose,
    until: Option<String>,
    ground: Option<&str>,
    note: String,
    client: &Client,
    output: &Output,
) -> Result<(), Problem> {
    let until = until.map(|text| {
        let moment = time::moment(&text, &output.zone).ok_or_else(|| {
            Problem::Usage(format!(
                "--until {text} is no time; use for example 2031-06-30 or 2031-06-30T12:00"
            ))
        })?;
        Ok::<_, Problem>(prost_types::Timestamp {
            seconds: moment.as_second(),
            nanos: moment.subsec_nanosecond(),
        })
    });
    let Whose { brand, player, request_id: given } = whose;
    let request = pb::SetLegalHoldRequest {
        request_id: request_id(given),
        brand: brand.to_string(),
        player_id: player.to_string(),
        until: until.transpose()?,
        ground: number::<pb::HoldGround>(ground),
        note,
    };
    let hold = client.privacy().set_legal_hold(client.ask(request)).await?.into_inner();
    if output.json {
        return output.document(&json::of(&hold)?);
    }
    match hold.until {
        None => output.text(&format!("{}  for {player} at {brand}", colour::good("no hold runs"))),
        Some(until) => output.text(&format!(
            "{}  {player} at {brand} until {} ({})",
            colour::good("kept"),
            time::zoned(&until, &output.zone).strftime("%-d %b %Y %H:%M"),
            spoken::<pb::HoldGround>(hold.ground),
        )),
    }
}

async fn erasures(
    brand: &Brand,
    player: Option<PlayerId>,
    limit: i32,
    client: &Client,
    output: &Output,
) -> Result<(), Problem> {
    let request = pb::ListErasuresRequest {
        brand: brand.to_string(),
        player_id: player.map(|player| player.to_string()).unwrap_or_default(),
        page_size: limit,
        page_token: String::new(),
    };
    let page = client.privacy().list_erasures(client.ask(request)).await?.into_inner();
    let more = !page.next_page_token.is_empty();
    if output.json {
        let erasures = page.erasures.iter().map(json::of).collect::<Result<Vec<_>, Problem>>()?;
        return output.document(&json!({ "erasures": erasures, "more": more }));
    }
    if page.erasures.is_empty() {
        return output.text(&colour::faint("Nobody was erased."));
    }
    let mut table = Table::new(["player", "ground", "asked by", "when", "what became of it"]);
    for erasure in page.erasures {
        let became = match &erasure.refused_until {
            None => "erased".to_owned(),
            until => format!("refused: kept until {}", time::short(until.as_ref(), &output.zone)),
        };
        table.row([
            erasure.player_id,
            spoken::<pb::ErasureGround>(erasure.ground),
            erasure.asked_by,
            time::short(erasure.recorded_at.as_ref(), &output.zone),
            became,
        ]);
    }
    output.text(&table.render(output.width))?;
    if more {
        output.text(&colour::faint("There are more; these were asked for last. See --limit."))?;
    }
    Ok(())
}
