//! Watching a case: resumed, live, slow, and ended by shutdown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ambient::ManualClock;
use async_trait::async_trait;
use contracts::history::v1 as pb;
use contracts::history::v1::history_service_server::HistoryService;
use event_log::{Append, Appended, CommandRecord, Committed, Error, EventLog, MemoryLog};
use jiff::Timestamp;
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::world::{CASE, World, by_an_auditor, message, player};

/// A log that counts the facts read from streams.
struct Counting {
    log: MemoryLog,
    read: AtomicUsize,
}

#[async_trait]
impl EventLog for Counting {
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        self.log.append(append).await
    }
    async fn read_stream(&self, stream: Uuid, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        let facts = self.log.read_stream(stream, after, limit).await?;
        self.read.fetch_add(facts.len(), Ordering::SeqCst);
        Ok(facts)
    }
    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        self.log.read_all(after, limit).await
    }
    async fn head(&self) -> Result<u64, Error> {
        self.log.head().await
    }
    async fn last_recorded_at(&self) -> Result<Option<Timestamp>, Error> {
        self.log.last_recorded_at().await
    }
    async fn find_command(&self, stream: Uuid, command_id: Uuid) -> Result<Option<CommandRecord>, Error> {
        self.log.find_command(stream, command_id).await
    }
    fn watch(&self) -> tokio::sync::watch::Receiver<u64> {
        self.log.watch()
    }
}

type Entries = <history::History as HistoryService>::WatchCaseStream;

async fn watch(world: &World, after_version: u64) -> Result<Entries, Status> {
    let request = pb::WatchCaseRequest { case: CASE.to_string(), after_version };
    world.history.watch_case(by_an_auditor(request)).await.map(tonic::Response::into_inner)
}

/// The versions of the next `count` entries.
async fn versions(entries: &mut Entries, count: usize) -> Vec<u64> {
    let next = entries.take(count).map(|told| told.unwrap().entry.unwrap().version).collect();
    tokio::time::timeout(Duration::from_secs(10), next).await.expect("the entries come")
}

#[tokio::test]
async fn a_watch_tells_what_is_there_and_then_what_comes() {
    let world = World::new().await;
    world.open().await;
    let mut entries = watch(&world, 0).await.unwrap();
    assert_eq!(versions(&mut entries, 2).await, [1, 2]);
    world.write("one").await;
    world.write("two").await;
    assert_eq!(versions(&mut entries, 2).await, [3, 4]);
}

#[tokio::test]
async fn a_watch_resumes_after_a_version_without_gap_or_repeat() {
    let world = World::new().await;
    world.open().await;
    let mut first = watch(&world, 0).await.unwrap();
    assert_eq!(versions(&mut first, 2).await, [1, 2]);
    drop(first);
    world.write("while nobody looked").await;
    let mut again = watch(&world, 2).await.unwrap();
    world.write("and after").await;
    assert_eq!(versions(&mut again, 2).await, [3, 4]);
}

#[tokio::test]
async fn watchers_see_every_version_in_order_while_many_write() {
    let world = World::new().await;
    world.open().await;
    let mut early = watch(&world, 0).await.unwrap();
    for _ in 0..20 {
        world.record(&player(), (0..3).map(|n| message(&n.to_string())).collect()).await;
    }
    let mut late = watch(&world, 31).await.unwrap();
    assert_eq!(versions(&mut early, 62).await, (1..=62).collect::<Vec<u64>>());
    assert_eq!(versions(&mut late, 31).await, (32..=62).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_slow_client_costs_a_handful_of_entries_and_loses_none() {
    let clock = ManualClock::new("2026-11-22T10:00:00Z".parse().unwrap());
    let log = Arc::new(Counting { log: MemoryLog::new(Arc::new(clock.clone())), read: AtomicUsize::new(0) });
    let world = World::over(clock, log.clone()).await;
    world.open().await;
    world.record(&player(), (0..500).map(|n| message(&n.to_string())).collect()).await;
    let mut slow = watch(&world, 0).await.unwrap();
    log.read.store(0, Ordering::SeqCst);
    assert_eq!(versions(&mut slow, 100).await, (1..=100).collect::<Vec<u64>>());
    let read = log.read.load(Ordering::SeqCst);
    assert!((100..150).contains(&read), "{read} facts were read for 100 that were taken");
    assert_eq!(versions(&mut slow, 402).await, (101..=502).collect::<Vec<u64>>());
}

#[tokio::test]
async fn shutdown_ends_a_watch_with_unavailable_so_that_clients_resume() {
    let world = World::new().await;
    world.open().await;
    let mut entries = watch(&world, 0).await.unwrap();
    assert_eq!(versions(&mut entries, 2).await, [1, 2]);
    let stuck = watch(&world, 0).await.unwrap();
    assert!(world.parts.shutdown.stop(Duration::from_secs(10)).await, "no watcher holds the shutdown up");
    let status = entries.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.get_error_details().retry_info().is_some());
    let last = stuck.collect::<Vec<_>>().await.pop().unwrap();
    assert_eq!(last.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_watch_of_nothing_or_from_the_future_is_refused() {
    let world = World::new().await;
    let Err(nothing) = watch(&world, 0).await else { panic!("there is no case") };
    assert_eq!(nothing.code(), Code::NotFound);
    world.open().await;
    let Err(future) = watch(&world, 3).await else { panic!("there is no version 3") };
    assert_eq!(future.code(), Code::InvalidArgument);
}
