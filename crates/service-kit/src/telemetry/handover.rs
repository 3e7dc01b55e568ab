//! Handing spans over to a collector, which may be slow, dead, or never answer. Whoever ends a span never waits:
//! what the queue has no room for is dropped, and counted.
//!
//! A span is written down where it ends (adr/0029): the queue holds bytes, and the thread that hands them over neither
//! reads spans nor frees what others allocated.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::metrics::Counter;
use opentelemetry::trace::SpanContext;
use opentelemetry::{Context, InstrumentationScope, KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::FLUSH;
use super::otlp::encoding;
use super::sampling::Share;

/// Spans that wait at most: some five megabytes.
pub(super) const QUEUE: usize = 8_192;
/// Spans handed over at a time.
const BATCH: usize = 512;
/// What a span of this system takes, and a little more: it is written without growing.
const SPAN_BYTES: usize = 1_024;
/// How long a span waits for others at most.
const DELAY: Duration = Duration::from_secs(1);
/// How often it is said in the log that spans get lost.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// What became of spans. Clones count together.
#[derive(Debug, Clone)]
pub(super) struct Fate {
    waiting: Arc<AtomicUsize>,
    dropped: Arc<AtomicU64>,
    processed: Counter<u64>,
    exported: Counter<u64>,
}

impl Fate {
    /// After the meter provider was set.
    pub(super) fn new() -> Self {
        let meter = global::meter("casetrail");
        let counter = |name, description| {
            let counter = meter.u64_counter(name).with_unit("{span}").with_description(description).build();
            counter.add(0, &[]);
            counter
        };
        Self {
            waiting: Arc::default(),
            dropped: Arc::default(),
            processed: counter(
                "otel.sdk.processor.span.processed",
                "Spans that went on to the exporter, or were dropped because the queue was full.",
            ),
            exported: counter(
                "otel.sdk.exporter.span.exported",
                "Spans that a collector took, or that could not be handed over.",
            ),
        }
    }

    /// Makes room for one more; false where there is none.
    fn enter(&self) -> bool {
        let entered = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
            (waiting < QUEUE).then_some(waiting + 1)
        });
        if entered.is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            self.processed.add(1, &[KeyValue::new("error.type", "queue_full")]);
        }
        entered.is_ok()
    }

    /// It ended when nothing was handed over any more.
    fn came_too_late(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.dropped.fetch_add(1, Ordering::Relaxed);
        self.processed.add(1, &[KeyValue::new("error.type", "already_shutdown")]);
    }

    fn leave(&self, spans: usize) {
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        self.processed.add(spans as u64, &[]);
    }

    /// Spans that found no room.
    #[cfg(test)]
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn took(&self, spans: usize, well: bool) {
        let lost = [KeyValue::new("error.type", "unavailable")];
        self.exported.add(spans as u64, if well { &[] } else { &lost });
    }
}

/// Takes spans, as the body of an OTLP request.
pub(super) trait Collector: Send + 'static {
    /// Blocks until they are taken, or are lost, in words.
    fn take(&self, body: Vec<u8>) -> Result<(), String>;
}

/// Spans of one scope, written down one behind the other.
#[derive(Debug, Default)]
struct Batch {
    scope: InstrumentationScope,
    spans: usize,
    bytes: Vec<u8>,
}

/// What waits, and how far handing over is.
#[derive(Debug, Default)]
struct State {
    filling: Batch,
    /// Nothing is added to these any more.
    full: VecDeque<Batch>,
    /// Spans that came, ever.
    came: u64,
    /// Spans of which it is known whether the collector took them, ever.
    settled: u64,
    /// Somebody waits for what came up to here: the rest of a batch is not waited for.
    wanted: u64,
    /// Nothing comes any more.
    is_over: bool,
}

