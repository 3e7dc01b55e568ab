//! `casetrail migrate`: makes or brings up to date everything in a database.

use std::collections::BTreeMap;

use anyhow::Context;
use owo_colors::OwoColorize;

/// Options of `casetrail migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArgs {
    /// The database, with a role that may make schemas and roles in it
    #[arg(long, value_name = "URL", env = "CASETRAIL_MIGRATE_POSTGRES", hide_env_values = true)]
    postgres: String,
    /// How many shards the log has: cases are spread over them, and each can be a database of its own one day.
    /// There are never fewer than before; where it has more already, it keeps them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    shards: u16,
}

impl MigrateArgs {
    /// What `--help` ends with.
    pub(crate) const EXAMPLES: &str = "\
Examples:
  casetrail migrate --postgres postgres://postgres@127.0.0.1:5432/casetrail
  CASETRAIL_INTAKE_PASSWORD=... casetrail migrate --postgres ...
  casetrail migrate --postgres ... --shards 4      stop the services first, and start them again after it

It makes the log, the keys, a schema for each service and a role for each process, with the least rights
that do its work: casetrail_intake, casetrail_routing, casetrail_payments_escalation,
casetrail_notifications, casetrail_relay. A role gets the password that the environment names
(CASETRAIL_INTAKE_PASSWORD and so on); without one it keeps what it has. Doing it again changes nothing.
Services only check, and never migrate: run this before a new release of them is started.";
}

/// The passwords that the environment names, by role.
pub(crate) fn passwords() -> BTreeMap<String, String> {
    let named = |role: String| {
        let password = std::env::var(distributed::password_variable(&role)).ok()?;
        Some((role, password)).filter(|(_, password)| !password.is_empty())
    };
    distributed::role_names().into_iter().filter_map(named).collect()
}

/// Migrates and says what there is now.
pub(crate) async fn run(args: &MigrateArgs, json: bool) -> anyhow::Result<()> {
    let passwords = passwords();
    distributed::migrate(&args.postgres, args.shards, &passwords).await.context("--postgres")?;
    let roles = distributed::role_names();
    if json {
        let with_password: Vec<&String> = passwords.keys().collect();
        println!(
            "{}",
            serde_json::json!({ "migrated": true, "roles": roles, "passwords_set": with_password })
        );
        return Ok(());
    }
    anstream::println!("{}: the log, the keys, and the services' schemas are up to date", "migrated".bold());
    for role in roles {
        let told = if passwords.contains_key(&role) { "password set" } else { "password left as it is" };
        anstream::println!("  {role:<32} {told}");
    }
    Ok(())
}
