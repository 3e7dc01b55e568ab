//! What is promised of the embedded bus beyond the contract: bounded memory, few checkpoint writes, wake-ups
//! that get lost, and files it will not use.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ambient::{Ids, ManualClock, SeededIds};
use async_trait::async_trait;
use event_bus::{Consumer, EmbeddedBus, EventBus, Filter, HandleError, Handler, OpenError};
use event_log::{Append, Appended, CommandRecord, Committed, Error, EventLog, MemoryLog, NewEvent};
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::sync::watch;
use uuid::Uuid;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_second(1_750_000_000).unwrap()))
}

fn ids() -> Arc<SeededIds> {
    Arc::new(SeededIds::new(1))
}

async fn fill(log: &dyn EventLog, ids: &SeededIds, streams: usize, events: usize) {
    for _ in 0..streams {
        let event = NewEvent {
            event_id: ids.new_id(Timestamp::UNIX_EPOCH),
            event_type: "stage.happened".to_owned(),
            schema_version: 1,
            meta: Vec::new(),
            payload: Vec::new(),
        };
        let append = Append {
            stream: ids.new_id(Timestamp::UNIX_EPOCH),
            tenant: "brand".to_owned(),
            expected_version: 0,
            command_id: ids.new_id(Timestamp::UNIX_EPOCH),
            fingerprint: [0; 32],
            events: vec![event; events],
        };
        log.append(append).await.unwrap();
    }
}

async fn soon<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap()
}

/// Handles events up to a position; later ones wait in its hands until it is opened further.
struct Gated {
    open_to: watch::Sender<u64>,
    handled: watch::Sender<u64>,
}

impl Gated {
    fn open_to(position: u64) -> Arc<Self> {
        Arc::new(Self { open_to: watch::Sender::new(position), handled: watch::Sender::new(0) })
    }
}

#[async_trait]
impl Handler for Gated {
    async fn handle(&self, event: &Committed) -> Result<(), HandleError> {
        self.open_to.subscribe().wait_for(|open_to| event.position <= *open_to).await.unwrap();
        self.handled.send_modify(|handled| *handled += 1);
        Ok(())
    }
}

/// A log that says how far it has been read, and may keep its head to itself.
struct Observed {
    log: MemoryLog,
    read_to: watch::Sender<u64>,
    silent: Option<watch::Sender<u64>>,
    missing: AtomicU64,
}

impl Observed {
    fn new(silent: bool) -> Arc<Self> {
        let silent = silent.then(watch::Sender::default);
        Arc::new(Self {
            log: MemoryLog::new(clock()),
            read_to: watch::Sender::new(0),
            silent,
            missing: AtomicU64::new(0),
        })
    }
}

