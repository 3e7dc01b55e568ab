//! Replicas of a consumer share its work, and miss nothing when NATS loses everything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ambient::{SeededIds, SystemClock};
use async_trait::async_trait;
use event_bus::nats::{NatsBus, connect, migrate};
use event_bus::{Consumer, EventBus, Filter, HandleError, Handler};
use event_log::Committed;
use scratch::shared::Database;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection};

use crate::world::{PATIENCE, World, record};

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
