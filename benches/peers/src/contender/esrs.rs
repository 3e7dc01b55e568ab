//! esrs, as in its README and its example of locking strategies, the optimistic one: load through the
//! aggregate manager, handle the command. Its store makes its table and indexes.

use ::esrs::manager::AggregateManager;
use ::esrs::store::postgres::{PgStore, PgStoreBuilder, PgStoreError, UuidFormat};
use ::esrs::{Aggregate, AggregateState};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sqlx_of_peers::error::DatabaseError;
use sqlx_of_peers::postgres::PgPool;
use uuid::Uuid;

use super::{Contender, MOST, pool_of_peer};
use crate::database::Database;

/// The fastest of 5, 10, 20 and 64.
const CONNECTIONS: u32 = 20;

struct Counter;

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Event {
    Added { by: u64 },
}

#[derive(Debug, thiserror::Error)]
#[error("the counter is full")]
struct Full;

impl Aggregate for Counter {
    const NAME: &'static str = "counter";
    type State = u64;
    type Command = ();
    type Event = Event;
    type Error = Full;

    fn handle_command(total: &u64, (): ()) -> Result<Vec<Event>, Full> {
        if *total >= MOST { Err(Full) } else { Ok(vec![Event::Added { by: 1 }]) }
    }

    fn apply_event(total: u64, event: Event) -> u64 {
        let Event::Added { by } = event;
        total + by
    }
}

pub(super) struct Esrs {
    pool: PgPool,
    manager: AggregateManager<PgStore<Counter>>,
}

impl Esrs {
    pub(super) async fn open(database: &Database, pool: Option<u32>) -> anyhow::Result<Self> {
        let pool = pool_of_peer(database, pool.unwrap_or(CONNECTIONS)).await?;
        let store =
            PgStoreBuilder::new(pool.clone()).with_event_id_format(UuidFormat::V7).try_build().await?;
        Ok(Self { pool, manager: AggregateManager::new(store) })
    }
}

/// Whether somebody else was quicker.
fn is_conflict(error: &PgStoreError) -> bool {
    let PgStoreError::Sqlx(error) = error else { return false };
    error.as_database_error().is_some_and(DatabaseError::is_unique_violation)
}

#[async_trait]
impl Contender for Esrs {
    async fn add_one(&self, stream: Uuid, _: u32) -> anyhow::Result<u64> {
        let mut retries = 0;
        loop {
            let found = self.manager.load(stream).await?;
            let state = found.unwrap_or_else(|| AggregateState::with_id(stream));
            match self.manager.handle_command(state, ()).await {
                Err(error) if is_conflict(&error) => retries += 1,
                done => return Ok(done?.map(|_| retries)?),
            }
        }
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
