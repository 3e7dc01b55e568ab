//! What every event bus promises, as tests that run on any of them.
//!
//! A test file names a [`Factory`] and calls `event_bus::contract_tests!(its_factory())`: that makes one
//! test of each promise. To add a promise, write it here and name it in the macro.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ambient::{Clock, Ids, ManualClock, SeededIds};
use async_trait::async_trait;
use event_log::{Append, Committed, EventLog, MemoryLog, NewEvent};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{Consumer, EventBus, Filter, HandleError, Handler, Subscription};

mod delivery;
mod failures;
mod progress;
mod projections;

pub use delivery::*;
pub use failures::*;
pub use progress::*;
pub use projections::*;

/// Makes buses to be tested.
#[async_trait]
pub trait Factory: Send + Sync {
    /// A bus over `log`. Opened again on the same factory, it remembers what the one before kept.
    async fn open(&self, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>) -> Arc<dyn EventBus>;
}

/// Makes one test of each promise, on buses made by the given factory expression.
#[macro_export]
macro_rules! contract_tests {
    ($factory:expr) => {
        $crate::contract_tests!($factory;
            wanted_events_are_delivered_and_no_others,
            order_is_kept_within_a_stream,
            streams_are_worked_on_in_parallel_up_to_the_limit,
            after_a_restart_it_goes_on_where_it_left_off,
            what_was_not_finished_comes_again_after_a_restart,
            what_is_in_hand_is_finished_before_it_stops,
            an_event_that_fails_holds_back_only_its_own_stream,
            while_something_is_away_nothing_is_put_aside,
            after_five_tries_an_event_is_put_aside_and_its_stream_goes_on,
            a_poisoned_event_is_put_aside_at_once,
            a_handler_that_panics_has_failed_a_try,
            a_dead_letter_can_be_shown_and_handled_again,
            a_try_is_the_first_one_once,
            dead_letters_survive_a_restart,
            a_projection_gets_every_event_once_in_order,
            a_projection_that_fails_is_asked_where_it_stands_and_skips_nothing,
            a_projection_gets_only_what_it_wants,
            one_can_wait_for_a_consumer_and_see_how_far_behind_it_is,
            a_consumer_that_makes_no_sense_is_refused,
            waiting_for_a_consumer_that_stops_ends,
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

/// A log, a bus over it, and time that passes only when told to.
struct World<'f, F> {
    factory: &'f F,
    log: Arc<dyn EventLog>,
    bus: Arc<dyn EventBus>,
    clock: ManualClock,
    ids: SeededIds,
}

impl<'f, F: Factory> World<'f, F> {
    async fn open(factory: &'f F, seed: u64) -> Self {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_750_000_000));
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(Arc::new(clock.clone())));
        let bus = factory.open(Arc::clone(&log), Arc::new(clock.clone())).await;
        Self { factory, log, bus, clock, ids: SeededIds::new(seed) }
    }

    /// Stops the bus and opens it again over the same log.
    async fn restart(&mut self) {
        soon("the shutdown", self.bus.shutdown()).await;
        self.bus = self.factory.open(Arc::clone(&self.log), Arc::new(self.clock.clone())).await;
    }

    fn stream(&self) -> Uuid {
        self.ids.new_id(self.clock.now())
    }

    /// Appends one event; returns its position.
    async fn append(&self, stream: Uuid, event_type: &str) -> u64 {
        let event = NewEvent {
            event_id: self.stream(),
            event_type: event_type.to_owned(),
            schema_version: 1,
            meta: Vec::new(),
            payload: Vec::new(),
        };
        let version = self.log.read_stream(stream, 0, usize::MAX).await.unwrap_or_default().len();
        let append = Append {
            stream,
            tenant: "brand".to_owned(),
            expected_version: version as u64,
            command_id: self.stream(),
            fingerprint: [0; 32],
            events: vec![event],
        };
        match self.log.append(append).await {
            Ok(appended) => appended.last_position,
            Err(error) => panic!("the test's event was not appended: {error}"),
        }
    }

    /// Subscribes `handler` to all events, as a consumer named `consumer`.
    async fn subscribe(&self, handler: &Arc<Recorder>) -> Subscription {
        self.subscribe_to(Filter::all(), 4, handler).await
    }

    async fn subscribe_to(&self, filter: Filter, in_flight: usize, handler: &Arc<Recorder>) -> Subscription {
        let consumer = Consumer::reactions("consumer", filter, in_flight);
        match self.bus.subscribe(consumer, Arc::clone(handler) as Arc<dyn Handler>).await {
            Ok(subscription) => subscription,
            Err(error) => panic!("the consumer was refused: {error}"),
        }
    }

    /// Lets time pass until `done` comes.
    async fn while_time_passes<T>(&self, what: &str, done: impl Future<Output = T>) -> T {
        let passing = async {
            loop {
                self.clock.advance(Duration::from_millis(100));
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            value = soon(what, done) => value,
            () = passing => unreachable!("time passes for ever"),
        }
    }
}

/// How the tests' handler answers an event on its n-th try (from 1).
type Answer = Box<dyn Fn(&Committed, u32) -> Result<(), HandleError> + Send + Sync>;

/// A handler that remembers what it was given, and what it did not fail on.
struct Recorder {
    answer: Answer,
    tries: Mutex<Vec<Committed>>,
    /// The position of each try for which a span was asked, and whether it was called the first one.
    begun: Mutex<Vec<(u64, bool)>>,
    handled: watch::Sender<Vec<Committed>>,
    inside: AtomicU32,
    most_inside: watch::Sender<u32>,
    /// Handling goes on while this is true.
    gate: watch::Sender<bool>,
}

impl Recorder {
    fn new(answer: impl Fn(&Committed, u32) -> Result<(), HandleError> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            tries: Mutex::default(),
            begun: Mutex::default(),
            handled: watch::Sender::default(),
            inside: AtomicU32::new(0),
            most_inside: watch::Sender::default(),
            gate: watch::Sender::new(true),
        })
    }

    /// One that can handle everything.
    fn willing() -> Arc<Self> {
        Self::new(|_, _| Ok(()))
    }

    /// The positions handled, in order.
    fn handled(&self) -> Vec<u64> {
        self.handled.borrow().iter().map(|event| event.position).collect()
    }

    /// Of each try of the event at `position`, whether it was called the first one.
    fn first_tries_of(&self, position: u64) -> Vec<bool> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.iter().filter(|(at, _)| *at == position).map(|(_, is_first)| *is_first).collect()
    }

    /// How often the event at `position` was tried.
    fn tries_of(&self, position: u64) -> usize {
        let tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.iter().filter(|event| event.position == position).count()
    }

    /// Waits until so many events are handled.
    async fn has_handled(&self, count: usize) {
        let mut handled = self.handled.subscribe();
        let done = handled.wait_for(|handled| handled.len() >= count);
        assert!(soon(&format!("handling {count} events"), done).await.is_ok());
    }

    /// Waits until so many events are being handled at the same time.
    async fn has_inside(&self, count: u32) {
        let mut inside = self.most_inside.subscribe();
        let done = inside.wait_for(|inside| *inside >= count);
        assert!(soon(&format!("handling {count} events at a time"), done).await.is_ok());
    }
}

