//! What only the log in Postgres has to prove: that the database itself refuses change, that processes may
//! share a log, that nothing acknowledged is lost when the server crashes, and what is refused at opening.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

#[path = "../server/mod.rs"]
mod server;

mod crashes;
mod flushed;
mod late;
mod opening;
mod plans;
mod protection;
mod put_back;
mod released;
mod sharing;
mod together;

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Ids, SystemClock, SystemIds};
use event_log::{Append, Appended, Error, EventLog, NewEvent, PostgresLog, PostgresLogOptions};
use scratch::shared::Database;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::Instant;
use uuid::Uuid;

use server::migrated;

/// A migrated database of a test's own.
struct Migrated {
    /// Its URL for a role that may append.
    writer: String,
    /// The database; its URL is that of a superuser.
    database: Database,
}

impl Migrated {
    async fn create() -> Self {
        let database = Database::create().await.unwrap();
        Self { writer: migrated(&database.url).await, database }
    }
}

fn id() -> Uuid {
    SystemIds.new_id(SystemClock.now())
}

/// A command with `events` events.
fn command(stream: Uuid, expected_version: u64, events: usize) -> Append {
    let event = |_| NewEvent {
        event_id: id(),
        event_type: "stage.happened".to_owned(),
        schema_version: 1,
        meta: br#"{"actor":"agent"}"#.to_vec(),
        payload: br#"{ "text": "hej" }"#.to_vec(),
    };
    Append {
        stream,
        tenant: "brand".to_owned(),
        expected_version,
        command_id: id(),
        fingerprint: [7; 32],
        events: (0..events).map(event).collect(),
    }
}

async fn open(url: &str) -> Arc<PostgresLog> {
    let opened = PostgresLog::open(url, PostgresLogOptions::default(), Arc::new(SystemClock)).await;
    Arc::new(opened.unwrap())
}

/// Repeats an append until the log says what became of it, as a service does.
async fn settled(log: &PostgresLog, append: &Append) -> Appended {
    let late = Instant::now() + Duration::from_mins(1);
    while Instant::now() < late {
        match log.append(append.clone()).await {
            Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
            answer => return answer.unwrap(),
        }
    }
    panic!("the log did not come back")
}

/// Runs a statement; the server's words if it refuses.
async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), String> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.map(drop).map_err(|error| error.to_string())
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}
