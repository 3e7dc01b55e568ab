//! cqrs-es with postgres-es, as in its user guide: `postgres_cqrs`, and `execute` for each command. Its
//! tables are those of its `db/init.sql`.

use async_trait::async_trait;
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, AggregateError, DomainEvent};
use postgres_es::{PostgresCqrs, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx_of_peers::postgres::PgPool;
use uuid::Uuid;

use super::{Contender, MOST, pool_of_peer};
use crate::database::Database;

/// The fastest of 5, 10, 20 and 64.
const CONNECTIONS: u32 = 20;

const TABLE: &str = "
CREATE TABLE events (
  aggregate_type text NOT NULL,
  aggregate_id   text NOT NULL,
  sequence       bigint CHECK (sequence >= 0) NOT NULL,
  event_type     text NOT NULL,
  event_version  text NOT NULL,
  payload        json NOT NULL,
  metadata       json NOT NULL,
  PRIMARY KEY (aggregate_type, aggregate_id, sequence)
)";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Counter {
    total: u64,
}

struct AddOne;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Event {
    Added { by: u64 },
}

#[derive(Debug, thiserror::Error)]
#[error("the counter is full")]
struct Full;

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        "Added".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Aggregate for Counter {
    const TYPE: &'static str = "counter";
    type Command = AddOne;
    type Event = Event;
    type Error = Full;
    type Services = ();

    async fn handle(&mut self, _: AddOne, (): &(), sink: &EventSink<Self>) -> Result<(), Full> {
        if self.total >= MOST {
            return Err(Full);
        }
        sink.write(Event::Added { by: 1 }, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        let Event::Added { by } = event;
        self.total += by;
    }
}

pub(super) struct PostgresEs {
    pool: PgPool,
    cqrs: PostgresCqrs<Counter>,
}

impl PostgresEs {
    pub(super) async fn open(database: &Database, pool: Option<u32>) -> anyhow::Result<Self> {
        database.prepare(TABLE).await?;
        let pool = pool_of_peer(database, pool.unwrap_or(CONNECTIONS)).await?;
        Ok(Self { cqrs: postgres_cqrs(pool.clone(), Vec::new(), ()), pool })
    }
}

#[async_trait]
impl Contender for PostgresEs {
    async fn add_one(&self, stream: Uuid, _: u32) -> anyhow::Result<u64> {
        let id = stream.to_string();
        let mut retries = 0;
        loop {
            match self.cqrs.execute(&id, AddOne).await {
                Err(AggregateError::AggregateConflict) => retries += 1,
                done => return Ok(done.map(|()| retries)?),
            }
        }
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