#[async_trait]
impl EventLog for Observed {
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        self.log.append(append).await
    }

    async fn read_stream(&self, stream: Uuid, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        self.log.read_stream(stream, after, limit).await
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        let mut page = self.log.read_all(after, limit).await?;
        let missing = self.missing.load(Ordering::SeqCst);
        page.retain(|event| event.position != missing);
        let last = page.last().map_or(0, |event| event.position);
        self.read_to.send_modify(|read_to| *read_to = (*read_to).max(last));
        Ok(page)
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

    fn watch(&self) -> watch::Receiver<u64> {
        self.silent.as_ref().map_or_else(|| self.log.watch(), watch::Sender::subscribe)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_consumer_does_not_draw_the_whole_log_into_memory() {
    let log = Observed::new(false);
    fill(&*log, &ids(), 5_000, 1).await;
    let bus = EmbeddedBus::in_memory(log.clone(), clock(), ids()).await.unwrap();
    let handler = Gated::open_to(100);
    let consumer = Consumer::reactions("slow", Filter::all(), 8);
    let subscription = bus.subscribe(consumer, handler.clone()).await.unwrap();
    soon(handler.handled.subscribe().wait_for(|handled| *handled == 100)).await.unwrap();
    let mut read_to = log.read_to.subscribe();
    soon(read_to.wait_for(|read_to| *read_to >= 1_024)).await.unwrap();
    assert!(*read_to.borrow() <= 1_024 + 100, "it read to {}", *read_to.borrow());
    handler.open_to.send_replace(u64::MAX);
    soon(subscription.wait_until(5_000)).await.unwrap();
    assert_eq!(*handler.handled.borrow(), 5_000);
    soon(bus.shutdown()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_nobody_announces_is_found_by_the_slow_poll() {
    let log = Observed::new(true);
    let bus = EmbeddedBus::in_memory(log.clone(), clock(), ids()).await.unwrap();
    let bus = bus.with_safety_poll(Duration::from_millis(5));
    let handler = Gated::open_to(10);
    let consumer = Consumer::reactions("deaf", Filter::all(), 8);
    let subscription = bus.subscribe(consumer, handler).await.unwrap();
    fill(&*log, &ids(), 1, 3).await;
    soon(subscription.wait_until(3)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_with_a_gap_is_not_read_past_it() {
    let log = Observed::new(false);
    log.missing.store(3, Ordering::SeqCst);
    fill(&*log, &ids(), 5, 1).await;
    let bus = EmbeddedBus::in_memory(log.clone(), clock(), ids()).await.unwrap();
    let bus = bus.with_safety_poll(Duration::from_millis(5));
    let handler = Gated::open_to(10);
    let consumer = Consumer::reactions("careful", Filter::all(), 8);
    let subscription = bus.subscribe(consumer, handler.clone()).await.unwrap();
    soon(log.read_to.subscribe().wait_for(|read_to| *read_to == 5)).await.unwrap();
    assert_eq!((subscription.checkpoint(), *handler.handled.borrow()), (0, 0));
    log.missing.store(0, Ordering::SeqCst);
    soon(subscription.wait_until(5)).await.unwrap();
    assert_eq!(*handler.handled.borrow(), 5);
}

async fn kept(path: &Path) -> Option<i64> {
    let mut conn = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::query_scalar("SELECT position FROM checkpoint").fetch_optional(&mut conn).await.unwrap()
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus.db");
    (folder, path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_is_kept_while_a_consumer_is_busy_and_never_ahead_of_what_is_done() {
    let (_folder, path) = file();
    let log = Observed::new(false);
    fill(&*log, &ids(), 1_000, 1).await;
    let bus = EmbeddedBus::open(&path, log.clone(), clock(), ids()).await.unwrap();
    let handler = Gated::open_to(700);
    let consumer = Consumer::reactions("busy", Filter::all(), 8);
    bus.subscribe(consumer, handler.clone()).await.unwrap();
    soon(handler.handled.subscribe().wait_for(|handled| *handled == 700)).await.unwrap();
    // It has not been idle once; still something is kept, so that a crash now repeats only the last few:
    // with 700 done and at least every 256 kept, what is kept is above 444.
    let position = soon(async {
        loop {
            match kept(&path).await {
                Some(position) if position > 444 => break position,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    assert!(position <= 700, "{position} is kept, 700 are done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_shorter_than_the_checkpoint_is_read_from_its_beginning() {
    let (_folder, path) = file();
    for events in [20, 5] {
        let log = Observed::new(false);
        fill(&*log, &ids(), 1, events).await;
        let bus = EmbeddedBus::open(&path, log.clone(), clock(), ids()).await.unwrap();
        let handler = Gated::open_to(100);
        let consumer = Consumer::reactions("faithful", Filter::all(), 8);
        let subscription = bus.subscribe(consumer, handler.clone()).await.unwrap();
        soon(subscription.wait_until(events as u64)).await.unwrap();
        assert_eq!(*handler.handled.borrow(), events as u64);
        soon(bus.shutdown()).await;
        assert_eq!(kept(&path).await, Some(i64::try_from(events).unwrap()));
    }
}

#[tokio::test]
async fn a_file_that_is_not_its_own_is_refused_by_name() {
    let (_folder, path) = file();
    let log: Arc<dyn EventLog> = Observed::new(false);
    let open = || EmbeddedBus::open(&path, Arc::clone(&log), clock(), ids());
    open().await.unwrap().shutdown().await;
    let run = async |sql: &'static str| {
        let mut conn = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    };
    run("PRAGMA user_version = 2").await;
    assert_eq!(open().await.err(), Some(OpenError::Newer { path: path.clone(), found: 2, known: 1 }));
    run("PRAGMA application_id = 0").await;
    assert_eq!(open().await.err(), Some(OpenError::Foreign { path: path.clone() }));
    let missing = path.parent().unwrap().join("missing").join("bus.db");
    let refused = EmbeddedBus::open(&missing, Arc::clone(&log), clock(), ids()).await.err();
    assert!(matches!(refused, Some(OpenError::Database { path, .. }) if path == missing));
}
