//! `nats-users`: what NATS' configuration says of our processes.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use crate::output::Output;
use crate::problem::Problem;

/// Options of `nats-users`.
#[derive(Debug, Args)]
pub(crate) struct NatsUsersArgs {
    /// The file to write; otherwise it is printed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What subjects begin with: `nats.prefix`
    #[arg(long, value_name = "PREFIX", default_value = "case")]
    prefix: String,
    /// How many shards the log has, as `casetrail migrate` was told
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    shards: u16,
}

impl NatsUsersArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail nats-users --out users.conf      then say `include users.conf` in nats.conf
  casetrail nats-users --shards 4 --out users.conf
  casetrail nats-users --json                the users, and the variables with their passwords

A user for each process, with the subjects that its work needs and no others: its own consumers, its own inbox, no
delete, no purge. The file holds no password: each is in a variable of nats-server's environment, such as
CASETRAIL_INTAKE_NATS_PASSWORD. A process logs in with its own:
CASETRAIL__NATS__URL=nats://casetrail_intake:PASSWORD@nats.example:4222";
}

pub(crate) fn run(args: &NatsUsersArgs, output: &Output) -> Result<(), Problem> {
    let file = distributed::nats_users_file(&args.prefix, args.shards);
    if let Some(path) = &args.out {
        let cannot = || format!("--out {}: choose a file that can be written", path.display());
        std::fs::write(path, &file).with_context(cannot)?;
    }
    let users: Vec<_> = distributed::nats_users()
        .iter()
        .map(|user| json!({ "user": user.name, "password_variable": user.password_variable() }))
        .collect();
    if output.json {
        return output.document(&json!({ "users": users, "file": args.out }));
    }
    match &args.out {
        Some(path) => output.text(&format!("{} users written to {}", users.len(), path.display())),
        None => output.text(file.trim_end()),
    }
}
