//! A log that commits and does not say so, or is away for a while: the command goes on with its id.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use case::Case;
use event_log::{Append, Appended, CommandRecord, Committed, Error, EventLog, StreamId};
use jiff::Timestamp;
use service_kit::{Executor, Failure};
use tokio::sync::watch;
use uuid::Uuid;

use crate::world::{Place, World, open_case};

/// A log whose next answers are lost on their way.
struct Forgetful {
    log: Arc<dyn EventLog>,
    lost: AtomicU32,
    /// Whether what it does not answer has been done.
    commits: bool,
}

#[async_trait]
impl EventLog for Forgetful {
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        let lost = self.lost.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if lost.is_ok() {
            if self.commits {
                self.log.append(append).await?;
            }
            return Err(Error::Unavailable("the connection was cut".to_owned()));
        }
        self.log.append(append).await
    }

    async fn read_stream(&self, stream: StreamId, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        self.log.read_stream(stream, after, limit).await
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

    async fn find_command(&self, stream: StreamId, id: Uuid) -> Result<Option<CommandRecord>, Error> {
        self.log.find_command(stream, id).await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.log.watch()
    }
}

/// Opens a case over a log that does not answer so often; the positions it has then.
async fn open(lost: u32, commits: bool) -> (Result<service_kit::Outcome<Case>, Failure>, u64) {
    let world = World::over(Place::file());
    let mut parts = world.replica().await;
    parts.log = Arc::new(Forgetful { log: Arc::clone(&world.log), lost: AtomicU32::new(lost), commits });
    let outcome = Executor::new(&parts, "opening").execute(open_case()).await;
    (outcome, world.log.head().await.unwrap())
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_and_answered_once() {
    let (outcome, head) = open(1, true).await;
    let outcome = outcome.unwrap();
    assert!(outcome.repeated && outcome.events.len() == 2 && outcome.position == Some(2));
    assert_eq!(head, 2);
}

#[tokio::test]
async fn a_log_that_is_away_for_a_moment_is_waited_for() {
    let (outcome, head) = open(3, false).await;
    assert!(!outcome.unwrap().repeated);
    assert_eq!(head, 2);
}

#[tokio::test]
async fn a_log_that_stays_away_is_told_to_the_caller() {
    let (outcome, head) = open(u32::MAX, false).await;
    assert!(matches!(outcome, Err(Failure::Away(_))));
    assert_eq!(head, 0);
}
