//! Two replicas write the same rows: each fact is in them once, whoever was faster, and again after they
//! were thrown away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use case::CaseEvent;
use event_bus::Subscription;
use event_log::{Append, Appended, CommandRecord, Committed, Error, EventLog, StreamId};
use jiff::Timestamp;
use service_kit::projection::{FactRows, ReadModel, project_facts, rebuild};
use service_kit::store::Store;
use service_kit::{Failure, Parts};
use sqlx::{AnyConnection, Row};
use tokio::sync::watch;
use uuid::Uuid;

use crate::world::{Place, World};

const PATIENCE: Duration = Duration::from_secs(30);

const SEEN: ReadModel = ReadModel::of_tables("watching.seen", &["seen"]);

struct Seen;

#[async_trait]
impl FactRows for Seen {
    fn model(&self) -> ReadModel {
        SEEN
    }

    fn facts(&self) -> &'static [&'static str] {
        &["watched"]
    }

    async fn put(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        _event: &CaseEvent,
    ) -> Result<(), Failure> {
        sqlx::query("INSERT INTO seen (position, stream) VALUES ($1, $2)")
            .bind(i64::try_from(committed.position).unwrap())
            .bind(committed.stream.to_string())
            .execute(rows)
            .await?;
        Ok(())
    }
}

/// A replica that writes the rows.
struct Replica {
    store: Store,
    subscription: Subscription,
    _parts: Parts,
}

async fn replica(world: &World) -> Replica {
    let (parts, store) = (world.replica().await, world.place.open().await);
    let subscription = project_facts(&parts, &store, Seen).await.unwrap();
    Replica { store, subscription, _parts: parts }
}

async fn seen(store: &Store) -> (i64, i64) {
    let row = sqlx::query("SELECT COUNT(*), COALESCE(MAX(position), 0) FROM seen")
        .fetch_one(store.pool())
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

async fn reached(replicas: &[&Replica], head: u64) {
    for replica in replicas {
        tokio::time::timeout(PATIENCE, replica.subscription.wait_until(head)).await.unwrap().unwrap();
    }
}

async fn both_go_on_and_every_fact_is_there_once(place: Place) {
    let world = World::over(place);
    let (one, two) = (replica(&world).await, replica(&world).await);
    let mut head = 0;
    for round in 0..60 {
        head = world.record(round % 7, 1 + usize::try_from(round % 5).unwrap()).await;
    }
    reached(&[&one, &two], head).await;
    let head = i64::try_from(head).unwrap();
    assert_eq!(seen(&one.store).await, (head, head));
    world.place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_write_every_fact_once_in_a_file() {
    both_go_on_and_every_fact_is_there_once(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_write_every_fact_once_on_postgres() {
    both_go_on_and_every_fact_is_there_once(Place::postgres().await).await;
}

async fn rows_thrown_away_come_back(place: Place) {
    let world = World::over(place);
    let (one, two) = (replica(&world).await, replica(&world).await);
    let head = world.record(1, 40).await;
    reached(&[&one, &two], head).await;
    let operator = world.place.open().await;
    rebuild(&operator, &SEEN).await.unwrap();

    // Although nothing more is recorded.
    let whole = (i64::try_from(head).unwrap(), i64::try_from(head).unwrap());
    let again = async { while seen(&operator).await != whole {} };
    tokio::time::timeout(PATIENCE, again).await.unwrap();

    rebuild(&operator, &SEEN).await.unwrap();
    let head = world.record(2, 3).await;
    let whole = (i64::try_from(head).unwrap(), i64::try_from(head).unwrap());
    let again = async {
        while seen(&operator).await != whole {
            // A consumer that found a gap waits by the clock before it asks anew.
            world.clock.advance(Duration::from_secs(1));
        }
    };
    tokio::time::timeout(PATIENCE, again).await.unwrap();
    reached(&[&one, &two], head).await;
    world.place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_thrown_away_come_back_in_a_file() {
    rows_thrown_away_come_back(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_thrown_away_come_back_on_postgres() {
    rows_thrown_away_come_back(Place::postgres().await).await;
}

/// A log that fails once, in the middle of being read.
struct Interrupted {
    log: Arc<dyn EventLog>,
    failed: AtomicBool,
}

#[async_trait]
impl EventLog for Interrupted {
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        self.log.append(append).await
    }

    async fn read_stream(&self, stream: StreamId, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        self.log.read_stream(stream, after, limit).await
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        if after > 0 && !self.failed.swap(true, Ordering::SeqCst) {
            return Err(Error::Unavailable("the connection was cut".to_owned()));
        }
        self.log.read_all(after, limit).await
    }

    async fn head(&self) -> Result<u64, Error> {
        self.log.head().await
    }

    async fn last_recorded_at(&self) -> Result<Option<Timestamp>, Error> {
        self.log.last_recorded_at().await
    }

    async fn find_command(&self, stream: StreamId, id: Uuid) -> Result<Option<CommandRecord>, Error> {
        self.log.find_command(stream, id).await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.log.watch()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_could_not_all_be_written_anew_are_written_later() {
    let world = World::over(Place::file());
    let (mut parts, store) = (world.replica().await, world.place.open().await);
    let log = Arc::new(Interrupted { log: Arc::clone(&world.log), failed: AtomicBool::new(false) });
    parts.log = log.clone();
    let subscription = project_facts(&parts, &store, Seen).await.unwrap();
    let head = world.record(1, 600).await;
    tokio::time::timeout(PATIENCE, subscription.wait_until(head)).await.unwrap().unwrap();

    let operator = world.place.open().await;
    rebuild(&operator, &SEEN).await.unwrap();
    let whole = (i64::try_from(head).unwrap(), i64::try_from(head).unwrap());
    let again = async { while seen(&operator).await != whole {} };
    tokio::time::timeout(PATIENCE, again).await.unwrap();
    assert!(log.failed.load(Ordering::SeqCst), "it was not interrupted");
    world.place.remove().await;
}