impl State {
    /// What is handed over next. `is_due`: what is there has waited for others long enough.
    fn next(&mut self, is_due: bool) -> Option<Batch> {
        let is_due = is_due || self.is_over || self.settled < self.wanted;
        self.full
            .pop_front()
            .or_else(|| (is_due && self.filling.spans > 0).then(|| std::mem::take(&mut self.filling)))
    }
}

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    /// Told when there is something to hand over.
    came: Condvar,
    /// Told when something was handed over.
    settled: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a span into the queue; false when that is over.
    fn push(&self, scope: &InstrumentationScope, span: &[u8]) -> bool {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.is_over {
            return false;
        }
        if state.filling.spans > 0 && state.filling.scope != *scope {
            state.full.push_back(std::mem::take(&mut state.filling));
        }
        let filling = &mut state.filling;
        if filling.spans == 0 {
            filling.scope = scope.clone();
            filling.bytes.reserve(BATCH * SPAN_BYTES);
        }
        filling.bytes.extend_from_slice(span);
        filling.spans += 1;
        state.came += 1;
        if filling.spans == BATCH {
            state.full.push_back(std::mem::take(filling));
        }
        let is_there = !state.full.is_empty();
        drop(guard);
        if is_there {
            self.came.notify_one();
        }
        true
    }

    /// Waits for something to hand over; nothing when that is over.
    fn next(&self) -> Option<Batch> {
        let mut state = self.lock();
        let mut is_due = false;
        loop {
            if let Some(batch) = state.next(is_due) {
                return Some(batch);
            }
            if state.is_over {
                return None;
            }
            let waited = self.came.wait_timeout(state, DELAY).unwrap_or_else(PoisonError::into_inner);
            (state, is_due) = (waited.0, waited.1.timed_out());
        }
    }

    fn settle(&self, spans: usize) {
        self.lock().settled += spans as u64;
        self.settled.notify_all();
    }

    /// Hands over what has come, and nothing later if that `is_the_end`.
    fn flush(&self, is_the_end: bool, timeout: Duration) -> OTelSdkResult {
        let mut state = self.lock();
        state.is_over |= is_the_end;
        state.wanted = state.came;
        let wanted = state.wanted;
        self.came.notify_one();
        let waited = self.settled.wait_timeout_while(state, timeout, |state| state.settled < wanted);
        let waited = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.1.timed_out() { Err(OTelSdkError::Timeout(timeout)) } else { Ok(()) }
    }
}

/// The processor: decides what was left undecided, and puts what is kept into the queue.
#[derive(Debug)]
pub(super) struct HandOver {
    share: Share,
    fate: Fate,
    queue: Arc<Queue>,
}

impl HandOver {
    /// Hands over to `collector`, from a thread of its own, what `resource` did.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn to(
        collector: impl Collector,
        resource: Resource,
        share: Share,
        fate: Fate,
    ) -> std::io::Result<Self> {
        let queue = Arc::<Queue>::default();
        let (from, counted) = (Arc::clone(&queue), fate.clone());
        let handing_over = move || hand_over(&from, &collector, &resource, &counted);
        std::thread::Builder::new().name("spans".to_owned()).spawn(handing_over)?;
        Ok(Self { share, fate, queue })
    }
}

/// Until nothing comes any more: successes and failures counted, and failures now and then said.
fn hand_over(queue: &Queue, collector: &impl Collector, resource: &Resource, fate: &Fate) {
    let mut said: Option<Instant> = None;
    while let Some(Batch { scope, spans, bytes }) = queue.next() {
        fate.leave(spans);
        let taken = collector.take(encoding::request(resource, &scope, &bytes));
        fate.took(spans, taken.is_ok());
        if let Err(error) = taken
            && said.is_none_or(|said| said.elapsed() >= SAY_AGAIN)
        {
            said = Some(Instant::now());
            let dropped = fate.dropped.load(Ordering::Relaxed);
            tracing::warn!(error, spans, dropped, "spans could not be handed over and are lost");
        }
        queue.settle(spans);
    }
}

