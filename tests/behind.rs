//! What is done to a system behind its back while it does not run: derived things thrown away, a fact
//! forged, everything that is stored read. The same for both wirings, each in its own database.

use std::path::Path;

use anyhow::{Context, ensure};
use distributed::{Place, SCHEMAS};
use event_log::local_position;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use crate::wiring::{Wiring, place};

/// What can be thrown away because it is derived from the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derived {
    /// Lists, queues, timers: what services look up.
    ReadModels,
    /// How far consumers are, what they put aside, and with it all that NATS keeps.
    Checkpoints,
}

/// Files that cannot be derived: the log itself, and the keys.
const KEPT: &[&str] = &["log.db", "keys.db", "master.key"];
/// The bus's file, and its tables.
const BUS_FILE: &str = "bus.db";
const BUS_TABLES: &[&str] = &["checkpoint", "dead_letter"];

/// Throws it away, and gives the names of the services that had something of it.
pub async fn throw_away(data: &Path, what: Derived) -> anyhow::Result<Vec<String>> {
    match Wiring::chosen()? {
        Wiring::Embedded => remove_files(data, what),
        Wiring::Distributed => empty_tables(&place(data).await?, what).await,
    }
}

fn remove_files(data: &Path, what: Derived) -> anyhow::Result<Vec<String>> {
    let mut services = Vec::new();
    for entry in std::fs::read_dir(data)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("a file's name")?.to_owned();
        let is_derived = name.contains(".db") && !KEPT.iter().any(|kept| name.starts_with(kept));
        if is_derived && name.starts_with(BUS_FILE) == (what == Derived::Checkpoints) {
            std::fs::remove_file(&path)?;
            services.extend(name.strip_suffix(".db").map(str::to_owned));
        }
    }
    Ok(services)
}

async fn empty_tables(place: &Place, what: Derived) -> anyhow::Result<Vec<String>> {
    let mut admin = PgConnection::connect(&place.database).await?;
    let mut services = Vec::new();
    for schema in SCHEMAS {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename NOT LIKE '%migrations'",
        )
        .bind(schema.stage)
        .fetch_all(&mut admin)
        .await?;
        let is_bus = |table: &String| BUS_TABLES.contains(&table.as_str());
        for table in tables.iter().filter(|table| is_bus(table) == (what == Derived::Checkpoints)) {
            let statement = format!("TRUNCATE {}.{table}", schema.stage);
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut admin).await?;
        }
        services.push(schema.stage.to_owned());
    }
    admin.close().await?;
    if what == Derived::Checkpoints {
        let jetstream = async_nats::jetstream::new(async_nats::connect(&place.nats).await?);
        jetstream.delete_stream(format!("{}_0", place.prefix.to_uppercase())).await?;
    }
    Ok(services)
}

/// Replaces a word in the metadata of one fact, by its global position, as somebody could who owns the database; first checks that
/// the database does not let it pass as long as its guards stand.
pub async fn forge(data: &Path, position: u64, meta: &str) -> anyhow::Result<()> {
    match Wiring::chosen()? {
        Wiring::Embedded => {
            let update =
                format!("UPDATE event SET meta = CAST('{meta}' AS BLOB) WHERE position = {position}");
            let file = SqliteConnectOptions::new().filename(data.join("log.db"));
            forge_in_file(file.connect().await?, &update).await
        }
        Wiring::Distributed => {
            let (shard, position) = local_position(position);
            let update = format!(
                "UPDATE log.event SET meta = convert_to('{meta}', 'UTF8') \
                 WHERE shard = {shard} AND position = {position}"
            );
            let admin = PgConnection::connect(&place(data).await?.database).await?;
            forge_in_server(admin, &update).await
        }
    }
}

async fn forge_in_file(mut connection: SqliteConnection, update: &str) -> anyhow::Result<()> {
    let guards: Vec<(String, String)> =
        sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'event'")
            .fetch_all(&mut connection)
            .await?;
    ensure!(!guards.is_empty(), "the log does not guard itself");
    let attempt = sqlx::raw_sql(AssertSqlSafe(update.to_owned())).execute(&mut connection).await;
    ensure!(attempt.is_err(), "the guards let it pass: {update}");
    let unguarded = guards.iter().map(|(name, _)| format!("DROP TRIGGER {name}"));
    let guarded = guards.iter().map(|(_, guard)| guard.clone());
    let statements: Vec<String> = unguarded.chain([update.to_owned()]).chain(guarded).collect();
    sqlx::raw_sql(AssertSqlSafe(statements.join(";\n"))).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn forge_in_server(mut admin: PgConnection, update: &str) -> anyhow::Result<()> {
    let attempt = sqlx::raw_sql(AssertSqlSafe(update.to_owned())).execute(&mut admin).await;
    ensure!(attempt.is_err(), "the guards let it pass: {update}");
    let guards: Vec<(String, String)> = sqlx::query_as(
        "SELECT tgrelid::regclass::text, tgname::text FROM pg_trigger
         WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'log.event%'",
    )
    .fetch_all(&mut admin)
    .await?;
    ensure!(!guards.is_empty(), "the log does not guard itself");
    let each = |what: &str| -> Vec<String> {
        guards.iter().map(|(table, guard)| format!("ALTER TABLE {table} {what} TRIGGER {guard}")).collect()
    };
    let statements = [each("DISABLE"), vec![update.to_owned()], each("ENABLE ALWAYS")].concat();
    sqlx::raw_sql(AssertSqlSafe(statements.join(";\n"))).execute(&mut admin).await?;
    Ok(admin.close().await?)
}

/// Where something is stored that holds this text: files of the folder, and tables of the database.
pub async fn stored_with(data: &Path, text: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    files_with(data, text, &mut found)?;
    if Wiring::chosen()? == Wiring::Distributed {
        let mut admin = PgConnection::connect(&place(data).await?.database).await?;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
             WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
        )
        .fetch_all(&mut admin)
        .await?;
        ensure!(tables.iter().any(|table| table == "log.event_text"), "the log is not among {tables:?}");
        for table in tables {
            let question = format!("SELECT count(*) FROM {table} row WHERE position($1 IN row::text) > 0");
            let count: i64 =
                sqlx::query_scalar(AssertSqlSafe(question)).bind(text).fetch_one(&mut admin).await?;
            if count > 0 {
                found.push(table);
            }
        }
        admin.close().await?;
    }
    Ok(found)
}

fn files_with(folder: &Path, text: &str, found: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files_with(&path, text, found)?;
        } else if std::fs::read(&path)?.windows(text.len()).any(|bytes| bytes == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    Ok(())
}
