//! The limit: one connection that inserts rows of the log's shape 256 at a time and checks nothing.

use std::time::Instant;

use ambient::{Clock, SystemClock};
use sqlx::{Connection, PgConnection};

use super::load::{Load, Measured, event, new_id};

const ROWS: usize = 256;

pub(super) async fn run(url: &str, load: &Load) -> anyhow::Result<Measured> {
    let mut connection = PgConnection::connect(url).await?;
    let mut position: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM bench.plain")
        .fetch_one(&mut connection)
        .await?;
    let (started, mut measured) = (Instant::now(), Measured::new()?);
    while started.elapsed() < load.lasting {
        let events: Vec<_> = (0..ROWS).map(|_| event(load.payload)).collect();
        let streams: Vec<_> = (0..ROWS).map(|_| new_id()).collect();
        let ids: Vec<_> = events.iter().map(|event| event.event_id).collect();
        let (metas, payloads): (Vec<_>, Vec<_>) =
            events.into_iter().map(|event| (event.meta, event.payload)).unzip();
        let asked = Instant::now();
        sqlx::query(
            "INSERT INTO bench.plain
             SELECT 0, $1 + row_number() OVER (), s, 1, 'NB', i, i, 0, $2, 'intake.message_received', 1, $3, m, p, $2
               FROM unnest($4::uuid[], $5::uuid[], $6::bytea[], $7::bytea[]) AS u(s, i, m, p)",
        )
        .bind(position)
        .bind(&[7_u8; 32][..])
        .bind(SystemClock.now().as_microsecond())
        .bind(streams)
        .bind(ids)
        .bind(metas)
        .bind(payloads)
        .execute(&mut connection)
        .await?;
        measured.latencies.add(asked.elapsed());
        position += i64::try_from(ROWS)?;
        measured.events += ROWS as u64;
    }
    measured.took = started.elapsed();
    Ok(measured)
}