#[async_trait]
impl Handler for Recorder {
    async fn handle(&self, event: &Committed) -> Result<(), HandleError> {
        let tried = {
            let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
            tries.push(event.clone());
            tries.iter().filter(|other| other.position == event.position).count()
        };
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_inside.send_modify(|most| *most = (*most).max(inside));
        let mut gate = self.gate.subscribe();
        let opened = gate.wait_for(|open| *open).await.is_ok();
        self.inside.fetch_sub(1, Ordering::SeqCst);
        assert!(opened, "the recorder lives as long as its gate");
        let answer = (self.answer)(event, u32::try_from(tried).unwrap_or(u32::MAX));
        if answer.is_ok() {
            self.handled.send_modify(|handled| handled.push(event.clone()));
        }
        answer
    }

    fn span(&self, event: &Committed, is_first: bool) -> tracing::Span {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push((event.position, is_first));
        tracing::Span::none()
    }
}

/// Fails a test that waits for something that does not come.
async fn soon<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(Duration::from_secs(30), waiting).await else {
        panic!("{what} did not happen within 30 seconds");
    };
    value
}

/// Waits until everything up to `position` is done.
async fn done_until(subscription: &Subscription, position: u64) {
    let reached = soon(&format!("reaching position {position}"), subscription.wait_until(position)).await;
    assert_eq!(reached, Ok(()));
}
