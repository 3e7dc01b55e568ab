//! Two replicas watch the same timers: each fires once, and one that hangs holds nobody up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use case::Case;
use jiff::Timestamp;
use service_kit::projection::Derivation;
use service_kit::timers::{Timer, TimerSource, start};
use service_kit::{Executor, Failure, Parts};
use sqlx::Row;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::generations::{check, switch};
use crate::world::{Place, World};

const PATIENCE: Duration = Duration::from_secs(30);

/// The number of the stream whose timers hang until they are let go.
const HANGING: u128 = 3;

/// How often each stream's timer fired, in both replicas together.
struct Fired {
    times: Mutex<BTreeMap<u128, u32>>,
    streams: watch::Sender<usize>,
    let_go: Notify,
}

impl Fired {
    fn new() -> Arc<Self> {
        let (times, streams) = (Mutex::default(), watch::Sender::new(0));
        Arc::new(Self { times, streams, let_go: Notify::new() })
    }
}

/// One timer a stream, due a minute after the world began.
struct Minute {
    due_at: Timestamp,
    hangs: bool,
    fired: Arc<Fired>,
}

#[async_trait]
impl TimerSource for Minute {
    fn name(&self) -> &'static str {
        "watching.timers"
    }

    fn timers(&self, _case: &Case) -> Vec<Timer> {
        vec![Timer { kind: "minute".to_owned(), key: String::new(), due_at: self.due_at }]
    }

    async fn fire(&self, stream: Uuid, _timer: &Timer) -> Result<(), Failure> {
        if self.hangs && stream.as_u128() == HANGING {
            self.fired.let_go.notified().await;
        }
        let streams = {
            let mut times = self.fired.times.lock().unwrap();
            *times.entry(stream.as_u128()).or_default() += 1;
            times.len()
        };
        self.fired.streams.send_replace(streams);
        Ok(())
    }
}

async fn replica(world: &World, hangs: bool, fired: &Arc<Fired>) -> Parts {
    let (parts, store) = (world.replica().await, world.place.open().await);
    let executor = Executor::new(&parts, "watching");
    let due_at = "2026-03-02T09:01:00Z".parse().unwrap();
    let source = Minute { due_at, hangs, fired: Arc::clone(fired) };
    let subscription = start(&parts, &store, &executor, source).await.unwrap();
    let head = world.log.head().await.unwrap();
    tokio::time::timeout(PATIENCE, subscription.wait_until(head)).await.unwrap().unwrap();
    parts
}

async fn reached(fired: &Fired, streams: usize) {
    let mut seen = fired.streams.subscribe();
    tokio::time::timeout(PATIENCE, seen.wait_for(|seen| *seen >= streams)).await.unwrap().unwrap();
}

async fn each_fires_once(place: Place) {
    let world = World::over(place);
    for stream in 1..=50 {
        world.record(stream, 1).await;
    }
    let fired = Fired::new();
    let _one = replica(&world, false, &fired).await;
    let _two = replica(&world, false, &fired).await;
    world.clock.advance(Duration::from_mins(1));
    reached(&fired, 50).await;
    let store = world.place.open().await;
    let none_left = async {
        loop {
            let row = sqlx::query("SELECT COUNT(*) FROM timer").fetch_one(store.pool()).await.unwrap();
            if row.get::<i64, _>(0) == 0 {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, none_left).await.unwrap();
    assert_eq!(*fired.times.lock().unwrap(), (1..=50).map(|stream| (stream, 1)).collect());
    world.place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_of_two_replicas_fire_once_on_postgres() {
    each_fires_once(Place::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_does_not_hold_up_the_others() {
    let world = World::over(Place::file());
    for stream in 1..=10 {
        world.record(stream, 1).await;
    }
    let fired = Fired::new();
    let _one = replica(&world, true, &fired).await;
    world.clock.advance(Duration::from_mins(1));
    reached(&fired, 9).await;
    assert!(!fired.times.lock().unwrap().contains_key(&HANGING));
    fired.let_go.notify_one();
    reached(&fired, 10).await;
    world.place.remove().await;
}

/// Although nothing is recorded any more, and nobody waited for them.
async fn timers_that_were_lost_fire_after_a_switch(place: Place) {
    let world = World::over(place);
    for stream in 1..=10 {
        world.record(stream, 1).await;
    }
    let fired = Fired::new();
    let due_at: Timestamp = "2026-03-02T09:01:00Z".parse().unwrap();
    let derivation = Derivation::timers("watching.timers", move |_| {
        vec![Timer { kind: "minute".to_owned(), key: String::new(), due_at }]
    });
    let one = replica(&world, false, &fired).await;
    assert!(one.shutdown.stop(PATIENCE).await);
    let live = world.place.open().await;
    let lost = sqlx::query("DELETE FROM timer").execute(live.pool()).await.unwrap();
    assert_eq!(lost.rows_affected(), 10);

    let _two = replica(&world, false, &fired).await;
    assert_eq!(check(&world, &live, derivation.clone()).await.differences.len(), 10);
    let switched = switch(&world, &live, derivation.clone()).await;
    assert_eq!((switched.removed, switched.written), (0, 10));
    assert!(check(&world, &live, derivation.clone()).await.differences.is_empty());
    world.clock.advance(Duration::from_mins(1));
    reached(&fired, 10).await;
    // Those that were due and are gone are no difference.
    assert!(check(&world, &live, derivation).await.differences.is_empty());
    assert!(fired.times.lock().unwrap().values().all(|times| *times == 1));
    world.place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_that_were_lost_fire_after_a_switch_in_a_file() {
    timers_that_were_lost_fire_after_a_switch(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_that_were_lost_fire_after_a_switch_on_postgres() {
    timers_that_were_lost_fire_after_a_switch(Place::postgres().await).await;
}
