//! disintegrate with disintegrate-postgres, as in its README: a decision over a state query, made by its
//! decision maker without snapshots. `PgEventStore::try_new` makes its tables and indexes, but since 4.0.0
//! not in Postgres 15, which does not read its `0xFFFFFFFF`: there, the rest is made by hand.

use ::disintegrate::serde::json::Json;
use ::disintegrate::{Decision, DecisionError, Event, NoSnapshot, StateMutate, StateQuery};
use async_trait::async_trait;
use disintegrate_postgres::{Error, PgDecisionMaker, PgEventStore, decision_maker};
use serde::{Deserialize, Serialize};
use sqlx_of_peers::error::DatabaseError;
use sqlx_of_peers::postgres::PgPool;
use uuid::Uuid;

use super::{Contender, MOST, pool_of_peer};
use crate::database::Database;

/// The fastest of 5, 10, 20 and 64.
const CONNECTIONS: u32 = 10;

/// What Postgres says when two serializable transactions can not both be kept.
const SERIALIZATION_FAILURE: &str = "40001";

/// The steps of its migrations from the one on that fails in Postgres 15, with that number in decimal.
const REST_OF_MIGRATIONS: &str = "
CREATE OR REPLACE FUNCTION event_store_begin_epoch() RETURNS void AS $$
DECLARE
  id BIGINT;
  db_id INT;
BEGIN
  SELECT last_value INTO id FROM seq_event_event_id;
  SELECT oid INTO db_id FROM pg_database WHERE datname = current_database();
  PERFORM pg_try_advisory_xact_lock_shared(db_id, 0);
  PERFORM pg_try_advisory_xact_lock_shared(1, (id & 4294967295)::bit(32)::integer);
  PERFORM pg_try_advisory_xact_lock_shared(2, (id >> 32)::bit(32)::integer);
END;
$$ LANGUAGE plpgsql;
ALTER TABLE event ADD COLUMN IF NOT EXISTS counter_id UUID;
CREATE INDEX IF NOT EXISTS idx_event_counter_id ON event (counter_id) WHERE counter_id IS NOT NULL";

#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
#[stream(CounterEvent, [Added])]
enum DomainEvent {
    Added {
        #[id]
        counter_id: Uuid,
        by: u64,
    },
}

#[derive(Default, Clone, StateQuery, Serialize, Deserialize)]
#[state_query(CounterEvent)]
struct Counter {
    #[id]
    counter_id: Uuid,
    total: u64,
}

impl StateMutate for Counter {
    fn mutate(&mut self, event: Self::Event) {
        let CounterEvent::Added { by, .. } = event;
        self.total += by;
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the counter is full")]
struct Full;

struct AddOne {
    counter_id: Uuid,
}

impl Decision for AddOne {
    type Event = DomainEvent;
    type StateQuery = Counter;
    type Error = Full;

    fn state_query(&self) -> Counter {
        Counter { counter_id: self.counter_id, total: 0 }
    }

    fn process(&self, counter: &Counter) -> Result<Vec<DomainEvent>, Full> {
        if counter.total >= MOST {
            return Err(Full);
        }
        Ok(vec![DomainEvent::Added { counter_id: self.counter_id, by: 1 }])
    }
}

pub(super) struct Disintegrate {
    pool: PgPool,
    maker: PgDecisionMaker<DomainEvent, Json<DomainEvent>, NoSnapshot>,
}

impl Disintegrate {
    pub(super) async fn open(database: &Database, pool: Option<u32>) -> anyhow::Result<Self> {
        let pool = pool_of_peer(database, pool.unwrap_or(CONNECTIONS)).await?;
        let store = match PgEventStore::try_new(pool.clone(), Json::default()).await {
            Err(error) if error.to_string().contains("0xFFFFFFFF") => {
                database.prepare(REST_OF_MIGRATIONS).await?;
                PgEventStore::new_uninitialized(pool.clone(), Json::default())
            }
            made => made?,
        };
        Ok(Self { pool, maker: decision_maker(store, NoSnapshot) })
    }
}

/// Whether somebody else was quicker, or may have been: then it is to be decided again.
fn is_conflict(error: &DecisionError<Full>) -> bool {
    let DecisionError::StateStore(source) = error else { return false };
    match source.downcast_ref::<Error>() {
        Some(Error::Concurrency) => true,
        Some(Error::Database(error)) => {
            error.as_database_error().and_then(DatabaseError::code).as_deref() == Some(SERIALIZATION_FAILURE)
        }
        _ => false,
    }
}

#[async_trait]
impl Contender for Disintegrate {
    async fn add_one(&self, stream: Uuid, _: u32) -> anyhow::Result<u64> {
        let mut retries = 0;
        loop {
            match self.maker.make(AddOne { counter_id: stream }).await {
                Err(error) if is_conflict(&error) => retries += 1,
                done => return Ok(done.map(|_| retries)?),
            }
        }
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
