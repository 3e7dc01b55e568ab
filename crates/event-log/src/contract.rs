//! What every event log promises, as tests that run on any of them.
//!
//! A test file names a [`Factory`] and calls `event_log::contract_tests!(its_factory())`: that makes one
//! test of each promise. To add a promise, write it here and name it in the macro.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ambient::{Clock, Ids, ManualClock, SeededIds};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{Append, Appended, Committed, EventLog, NewEvent};

mod chains;
mod commands;
mod concurrency;
mod reading;

pub use chains::*;
pub use commands::*;
pub use concurrency::*;
pub use reading::*;

/// Makes logs to be tested.
#[async_trait]
pub trait Factory: Send + Sync {
    /// A new, empty log that is told the time by `clock`.
    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn EventLog>;

    /// Whether an append is done as soon as it is asked for: then no caller can leave in the middle of one.
    fn answers_at_once(&self) -> bool {
        false
    }
}

/// Makes one test of each promise, on logs made by the given factory expression.
#[macro_export]
macro_rules! contract_tests {
    ($factory:expr) => {
        $crate::contract_tests!($factory;
            an_append_at_the_expected_version_is_read_back_as_it_was_given,
            a_version_that_is_not_the_streams_conflicts_and_tells_the_streams,
            a_repeated_command_gets_its_first_result_at_any_later_time,
            a_command_id_used_again_with_another_body_is_refused,
            a_command_id_means_something_only_within_its_stream,
            another_tenant_is_refused_and_told_nothing,
            what_can_never_be_recorded_is_refused_as_invalid,
            of_concurrent_appends_to_one_stream_exactly_one_wins,
            a_conflict_fails_only_its_caller,
            positions_have_no_gap_under_concurrency,
            concurrent_repeats_of_one_command_are_recorded_once,
            of_a_thousand_callers_who_leave_at_any_moment_none_leaves_anything_half_done,
            recorded_at_never_decreases_when_the_clock_steps_back,
            hashes_are_the_same_on_every_database,
            an_untouched_log_verifies,
            pages_follow_each_other_without_gap_or_overlap,
            a_large_append_is_recorded_whole,
            whoever_watches_is_woken_after_the_commit,
        );
    };
    ($factory:expr; $($promise:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                $crate::contract::$promise(&$factory).await;
            }
        )+
    };
}

/// A clock that can be set to any moment, also an earlier one.
#[derive(Debug)]
struct SettableClock {
    now: Mutex<Timestamp>,
}

impl SettableClock {
    fn new(now: Timestamp) -> Self {
        Self { now: Mutex::new(now) }
    }

    fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

#[async_trait]
impl Clock for SettableClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep_until(&self, _moment: Timestamp) {
        // No log waits for a moment; if one did, its test would hang here and say so.
        std::future::pending::<()>().await;
    }
}

/// The moment at which the tests' clocks start.
fn start() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_750_000_000)
}

/// A new log with a clock that stands still, and the ids for one test.
async fn fixture(factory: &impl Factory, seed: u64) -> (Arc<dyn EventLog>, ManualClock, SeededIds) {
    let clock = ManualClock::new(start());
    let log = factory.open(Arc::new(clock.clone())).await;
    (log, clock, SeededIds::new(seed))
}

fn id(ids: &SeededIds) -> Uuid {
    ids.new_id(start())
}

/// A command with `events` events for `stream` at `expected_version`.
fn command(ids: &SeededIds, stream: Uuid, expected_version: u64, events: usize) -> Append {
    let event = |number: usize| NewEvent {
        event_id: id(ids),
        event_type: format!("stage.thing_{number}_happened"),
        schema_version: 1,
        meta: format!(r#"{{"number":{number}}}"#).into_bytes(),
        payload: vec![0, 159, 146, 150, u8::try_from(number % 256).unwrap_or(0)],
    };
    Append {
        stream,
        tenant: "brand".to_owned(),
        expected_version,
        command_id: id(ids),
        fingerprint: [7; 32],
        events: (0..events).map(event).collect(),
    }
}

/// Asserts that the append is recorded anew, and returns where.
async fn accepted(log: &Arc<dyn EventLog>, append: Append) -> Appended {
    match log.append(append).await {
        Ok(appended) if !appended.duplicate => appended,
        other => panic!("expected a new append, got {other:?}"),
    }
}

/// Everything in the log.
async fn everything(log: &Arc<dyn EventLog>) -> Vec<Committed> {
    match log.read_all(0, usize::MAX).await {
        Ok(events) => events,
        Err(error) => panic!("the log could not be read: {error}"),
    }
}

/// Fails a test that waits for something that does not come.
async fn soon<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(Duration::from_secs(30), waiting).await else {
        panic!("{what} did not happen within 30 seconds");
    };
    value
}
