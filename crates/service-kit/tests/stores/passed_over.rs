//! Two replicas that are fed by hand: one passes over events that change no row for it, while the other
//! writes rows in between. Whoever is first, the rows are those of the last event.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use case::{Aggregate, Case};
use event_bus::{Consumer, DeadLetter, EmbeddedBus, Error, EventBus, Handler, Projection, Subscription};
use event_log::{Committed, EventLog, MemoryLog};
use service_kit::projection::{Before, CaseRows, ReadModel, position, project_cases};
use service_kit::store::Store;
use service_kit::{Executor, Failure, Parts};
use sqlx::{AnyConnection, Row};

use crate::world::{Place, World};

const PATIENCE: Duration = Duration::from_secs(30);

const ODD: ReadModel = ReadModel::of_tables("watching.odd", &["seen"]);

/// A row for each stream that is at an odd version.
struct Odd;

fn has_row(case: &Case) -> bool {
    case.version() % 2 == 1
}

#[async_trait]
impl CaseRows for Odd {
    fn model(&self) -> ReadModel {
        ODD
    }

    fn unchanged(&self, before: Option<&Case>, after: &Case) -> bool {
        before.is_some_and(has_row) == has_row(after)
    }

    async fn put_all(&self, rows: &mut AnyConnection, cases: &[(&Before, &Case)]) -> Result<(), Failure> {
        for (_, case) in cases {
            let stream = case.id.to_string();
            sqlx::query("DELETE FROM seen WHERE stream = $1").bind(&stream).execute(&mut *rows).await?;
            if has_row(case) {
                let number = i64::try_from(case.id.0.as_u128()).unwrap();
                let insert = sqlx::query("INSERT INTO seen (position, stream) VALUES ($1, $2)");
                insert.bind(number).bind(&stream).execute(&mut *rows).await?;
            }
        }
        Ok(())
    }
}

/// A bus that brings nothing by itself: it keeps the projection, to be fed by hand.
struct Silent {
    bus: EmbeddedBus,
    projection: Mutex<Option<Arc<dyn Projection>>>,
}

#[async_trait]
impl EventBus for Silent {
    async fn subscribe(&self, consumer: Consumer, handler: Arc<dyn Handler>) -> Result<Subscription, Error> {
        self.bus.subscribe(consumer, handler).await
    }

    async fn project(
        &self,
        consumer: Consumer,
        projection: Arc<dyn Projection>,
    ) -> Result<Subscription, Error> {
        *self.projection.lock().unwrap() = Some(Arc::clone(&projection));
        self.bus.project(consumer, projection).await
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        self.bus.subscriptions()
    }

    async fn dead_letters(&self, consumer: Option<&str>, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        self.bus.dead_letters(consumer, limit).await
    }

    async fn dead_letter(&self, consumer: &str, position: u64) -> Result<(DeadLetter, Committed), Error> {
        self.bus.dead_letter(consumer, position).await
    }

    async fn redrive(&self, consumer: &str, position: u64) -> Result<(), Error> {
        self.bus.redrive(consumer, position).await
    }

    async fn shutdown(&self) {
        self.bus.shutdown().await;
    }
}

/// A replica, fed by hand.
struct Replica {
    projection: Arc<dyn Projection>,
    store: Store,
    _parts: Parts,
}

impl Replica {
    async fn start(world: &World) -> Self {
        let mut parts = world.replica().await;
        let empty = Arc::new(MemoryLog::new(Arc::new(world.clock.clone())));
        let bus = EmbeddedBus::in_memory(empty, parts.clock.clone(), parts.ids.clone()).await.unwrap();
        let silent = Arc::new(Silent { bus, projection: Mutex::default() });
        parts.bus = silent.clone();
        let store = world.place.open().await;
        let executor = Executor::new(&parts, "watching");
        project_cases(&parts, &store, &executor, Odd).await.unwrap();
        let projection = silent.projection.lock().unwrap().clone().unwrap();
        projection.position().await.unwrap();
        Self { projection, store, _parts: parts }
    }

    /// Brings it the events from one position to another, in one batch.
    async fn is_fed(&self, log: &dyn EventLog, from: u64, to: u64) {
        let events = log.read_all(from - 1, usize::try_from(to + 1 - from).unwrap()).await.unwrap();
        self.projection.apply(&events).await.unwrap();
    }

    async fn streams_with_rows(&self) -> Vec<i64> {
        let rows = sqlx::query("SELECT position FROM seen ORDER BY position");
        let rows = rows.fetch_all(self.store.pool()).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Waits until the position is kept with the rows.
    async fn keeps(&self, expected: u64) {
        let kept = async { while position(&self.store, ODD.name).await.unwrap() != expected {} };
        tokio::time::timeout(PATIENCE, kept).await.unwrap();
    }
}

async fn passing_over_never_hides_what_another_wrote(place: Place) {
    let world = World::over(place);
    let (one, two) = (Replica::start(&world).await, Replica::start(&world).await);
    let log = world.log.as_ref();
    world.record(1, 1).await;
    one.is_fed(log, 1, 1).await;
    two.is_fed(log, 1, 1).await;
    assert_eq!(one.streams_with_rows().await, [1]);

    // The one sees the row go and come in one batch, and passes over both; the other has removed it.
    world.record(1, 1).await;
    world.record(1, 1).await;
    one.is_fed(log, 2, 3).await;
    two.is_fed(log, 2, 2).await;
    // Now and then the one moves the position on.
    one.keeps(3).await;
    two.is_fed(log, 3, 3).await;
    assert_eq!(two.streams_with_rows().await, [1], "the position was moved on");

    // Once more; this time the one moves the position on because it has a row to write.
    world.record(1, 1).await;
    world.record(1, 1).await;
    world.record(2, 1).await;
    one.is_fed(log, 4, 5).await;
    two.is_fed(log, 4, 4).await;
    one.is_fed(log, 6, 6).await;
    two.is_fed(log, 5, 6).await;
    assert_eq!(two.streams_with_rows().await, [1, 2], "another row was written");

    // What another wrote is not what this one remembers: the row has gone since.
    world.record(2, 1).await;
    two.is_fed(log, 7, 7).await;
    one.is_fed(log, 7, 7).await;
    assert_eq!(one.streams_with_rows().await, [1]);
    // Only now: whoever was overtaken writes what the log has by then.
    world.record(2, 1).await;
    one.is_fed(log, 8, 8).await;
    two.is_fed(log, 8, 8).await;
    assert_eq!(one.streams_with_rows().await, [1, 2]);
    world.place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passing_over_never_hides_what_another_wrote_in_a_file() {
    passing_over_never_hides_what_another_wrote(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passing_over_never_hides_what_another_wrote_on_postgres() {
    passing_over_never_hides_what_another_wrote(Place::postgres().await).await;
}
