//! Delivers single events: in order within a stream, up to `in_flight` streams at a time.
//!
//! One task owns all of a consumer's state and starts a task for each try. An event that waits for its
//! retry takes no place among those in flight. Memory is bounded: nothing more is read while so many
//! events are unfinished that a page would make them more than [`READ_AHEAD`].

use std::sync::Arc;

use event_log::{Committed, StreamId};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::Inner;
use super::lanes::{Lanes, attempt};
use super::source::{PAGE, Source};
use crate::{Backoff, Consumer, HandleError, Handler, TRIES};

/// Most events that are unfinished at a time.
const READ_AHEAD: usize = 1_024;

/// The checkpoint is kept at least once in so many positions: as many may come again after a crash.
const KEEP_EVERY: u64 = 256;

/// A consumer of reactions, at work.
pub(crate) struct Reacting {
    inner: Inner,
    consumer: Consumer,
    in_flight: usize,
    handler: Arc<dyn Handler>,
    source: Box<dyn Source>,
    lanes: Lanes,
    trying: JoinSet<Tried>,
    waiting: FuturesUnordered<BoxFuture<'static, StreamId>>,
    checkpoint: watch::Sender<u64>,
    kept: u64,
    /// True when something was handled since the checkpoint was last kept.
    handled: bool,
    stop: CancellationToken,
}

struct Tried {
    event: Arc<Committed>,
    result: Result<(), HandleError>,
    /// Open until it is acknowledged.
    span: Span,
}

/// Why the consumer goes on.
enum Wake {
    Tried(Tried),
    RetryDue(StreamId),
    LookAgain,
}

impl Reacting {
    pub(crate) fn new(
        inner: Inner,
        consumer: Consumer,
        in_flight: usize,
        handler: Arc<dyn Handler>,
        source: Box<dyn Source>,
        checkpoint: watch::Sender<u64>,
        stop: CancellationToken,
    ) -> Self {
        let kept = source.reached(None);
        Self {
            inner,
            consumer,
            in_flight,
            handler,
            source,
            lanes: Lanes::default(),
            trying: JoinSet::new(),
            waiting: FuturesUnordered::new(),
            checkpoint,
            kept,
            handled: false,
            stop,
        }
    }

    /// Works until stopped; then finishes what is in hand and keeps the checkpoint.
    pub(crate) async fn run(mut self) {
        while !self.stop.is_cancelled() {
            self.read_ahead().await;
            self.start_ready();
            let wake = self.wait().await;
            self.on(wake).await;
            while let Some(done) = self.trying.try_join_next() {
                self.on(joined(done)).await;
            }
            self.keep_checkpoint().await;
        }
        while let Some(done) = self.trying.join_next().await {
            self.on(joined(done)).await;
        }
        self.source.give_back(&*self.handler).await;
        self.keep_checkpoint().await;
    }

    /// Reads a page if there is one, and room for it.
    async fn read_ahead(&mut self) {
        if !self.has_room() || !self.source.has_more() {
            return;
        }
        for event in self.source.next().await {
            if self.consumer.filter.matches(&event.event_type) {
                self.lanes.push(event);
            } else {
                self.source.settled(&event, &*self.handler).await;
            }
        }
        self.publish_checkpoint();
    }

    fn has_room(&self) -> bool {
        self.lanes.len() + PAGE <= READ_AHEAD
    }

    fn start_ready(&mut self) {
        while self.trying.len() < self.in_flight
            && let Some(event) = self.lanes.take_ready()
        {
            let handler = Arc::clone(&self.handler);
            let is_first = !self.lanes.was_tried(event.stream) && self.source.is_first(&event);
            let span = handler.span(&event, is_first);
            let within = span.clone();
            let try_it = async move {
                let result = attempt(&*handler, &event).await;
                Tried { event, result, span }
            };
            self.trying.spawn(try_it.instrument(within));
        }
    }

    async fn wait(&mut self) -> Wake {
        let has_room = self.has_room();
        tokio::select! {
            Some(done) = self.trying.join_next() => joined(done),
            Some(stream) = self.waiting.next() => Wake::RetryDue(stream),
            () = self.source.more(), if has_room => Wake::LookAgain,
            () = self.stop.cancelled() => Wake::LookAgain,
        }
    }

    async fn on(&mut self, wake: Wake) {
        match wake {
            Wake::Tried(Tried { event, result, span }) => {
                async {
                    match result {
                        Ok(()) => self.finish(&event).await,
                        Err(error) => self.failed(&event, error).await,
                    }
                }
                .instrument(span)
                .await;
            }
            Wake::RetryDue(stream) => self.lanes.retry(stream),
            Wake::LookAgain => self.publish_checkpoint(),
        }
    }

    async fn finish(&mut self, event: &Committed) {
        self.lanes.finish(event.stream);
        self.source.settled(event, &*self.handler).await;
        self.handled = true;
        self.publish_checkpoint();
    }

    async fn failed(&mut self, event: &Committed, error: HandleError) {
        let (reason, failures, hopeless) = match error {
            HandleError::Retry(reason) => {
                let failures = self.lanes.failed(event.stream);
                (reason, failures, failures >= TRIES)
            }
            HandleError::Away(reason) => (reason, self.lanes.put_off(event.stream), false),
            HandleError::Poison(reason) => (reason, self.lanes.failed(event.stream), true),
        };
        let (consumer, position) = (&self.consumer.name, event.position);
        // What could not be kept must not be passed over: it is tried again.
        if hopeless && self.inner.put_aside(consumer, event, failures, &reason).await {
            tracing::error!(consumer, position, failures, reason, "an event was put aside as a dead letter");
            self.finish(event).await;
            return;
        }
        tracing::warn!(consumer, position, failures, reason, "an event could not be handled; trying again");
        let wait = Backoff::STANDARD.wait(failures, &*self.inner.ids);
        let (clock, stream) = (Arc::clone(&self.inner.clock), event.stream);
        let due = clock.now() + wait;
        self.waiting.push(Box::pin(async move {
            clock.sleep_until(due).await;
            stream
        }));
    }

    /// Everything at or below this position is done, or was not wanted.
    fn reached(&self) -> u64 {
        self.source.reached(self.lanes.oldest())
    }

    fn publish_checkpoint(&self) {
        let reached = self.reached();
        self.checkpoint.send_if_modified(|checkpoint| std::mem::replace(checkpoint, reached) != reached);
    }

    /// Keeps the checkpoint when everything in hand is done, or at last after so many positions: not once
    /// an event.
    async fn keep_checkpoint(&mut self) {
        let reached = self.reached();
        let drained = self.handled && self.lanes.len() == 0;
        let far = reached >= self.kept + KEEP_EVERY;
        if reached == self.kept || !(drained || far || self.stop.is_cancelled()) {
            return;
        }
        match self.inner.store.keep_checkpoint(&self.consumer.name, reached).await {
            Ok(()) => (self.kept, self.handled) = (reached, false),
            // Nothing is lost by it: events may come again after a restart.
            Err(error) => tracing::warn!(consumer = self.consumer.name, %error, "a checkpoint was not kept"),
        }
    }
}

/// The handler's own panics are caught, so a task can only fail by being aborted with the runtime.
fn joined(done: Result<Tried, tokio::task::JoinError>) -> Wake {
    done.map_or(Wake::LookAgain, Wake::Tried)
}
