//! Replicas of a consumer share its work, and miss nothing when NATS loses everything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ambient::{SeededIds, SystemClock};
use async_trait::async_trait;
use event_bus::nats::{NatsBus, RelayState, connect, migrate};
use event_bus::{Consumer, EventBus, Filter, HandleError, Handler, Projection};
use event_log::Committed;
use scratch::shared::Database;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::world::{PATIENCE, World, new_log, record};

/// How often each position was handled, and by which replica last.
#[derive(Default)]
struct Book(Mutex<BTreeMap<u64, (u32, usize)>>);

struct Writes {
    book: Arc<Book>,
    replica: usize,
}

#[async_trait]
impl Handler for Writes {
    async fn handle(&self, event: &Committed) -> Result<(), HandleError> {
        // Time for the other replica to take its share.
        tokio::task::yield_now().await;
        let mut book = self.book.0.lock().unwrap();
        let entry = book.entry(event.position).or_default();
        *entry = (entry.0 + 1, self.replica);
        Ok(())
    }
}

async fn database() -> Database {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    migrate(&mut admin).await.unwrap();
    database
}

async fn replica(world: &World, database: &Database, book: &Arc<Book>, replica: usize) -> NatsBus {
    let store = PgPoolOptions::new().max_connections(2).connect_lazy(&database.url).unwrap();
    let client = connect(&world.options).await.unwrap();
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SeededIds::new(1)));
    let bus = NatsBus::open(client, &world.options, store, Arc::clone(&world.log), clock, ids).await.unwrap();
    let handler = Writes { book: Arc::clone(book), replica };
    let consumer = Consumer::reactions("tests.on_thing_happened", Filter::all(), 4);
    bus.subscribe(consumer, Arc::new(handler)).await.unwrap();
    bus
}

/// What a projection was fed with, in order.
#[derive(Default)]
struct Lines(Mutex<Vec<Uuid>>);

#[async_trait]
impl Projection for Lines {
    async fn position(&self) -> Result<u64, HandleError> {
        Ok(self.0.lock().unwrap().len() as u64)
    }

    async fn apply(&self, events: &[Committed]) -> Result<(), HandleError> {
        self.0.lock().unwrap().extend(events.iter().map(|event| event.event_id));
        Ok(())
    }
}

async fn all_done(bus: &NatsBus, head: u64) {
    for subscription in bus.subscriptions() {
        tokio::time::timeout(PATIENCE, subscription.wait_until(head)).await.unwrap().unwrap();
    }
}

