//! `token`: a token for development, as an issuer would give it.

use std::path::PathBuf;

use access::Role;
use access::mint::{Mint, SECOND_FACTOR, Wish};
use ambient::{Clock, SystemClock};
use anyhow::Context;
use case::{AgentId, Brand, Team};
use clap::Args;
use jiff::SignedDuration;
use serde_json::json;

use crate::cli::words;
use crate::dev;
use crate::output::Output;
use crate::problem::Problem;

/// Options of `token`.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// The folder that `casetrail dev --data` keeps, with the key it trusts
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// What the caller is there for; several may be given
    #[arg(long, required = true, value_delimiter = ',', value_parser = words(&Role::ALL, Role::as_str))]
    role: Vec<Role>,
    /// A brand the caller works for; several may be given. Otherwise all
    #[arg(long, value_delimiter = ',')]
    brand: Vec<Brand>,
    /// A team the caller acts for; several may be given
    #[arg(long, value_delimiter = ',', hide_possible_values = true, value_parser = words(Team::ALL, Team::as_str))]
    team: Vec<Team>,
    /// Who calls: the agent's or player's id, or the service's name
    #[arg(long, value_name = "ID", default_value = "developer")]
    sub: AgentId,
    /// How the caller proved who they are, just now; `phr` stands for a second factor
    #[arg(long, value_name = "ACR", num_args = 0..=1, default_missing_value = SECOND_FACTOR)]
    acr: Option<String>,
    /// How long the token is valid, such as 30m
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = lifetime)]
    ttl: SignedDuration,
}

impl TokenArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail token --data ./casetrail-data --role agent --brand NB --team payments --sub mette
  casetrail token --data ./casetrail-data --role payments_approver --brand NB --team payments --sub peter --acr
  casetrail token --data ./casetrail-data --role engineer --sub eva --acr      reads masked, and may unmask
  CASETRAIL_TOKEN=$(casetrail token --data ./casetrail-data --role service) casetrail cases --brand NB";
}

fn lifetime(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("'{text}' is no time; use for example 30m or 12h");
    let read: SignedDuration = text.parse().map_err(|_| wrong())?;
    if read.is_positive() { Ok(read) } else { Err(wrong()) }
}

pub(crate) async fn run(args: TokenArgs, output: &Output) -> Result<(), Problem> {
    let mint = Mint::open(&args.data).with_context(|| {
        format!("no development key in {}; start `casetrail dev --data` there first", args.data.display())
    })?;
    let brands = match args.brand.as_slice() {
        [] => vec!["*".to_owned()],
        some => some.iter().map(ToString::to_string).collect(),
    };
    let wish = Wish {
        subject: args.sub.to_string(),
        roles: args.role,
        teams: args.team.iter().map(|team| team.as_str().to_owned()).collect(),
        brands,
        acr: args.acr,
        lifetime: args.ttl,
    };
    // The server's clock runs ahead where a demonstration let days pass.
    let ahead = SignedDuration::try_from(dev::ahead_of(&args.data).await).unwrap_or_default();
    let now = SystemClock.now() + ahead;
    let token = mint.token(&wish, now);
    if output.json {
        return output.document(&json!({"token": token, "expires_at": (now + wish.lifetime).to_string()}));
    }
    output.text(&token)
}