impl SpanProcessor for HandOver {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, mut span: SpanData) {
        if !self.share.keeps_ended(&span) || !self.fate.enter() {
            return;
        }
        let known = &span.span_context;
        if !known.is_sampled() {
            let flags = known.trace_flags().with_sampled(true);
            let (trace, id, state) = (known.trace_id(), known.span_id(), known.trace_state().clone());
            span.span_context = SpanContext::new(trace, id, flags, false, state);
        }
        once_each(&mut span.attributes);
        let mut bytes = Vec::with_capacity(SPAN_BYTES);
        encoding::span(&mut bytes, &span);
        if !self.queue.push(&span.instrumentation_scope, &bytes) {
            self.fate.came_too_late();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.flush(false, FLUSH)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let stopped = self.queue.flush(true, timeout);
        let dropped = self.fate.dropped.load(Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(dropped, "spans were dropped: the collector did not take them in time");
        }
        stopped
    }
}

/// An attribute may stand once only, but a span's case is recorded whenever somebody learns of it: the first
/// one counts, for a reaction may send a command to another case later.
fn once_each(attributes: &mut Vec<KeyValue>) {
    let mut kept = 0;
    for index in 0..attributes.len() {
        if attributes[..kept].iter().all(|before| before.key != attributes[index].key) {
            attributes.swap(kept, index);
            kept += 1;
        }
    }
    attributes.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_stands_once_and_the_first_one_counts() {
        let pair = |key, value| KeyValue::new(key, value);
        let mut attributes = vec![pair("a", 1), pair("b", 2), pair("a", 3), pair("c", 4), pair("b", 5)];
        once_each(&mut attributes);
        assert_eq!(attributes, [pair("a", 1), pair("b", 2), pair("c", 4)]);
    }

    #[test]
    fn the_queue_has_an_end_and_what_it_has_no_room_for_is_counted() {
        let fate = Fate::new();
        assert!((0..QUEUE).all(|_| fate.enter()));
        assert!(!fate.enter() && !fate.enter());
        assert_eq!(fate.dropped.load(Ordering::Relaxed), 2);
        fate.leave(BATCH);
        assert!(fate.enter());
    }

    fn scope(name: &'static str) -> InstrumentationScope {
        InstrumentationScope::builder(name).build()
    }

    #[test]
    fn a_batch_is_handed_over_when_it_is_full_or_of_another_scope_and_what_is_left_at_the_end() {
        let queue = Queue::default();
        assert!(queue.push(&scope("one"), b"a") && queue.push(&scope("one"), b"b"));
        assert!(queue.lock().next(false).is_none(), "it waits for others");
        assert!(queue.push(&scope("two"), b"c"));
        let batch = queue.lock().next(false).unwrap();
        assert_eq!((batch.scope, batch.spans, batch.bytes.as_slice()), (scope("one"), 2, &b"ab"[..]));
        assert!((0..BATCH).all(|_| queue.push(&scope("two"), b"d")));
        assert_eq!(queue.next().unwrap().spans, BATCH);
        queue.lock().is_over = true;
        assert_eq!(queue.next().unwrap().bytes, b"d");
        assert!(queue.next().is_none());
        assert!(!queue.push(&scope("two"), b"e"), "nothing comes after the end");
    }

    #[test]
    fn a_flush_waits_for_what_came_before_it_and_says_when_it_was_not_taken_in_time() {
        let queue = Arc::<Queue>::default();
        assert!(queue.push(&scope("one"), b"a"));
        assert!(queue.flush(false, Duration::ZERO).is_err());
        let from = Arc::clone(&queue);
        let handing_over = std::thread::spawn(move || {
            while let Some(batch) = from.next() {
                from.settle(batch.spans);
            }
        });
        queue.flush(false, FLUSH).unwrap();
        assert_eq!(queue.lock().settled, 1);
        queue.flush(true, FLUSH).unwrap();
        queue.flush(true, FLUSH).unwrap();
        handing_over.join().unwrap();
    }
}
