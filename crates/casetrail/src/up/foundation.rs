//! What the processes stand on: a database and NATS, given or thrown away at the end.

use anyhow::{Context, bail};
use scratch::{Nats, Postgres};
use sqlx::{Connection, PgConnection};

use super::UpArgs;
use crate::commands::migrate::passwords;

/// The name of the database in a throw-away Postgres.
const DATABASE: &str = "casetrail";

/// A database that is migrated, and NATS.
pub(super) struct Foundation {
    /// The database's URL, as whoever migrates it.
    pub(super) postgres: String,
    /// NATS' URL.
    pub(super) nats: String,
    /// The role's passwords: from the environment, or else the one of the database's URL.
    passwords: std::collections::BTreeMap<String, String>,
    thrown_away: (Option<Postgres>, Option<Nats>),
}

impl Foundation {
    /// Starts what is missing and migrates the database.
    pub(super) async fn lay(args: &UpArgs, json: bool) -> anyhow::Result<Self> {
        let mut thrown_away = (None, None);
        let postgres = if let Some(url) = &args.postgres {
            url.clone()
        } else {
            tell(json, "starting a throw-away Postgres");
            let server = Postgres::start().await?;
            let mut admin = PgConnection::connect(&server.url("postgres")).await?;
            sqlx::raw_sql("CREATE DATABASE casetrail").execute(&mut admin).await?;
            admin.close().await?;
            let url = server.url(DATABASE);
            thrown_away.0 = Some(server);
            url
        };
        let nats = if let Some(url) = &args.nats {
            url.clone()
        } else {
            tell(json, "starting a throw-away NATS");
            let server = Nats::start().await?;
            let url = server.url();
            thrown_away.1 = Some(server);
            url
        };
        tell(json, "migrating the database");
        let passwords = all_passwords(&postgres)?;
        distributed::migrate(&postgres, args.shards, &passwords).await.context("--postgres")?;
        Ok(Self { postgres, nats, passwords, thrown_away })
    }

    /// The database's URL for a process of this role.
    pub(super) fn postgres_as(&self, role: &str) -> String {
        let (scheme, server) = split(&self.postgres);
        match self.passwords.get(role) {
            Some(password) => format!("{scheme}://{role}:{password}@{server}"),
            None => format!("{scheme}://{role}@{server}"),
        }
    }

    /// The database's URL without a password.
    pub(super) fn postgres_shown(&self) -> String {
        let (scheme, server) = split(&self.postgres);
        format!("{scheme}://{server}")
    }

    /// Stops what is thrown away.
    pub(super) async fn remove(self) {
        let (postgres, nats) = self.thrown_away;
        if let Some(mut nats) = nats {
            let _ = nats.stop().await;
        }
        if let Some(mut postgres) = postgres {
            let _ = postgres.stop().await;
        }
    }
}

/// A role without a password in the environment shares that of the URL: this is for development, and a
/// server that asks the one for a password asks all of them.
fn all_passwords(postgres: &str) -> anyhow::Result<std::collections::BTreeMap<String, String>> {
    let mut passwords = passwords();
    let Some((_, rest)) = postgres.split_once("://") else {
        bail!("--postgres {postgres} is no URL: write postgres://USER@HOST/DATABASE")
    };
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    if let Some((_, password)) = user.split_once(':') {
        for role in distributed::role_names() {
            passwords.entry(role).or_insert_with(|| password.to_owned());
        }
    }
    Ok(passwords)
}

/// The scheme, and everything after the user.
fn split(url: &str) -> (&str, &str) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    (scheme, rest.rsplit_once('@').map_or(rest, |(_, server)| server))
}

fn tell(json: bool, what: &str) {
    if !json {
        anstream::println!("{what} ...");
    }
}
