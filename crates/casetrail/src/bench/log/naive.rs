//! The naive way: a transaction for each append, which asks for the version and then inserts. Its table has
//! the log's columns and indexes; it has no chain, no command ids, and its positions come from a sequence, so
//! that they are not in the order of commits.

use std::time::Instant;

use ambient::{Clock, SystemClock};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::load::{Caller, Load, Measured, all, event, new_id};

/// Connections that the callers share; more only wait for each other.
const CONNECTIONS: u32 = 32;

const INSERT: &str = "INSERT INTO bench.naive (stream_id, version, tenant, event_id, command_id, command_seq,
    fingerprint, event_type, schema_version, recorded_at, meta, payload, hash)
    VALUES ($1, $2, 'NB', $3, $4, 0, $5, $6, 1, $7, $8, $9, $5)";

struct Naive {
    pool: PgPool,
    stream: Uuid,
    payload: usize,
    until: Instant,
}

impl Caller for Naive {
    type Value = ();

    async fn run(self) -> anyhow::Result<(Measured, ())> {
        let mut measured = Measured::new()?;
        while Instant::now() < self.until {
            let asked = Instant::now();
            let mut transaction = self.pool.begin().await?;
            let version: i64 =
                sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM bench.naive WHERE stream_id = $1")
                    .bind(self.stream)
                    .fetch_one(&mut *transaction)
                    .await?;
            insert(&mut transaction, self.stream, version + 1, self.payload).await?;
            transaction.commit().await?;
            measured.latencies.add(asked.elapsed());
            measured.events += 1;
        }
        Ok((measured, ()))
    }
}

async fn insert(
    connection: &mut PgConnection,
    stream: Uuid,
    version: i64,
    payload: usize,
) -> anyhow::Result<()> {
    let event = event(payload);
    sqlx::query(INSERT)
        .bind(stream)
        .bind(version)
        .bind(event.event_id)
        .bind(new_id())
        .bind(&[7_u8; 32][..])
        .bind(event.event_type)
        .bind(SystemClock.now().as_microsecond())
        .bind(event.meta)
        .bind(event.payload)
        .execute(connection)
        .await?;
    Ok(())
}

/// Every caller appends to its own stream.
pub(super) async fn run(url: &str, load: &Load) -> anyhow::Result<Measured> {
    let most = CONNECTIONS.min(u32::try_from(load.callers)?);
    let pool = PgPoolOptions::new().min_connections(most).max_connections(most).connect(url).await?;
    let until = Instant::now() + load.lasting;
    let caller = |_| Naive { pool: pool.clone(), stream: new_id(), payload: load.payload, until };
    let (measured, _) = all(load.callers, caller).await?;
    pool.close().await;
    Ok(measured)
}

/// One caller and one plain insert at a time, without even asking for a version.
pub(super) async fn single_inserts(url: &str, load: &Load) -> anyhow::Result<Measured> {
    let mut connection = PgConnection::connect(url).await?;
    let (started, stream, mut measured) = (Instant::now(), new_id(), Measured::new()?);
    let mut version = 0;
    while started.elapsed() < load.lasting {
        version += 1;
        let asked = Instant::now();
        insert(&mut connection, stream, version, load.payload).await?;
        measured.latencies.add(asked.elapsed());
        measured.events += 1;
    }
    measured.took = started.elapsed();
    Ok(measured)
}