async fn done(buses: &[&NatsBus], head: u64) {
    for bus in buses {
        let subscription = bus.subscriptions().remove(0);
        tokio::time::timeout(PATIENCE, subscription.wait_until(head)).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_the_work_and_do_each_once() {
    let (world, database, book) = (World::new().await, database().await, Arc::default());
    let _relay = world.relay().await;
    let one = replica(&world, &database, &book, 1).await;
    let two = replica(&world, &database, &book, 2).await;
    let mut head = 0;
    // Until both have had some: which one JetStream gives a message to is its own affair.
    for round in 0..50 {
        head = record(&*world.log, round, 40).await;
        done(&[&one, &two], head).await;
        let book = book.0.lock().unwrap();
        if [1, 2].iter().all(|replica| book.values().any(|(_, by)| by == replica)) {
            break;
        }
    }
    let kept = std::mem::take(&mut *book.0.lock().unwrap());
    assert_eq!(kept.keys().copied().collect::<Vec<_>>(), (1..=head).collect::<Vec<_>>());
    assert!(kept.values().all(|(times, _)| *times == 1));
    assert!([1, 2].iter().all(|replica| kept.values().any(|(_, by)| by == replica)), "one did everything");
    one.shutdown().await;
    two.shutdown().await;
    database.drop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_when_nats_loses_everything() {
    let (mut world, database, book) = (World::new().await, database().await, Arc::default());
    let _relay = world.relay().await;
    let bus = replica(&world, &database, &book, 1).await;
    let before = record(&*world.log, 1, 200).await;
    done(&[&bus], before).await;

    world.nats.kill().await.unwrap();
    std::fs::remove_dir_all(world.nats.store()).unwrap();
    record(&*world.log, 2, 50).await;
    world.nats.start_again().await.unwrap();
    let head = record(&*world.log, 3, 50).await;
    done(&[&bus], head).await;
    let kept = std::mem::take(&mut *book.0.lock().unwrap());
    assert_eq!(kept.keys().copied().collect::<Vec<_>>(), (1..=head).collect::<Vec<_>>());
    bus.shutdown().await;

    // Its place was kept beside the log: whoever takes over begins there.
    let later = tokio::time::timeout(Duration::from_secs(10), replica(&world, &database, &book, 2)).await;
    let last = record(&*world.log, 4, 1).await;
    done(&[&later.unwrap()], last).await;
    assert_eq!(book.0.lock().unwrap().keys().copied().collect::<Vec<_>>(), [last]);
    database.drop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_not_done_again_when_nats_is_set_back_to_an_older_disk() {
    let (mut world, database, book) = (World::new().await, database().await, Arc::default());
    let _relay = world.relay().await;
    let bus = replica(&world, &database, &book, 1).await;
    let early = record(&*world.log, 1, 40).await;
    done(&[&bus], early).await;
    let older = tempfile::tempdir().unwrap();
    world.nats.kill().await.unwrap();
    World::copy(&world.nats.store(), older.path());
    world.nats.start_again().await.unwrap();
    let later = record(&*world.log, 2, 200).await;
    done(&[&bus], later).await;

    world.nats.kill().await.unwrap();
    World::copy(older.path(), &world.nats.store());
    world.nats.start_again().await.unwrap();
    // All that came after the copy is delivered once more, and then what is new.
    let head = record(&*world.log, 3, 10).await;
    done(&[&bus], head).await;
    let kept = std::mem::take(&mut *book.0.lock().unwrap());
    assert_eq!(kept.keys().copied().collect::<Vec<_>>(), (1..=head).collect::<Vec<_>>());
    let again: Vec<_> =
        kept.iter().filter(|(_, (times, _))| *times > 1).map(|(position, _)| *position).collect();
    assert_eq!(again, Vec::<u64>::new(), "handled again");
    bus.shutdown().await;
    database.drop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_ahead_of_a_restored_log_is_not_believed_until_it_is_removed() {
    let (mut world, database, book) = (World::new().await, database().await, Arc::default());
    let relay = world.relay().await;
    let before = record(&*world.log, 1, 40).await;
    world.stream_is_the_log().await;
    drop(relay);

    // The log is what it was a moment ago; what came after it is in the stream only.
    world.log = new_log();
    let restored = record(&*world.log, 1, 30).await;
    let mut relay = world.relay().await;
    relay.comes_to(|state| matches!(state, RelayState::Refused(_))).await;
    let bus = replica(&world, &database, &book, 1).await;
    let lines = Arc::new(Lines::default());
    bus.project(Consumer::projection("tests.lines", Filter::all()), lines.clone()).await.unwrap();
    // Both read the log instead, and see what is recorded there and nothing else.
    let head = record(&*world.log, 2, 3).await;
    assert!(restored < head && head < before);
    let both = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        let (handled, lines) =
            (|| book.0.lock().unwrap().len() as u64, || lines.0.lock().unwrap().len() as u64);
        while handled() < head || lines() < head {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, both).await.unwrap();

    world.jetstream().await.delete_stream("EVENTS_0").await.unwrap();
    let head = record(&*world.log, 3, 20).await;
    relay.comes_to(|state| *state == RelayState::Active).await;
    world.stream_is_the_log().await;
    all_done(&bus, head).await;
    let log = world.log.read_all(0, 1_000).await.unwrap();
    let logged: Vec<_> = log.iter().map(|event| event.event_id).collect();
    assert_eq!(*lines.0.lock().unwrap(), logged);
    assert_eq!(book.0.lock().unwrap().keys().copied().collect::<Vec<_>>(), (1..=head).collect::<Vec<_>>());
    bus.shutdown().await;
    database.drop().await.unwrap();
}
