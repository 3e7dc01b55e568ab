//! Order within streams: which events wait, which may be tried now, and which are the oldest unfinished.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use event_log::{Committed, StreamId};
use futures_util::FutureExt;

use crate::{HandleError, Handler};

/// The unfinished events of a consumer, one lane for each stream. Only the first of a lane is ever tried.
#[derive(Default)]
pub(crate) struct Lanes {
    by_stream: HashMap<StreamId, Lane>,
    /// Streams whose first event may be tried now. Each lane is here, or being tried, or waiting for a retry.
    ready: VecDeque<StreamId>,
    unfinished: BTreeSet<u64>,
}

#[derive(Default)]
struct Lane {
    events: VecDeque<Arc<Committed>>,
    /// Failed tries of the first event.
    failures: u32,
    /// Tries of it that came to nothing because of something else.
    put_off: u32,
}

impl Lanes {
    /// How many events are unfinished.
    pub(crate) fn len(&self) -> usize {
        self.unfinished.len()
    }

    /// The oldest unfinished position.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.unfinished.first().copied()
    }

    /// Puts an event at the end of its stream's lane.
    pub(crate) fn push(&mut self, event: Arc<Committed>) {
        self.unfinished.insert(event.position);
        let lane = self.by_stream.entry(event.stream).or_default();
        if lane.events.is_empty() {
            self.ready.push_back(event.stream);
        }
        lane.events.push_back(event);
    }

    /// The next event that may be tried; its lane is then being tried.
    pub(crate) fn take_ready(&mut self) -> Option<Arc<Committed>> {
        let stream = self.ready.pop_front()?;
        self.by_stream.get(&stream)?.events.front().cloned()
    }

    /// Whether the first event of the stream was tried before.
    pub(crate) fn was_tried(&self, stream: StreamId) -> bool {
        self.by_stream.get(&stream).is_some_and(|lane| lane.failures > 0 || lane.put_off > 0)
    }

    /// The first event of the stream failed once more; returns how often it has.
    pub(crate) fn failed(&mut self, stream: StreamId) -> u32 {
        let Some(lane) = self.by_stream.get_mut(&stream) else { return 0 };
        lane.failures = lane.failures.saturating_add(1);
        lane.failures
    }

    /// The first event of the stream could not be tried in earnest; returns how often in all it came to nothing.
    pub(crate) fn put_off(&mut self, stream: StreamId) -> u32 {
        let Some(lane) = self.by_stream.get_mut(&stream) else { return 0 };
        lane.put_off = lane.put_off.saturating_add(1);
        lane.put_off.saturating_add(lane.failures)
    }

    /// The first event of the stream may be tried again.
    pub(crate) fn retry(&mut self, stream: StreamId) {
        self.ready.push_back(stream);
    }

    /// The first event of the stream is done with; the next one may be tried.
    pub(crate) fn finish(&mut self, stream: StreamId) {
        let Some(lane) = self.by_stream.get_mut(&stream) else { return };
        if let Some(event) = lane.events.pop_front() {
            self.unfinished.remove(&event.position);
        }
        (lane.failures, lane.put_off) = (0, 0);
        if lane.events.is_empty() {
            self.by_stream.remove(&stream);
        } else {
            self.ready.push_back(stream);
        }
    }
}

/// One try. A handler that panics has failed; it does not take the consumer with it.
pub(crate) async fn attempt(handler: &dyn Handler, event: &Committed) -> Result<(), HandleError> {
    let caught = AssertUnwindSafe(handler.handle(event)).catch_unwind().await;
    caught.unwrap_or_else(|panic| Err(HandleError::Retry(format!("the handler panicked: {}", said(&*panic)))))
}

/// What a panic said.
pub(crate) fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
