//! Our log through `execute`, the decision loop that every service uses, with all it does around an append:
//! a task for each command, actor and causes in the metadata, spans, metrics.

use std::sync::Arc;

use ambient::{Ids, SystemClock, SystemIds};
use anyhow::Context as _;
use async_trait::async_trait;
use case::{Actor, Aggregate, Context, DecodeError, Personal, Recorded, Refusal, Stage, StoredEvent};
use event_bus::EmbeddedBus;
use event_log::{EventLog, PostgresLog};
use sealing::{MasterKey, MemoryKeyStore, Sealer};
use serde::{Deserialize, Serialize};
use service_kit::limits::MessageSizes;
use service_kit::{CommandRequest, Executor, Failure, MetadataAuthenticator, Parts, Shutdown, Stores};
use uuid::Uuid;

use super::log::open_log;
use super::{Contender, MOST};
use crate::database::Database;
use crate::now;

/// Replicas that take turns where the state is not to be at hand: more than a stream gets commands, so that
/// none meets a stream again.
const REPLICAS: u32 = 10;

#[derive(Debug, Clone)]
struct Counter {
    version: u64,
    total: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Added {
    by: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("the counter is full")]
struct Full;

impl Refusal for Full {
    fn reason(&self) -> &'static str {
        "COUNTER_FULL"
    }
}

impl StoredEvent for Added {
    fn stored_name(&self) -> &'static str {
        "bench.added"
    }

    fn schema_version(&self) -> u16 {
        1
    }

    fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        serde_json::to_vec(self).map_err(|source| unreadable(self.stored_name(), 1, source))
    }

    fn decode(name: &str, schema_version: u16, payload: &[u8]) -> Result<Self, DecodeError> {
        serde_json::from_slice(payload).map_err(|source| unreadable(name, schema_version, source))
    }

    fn visit_personal(&mut self, _: &mut dyn FnMut(&'static str, &mut Personal)) {}
}

fn unreadable(name: &str, schema_version: u16, source: serde_json::Error) -> DecodeError {
    DecodeError { name: name.to_owned(), schema_version, source }
}

impl Aggregate for Counter {
    type Event = Added;
    const WHAT: &'static str = "counter";
    const NOT_FOUND: &'static str = "COUNTER_NOT_FOUND";

    fn empty(_: Uuid) -> Self {
        Self { version: 0, total: 0 }
    }

    fn evolve(&mut self, recorded: &Recorded<Added>) {
        self.version = recorded.version;
        self.total += recorded.event.by;
    }

    fn version(&self) -> u64 {
        self.version
    }

    /// A counter need not be made before it counts.
    fn exists(&self) -> bool {
        true
    }

    fn tenant(&self) -> Option<&str> {
        Some("bench")
    }

    fn data_subject(&self) -> Option<&str> {
        None
    }

    fn unknown_stage(&self, _: &str) -> bool {
        false
    }
}

struct Adding;

struct AddOne;

impl Stage for Adding {
    const NAME: &'static str = "bench";
    type Aggregate = Counter;
    type Command = AddOne;
    type Event = Added;
    type Refusal = Full;

    fn decide(counter: &Counter, _: Context<'_>, _: &AddOne) -> Result<Vec<Added>, Full> {
        if counter.total >= MOST { Err(Full) } else { Ok(vec![Added { by: 1 }]) }
    }
}

pub(super) struct Execute {
    log: Arc<PostgresLog>,
    /// One, or several that take turns.
    replicas: Vec<Executor<Counter>>,
}

impl Execute {
    pub(super) async fn open(database: &Database, pool: Option<u32>, at_hand: bool) -> anyhow::Result<Self> {
        let log = Arc::new(open_log(database, pool).await?);
        let shared: Arc<dyn EventLog> = log.clone();
        let parts = parts(shared, database.url()).await?;
        let count = if at_hand { 1 } else { REPLICAS };
        let replicas = (0..count).map(|_| Executor::new(&parts, "bench")).collect();
        Ok(Self { log, replicas })
    }

    fn replica(&self, nth: u32) -> anyhow::Result<&Executor<Counter>> {
        let index = usize::try_from(nth)? % self.replicas.len();
        self.replicas.get(index).context("no replica")
    }
}

/// What a service is given; nothing here is asked for but the log.
async fn parts(log: Arc<dyn EventLog>, url: String) -> anyhow::Result<Parts> {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let bus = EmbeddedBus::in_memory(Arc::clone(&log), clock.clone(), ids.clone()).await?;
    let keys = Arc::new(MemoryKeyStore::new());
    let sealer = Sealer::new(keys, MasterKey::from_bytes([7; 32]), clock.clone(), ids.clone());
    Ok(Parts {
        log,
        database: "postgresql",
        bus: Arc::new(bus),
        clock,
        ids,
        sealer: Arc::new(sealer),
        authenticator: Arc::new(MetadataAuthenticator),
        messages: MessageSizes::default(),
        stores: Stores::postgres(url),
        data: std::env::temp_dir(),
        shutdown: Shutdown::new(),
    })
}

#[async_trait]
impl Contender for Execute {
    async fn add_one(&self, stream: Uuid, nth: u32) -> anyhow::Result<u64> {
        let replica = self.replica(nth)?;
        let command_id = SystemIds.new_id(now());
        let mut retries = 0;
        loop {
            let request: CommandRequest<Adding> = CommandRequest {
                stream,
                command_id,
                fingerprint: [1; 32],
                actor: Actor::service("bench"),
                etag: None,
                causation_id: None,
                answers: None,
                correlation_id: None,
                // Where the state is at hand, a stream's first command need not look for one.
                creates: self.replicas.len() == 1 && nth == 0,
                command: AddOne,
            };
            match replica.execute(request).await {
                Err(Failure::Contended) => retries += 1,
                done => return Ok(done.map(|_| retries)?),
            }
        }
    }

    async fn close(&self) {
        self.log.close().await;
    }
}
