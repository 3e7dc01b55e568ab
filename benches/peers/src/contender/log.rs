//! Our log alone, without cache or snapshot: read the stream, fold, decide, append at the version seen, with
//! command id, hash chain and triggers.

use std::sync::Arc;

use ambient::{Ids, SystemClock, SystemIds};
use anyhow::ensure;
use async_trait::async_trait;
use event_log::{Append, Error, EventLog, NewEvent, PostgresLog, PostgresLogOptions};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Contender, MOST};
use crate::database::Database;
use crate::now;

/// How many events are read at once.
const PAGE: usize = 1_000;

#[derive(Debug, Serialize, Deserialize)]
struct Added {
    by: u64,
}

pub(super) struct Log(PostgresLog);

/// Opens our log in `database`, as a role that may append and nothing else.
pub(super) async fn open_log(database: &Database, pool: Option<u32>) -> anyhow::Result<PostgresLog> {
    let url = database.with_log().await?;
    let mut options = PostgresLogOptions::default();
    options.read_connections = pool.unwrap_or(options.read_connections);
    Ok(PostgresLog::open(&url, options, Arc::new(SystemClock)).await?)
}

impl Log {
    pub(super) async fn open(database: &Database, pool: Option<u32>) -> anyhow::Result<Self> {
        Ok(Self(open_log(database, pool).await?))
    }

    /// The counter's total and version.
    async fn load(&self, stream: Uuid) -> anyhow::Result<(u64, u64)> {
        let (mut total, mut version) = (0, 0);
        loop {
            let page = self.0.read_stream(stream, version, PAGE).await?;
            for committed in &page {
                total += serde_json::from_slice::<Added>(&committed.payload)?.by;
                version = committed.version;
            }
            if page.len() < PAGE {
                return Ok((total, version));
            }
        }
    }
}

#[async_trait]
impl Contender for Log {
    async fn add_one(&self, stream: Uuid, _: u32) -> anyhow::Result<u64> {
        let command_id = SystemIds.new_id(now());
        let mut retries = 0;
        loop {
            let (total, version) = self.load(stream).await?;
            ensure!(total < MOST, "the counter is full");
            let event = NewEvent {
                event_id: SystemIds.new_id(now()),
                event_type: "bench.added".to_owned(),
                schema_version: 1,
                meta: b"{}".to_vec(),
                payload: serde_json::to_vec(&Added { by: 1 })?,
            };
            let append = Append {
                stream,
                tenant: "bench".to_owned(),
                expected_version: version,
                command_id,
                fingerprint: [1; 32],
                events: vec![event],
            };
            match self.0.append(append).await {
                Err(Error::Conflict { .. }) => retries += 1,
                done => return Ok(done.map(|_| retries)?),
            }
        }
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
