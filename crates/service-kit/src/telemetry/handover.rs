//! Handing over to a collector, which may be slow, dead, or never answer. Whoever ends a span or writes a line never
//! waits: what the queue has no room for is dropped, and counted.
//!
//! A record is written down where it comes from (adr/0029): the queue holds bytes, and the thread that hands them over
//! neither reads records nor frees what others allocated.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::metrics::Counter;
use opentelemetry::{InstrumentationScope, KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use super::otlp::encoding;

/// Records that wait at most: some five megabytes of spans.
pub(super) const QUEUE: usize = 8_192;
/// Records handed over at a time.
const BATCH: usize = 512;
/// What a span of this system takes, and a little more: it is written without growing.
const RECORD_BYTES: usize = 1_024;
/// How long a record waits for others at most.
const DELAY: Duration = Duration::from_secs(1);
/// How often it is said in the log that records get lost.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// What is handed over; each kind has a queue, a thread and figures of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Spans,
    Lines,
}

impl Signal {
    /// What people call its records, and its thread.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Lines => "lines",
        }
    }
}

/// What became of records. Clones count together.
#[derive(Debug, Clone)]
pub(super) struct Fate {
    waiting: Arc<AtomicUsize>,
    dropped: Arc<AtomicU64>,
    processed: Counter<u64>,
    exported: Counter<u64>,
}

impl Fate {
    /// After the meter provider was set.
    pub(super) fn of(signal: Signal) -> Self {
        let meter = global::meter("casetrail");
        let counter = |name, unit, description| {
            let counter = meter.u64_counter(name).with_unit(unit).with_description(description).build();
            counter.add(0, &[]);
            counter
        };
        let (processed, exported) = match signal {
            Signal::Spans => (
                counter(
                    "otel.sdk.processor.span.processed",
                    "{span}",
                    "Spans that went on to the exporter, or were dropped because the queue was full.",
                ),
                counter(
                    "otel.sdk.exporter.span.exported",
                    "{span}",
                    "Spans that a collector took, or that could not be handed over.",
                ),
            ),
            Signal::Lines => (
                counter(
                    "otel.sdk.processor.log.processed",
                    "{log_record}",
                    "Log lines that went on to the exporter, or were dropped because the queue was full.",
                ),
                counter(
                    "otel.sdk.exporter.log.exported",
                    "{log_record}",
                    "Log lines that a collector took, or that could not be handed over.",
                ),
            ),
        };
        Self { waiting: Arc::default(), dropped: Arc::default(), processed, exported }
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

    /// It came when nothing was handed over any more.
    fn came_too_late(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.dropped.fetch_add(1, Ordering::Relaxed);
        self.processed.add(1, &[KeyValue::new("error.type", "already_shutdown")]);
    }

    fn leave(&self, records: usize) {
        self.waiting.fetch_sub(records, Ordering::Relaxed);
        self.processed.add(records as u64, &[]);
    }

    /// Records that found no room.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn took(&self, records: usize, well: bool) {
        let lost = [KeyValue::new("error.type", "unavailable")];
        self.exported.add(records as u64, if well { &[] } else { &lost });
    }
}

/// Takes records, as the body of an OTLP request.
pub(super) trait Collector: Send + 'static {
    /// Blocks until they are taken, or are lost, in words. What it took may be told as well: that it refused some.
    fn take(&self, body: Vec<u8>) -> Result<Option<String>, String>;
}

/// Records, written down one behind the other, by their scopes.
#[derive(Debug, Default)]
struct Batch {
    records: usize,
    scopes: Vec<(InstrumentationScope, Vec<u8>)>,
}

impl Batch {
    /// A record, whose fields they are.
    fn add(&mut self, scope: &InstrumentationScope, fields: &[u8]) {
        self.records += 1;
        if let Some((last, bytes)) = self.scopes.last_mut()
            && last == scope
        {
            encoding::record(bytes, fields);
            return;
        }
        // Spans have one scope, and lines are few: the first one is given room for all.
        let room = if self.scopes.is_empty() { BATCH * RECORD_BYTES } else { fields.len() };
        let mut bytes = Vec::with_capacity(room);
        encoding::record(&mut bytes, fields);
        self.scopes.push((scope.clone(), bytes));
    }
}

/// What waits, and how far handing over is.
#[derive(Debug, Default)]
struct State {
    filling: Batch,
    /// Nothing is added to these any more.
    full: VecDeque<Batch>,
    /// Records that came, ever.
    came: u64,
    /// Records of which it is known whether the collector took them, ever.
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
            .or_else(|| (is_due && self.filling.records > 0).then(|| std::mem::take(&mut self.filling)))
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

    /// Puts a record into the queue; false when that is over.
    fn push(&self, scope: &InstrumentationScope, fields: &[u8]) -> bool {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.is_over {
            return false;
        }
        state.filling.add(scope, fields);
        state.came += 1;
        if state.filling.records == BATCH {
            state.full.push_back(std::mem::take(&mut state.filling));
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

    fn settle(&self, records: usize) {
        self.lock().settled += records as u64;
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

/// The way to a collector. Clones are the same way.
#[derive(Debug, Clone)]
pub(super) struct HandOver(Arc<Way>);

#[derive(Debug)]
struct Way {
    fate: Fate,
    queue: Queue,
}

impl HandOver {
    /// Hands over to `collector`, from a thread of its own, what `resource` did.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn to(
        collector: impl Collector,
        resource: Resource,
        signal: Signal,
        fate: Fate,
    ) -> std::io::Result<Self> {
        let way = Arc::new(Way { fate, queue: Queue::default() });
        let from = Arc::clone(&way);
        let handing_over = move || hand_over(&from, &collector, &resource, signal);
        std::thread::Builder::new().name(signal.name().to_owned()).spawn(handing_over)?;
        Ok(Self(way))
    }

    /// Takes a record, if there is room for it; its fields are written only then.
    pub(super) fn push(&self, scope: &InstrumentationScope, write: impl FnOnce(&mut Vec<u8>)) {
        if self.0.fate.enter() {
            let mut fields = Vec::with_capacity(RECORD_BYTES);
            write(&mut fields);
            self.put(scope, &fields);
        }
    }

    /// Likewise, one whose fields are written already.
    pub(super) fn push_written(&self, scope: &InstrumentationScope, fields: &[u8]) {
        if self.0.fate.enter() {
            self.put(scope, fields);
        }
    }

    fn put(&self, scope: &InstrumentationScope, fields: &[u8]) {
        let Way { fate, queue } = &*self.0;
        if !queue.push(scope, fields) {
            fate.came_too_late();
        }
    }

    /// Waits until what came was handed over, so long at most.
    pub(super) fn flush(&self, timeout: Duration) -> OTelSdkResult {
        self.0.queue.flush(false, timeout)
    }

    /// Likewise, and takes nothing any more.
    pub(super) fn stop(&self, timeout: Duration) -> OTelSdkResult {
        self.0.queue.flush(true, timeout)
    }

    /// Records that found no room so far.
    pub(super) fn dropped(&self) -> u64 {
        self.0.fate.dropped()
    }
}

/// Until nothing comes any more: successes and failures counted, and failures now and then said.
fn hand_over(way: &Way, collector: &impl Collector, resource: &Resource, signal: Signal) {
    let Way { fate, queue } = way;
    let (records, mut said) = (signal.name(), Option::<Instant>::None);
    while let Some(batch) = queue.next() {
        fate.leave(batch.records);
        let taken = collector.take(encoding::request(resource, &batch.scopes));
        fate.took(batch.records, taken.is_ok());
        let is_quiet = said.is_none_or(|said| said.elapsed() >= SAY_AGAIN);
        if is_quiet && !matches!(taken, Ok(None)) {
            said = Some(Instant::now());
        }
        match taken {
            Err(error) if is_quiet => {
                let (lost, dropped) = (batch.records, fate.dropped());
                tracing::warn!(error, lost, dropped, "{records} could not be handed over and are lost");
            }
            Ok(Some(refused)) if is_quiet => {
                tracing::warn!(refused, "the collector took the other {records}");
            }
            _ => {}
        }
        queue.settle(batch.records);
    }
}

#[cfg(test)]
mod tests {
    use super::super::FLUSH;
    use super::*;

    #[test]
    fn the_queue_has_an_end_and_what_it_has_no_room_for_is_counted() {
        let fate = Fate::of(Signal::Spans);
        assert!((0..QUEUE).all(|_| fate.enter()));
        assert!(!fate.enter() && !fate.enter());
        assert_eq!(fate.dropped(), 2);
        fate.leave(BATCH);
        assert!(fate.enter());
    }

    fn scope(name: &'static str) -> InstrumentationScope {
        InstrumentationScope::builder(name).build()
    }

    #[test]
    fn a_batch_is_handed_over_when_it_is_full_and_what_is_left_at_the_end() {
        let queue = Queue::default();
        assert!(queue.push(&scope("one"), b"a") && queue.push(&scope("one"), b"b"));
        assert!(queue.lock().next(false).is_none(), "it waits for others");
        assert!((2..BATCH).all(|_| queue.push(&scope("two"), b"d")));
        let batch = queue.next().unwrap();
        assert_eq!(batch.records, BATCH);
        let (names, bytes): (Vec<_>, Vec<_>) =
            batch.scopes.iter().map(|(scope, bytes)| (scope.name(), bytes.as_slice())).unzip();
        // Each with its key and its length.
        let expected = (vec!["one", "two"], &b"\x12\x01a\x12\x01b"[..], 3 * (BATCH - 2));
        assert_eq!((names, bytes[0], bytes[1].len()), expected);
        assert!(queue.push(&scope("two"), b"e"));
        queue.lock().is_over = true;
        assert_eq!(queue.next().unwrap().scopes, [(scope("two"), b"\x12\x01e".to_vec())]);
        assert!(queue.next().is_none());
        assert!(!queue.push(&scope("two"), b"f"), "nothing comes after the end");
    }

    #[test]
    fn a_flush_waits_for_what_came_before_it_and_says_when_it_was_not_taken_in_time() {
        let queue = Arc::<Queue>::default();
        assert!(queue.push(&scope("one"), b"a"));
        assert!(queue.flush(false, Duration::ZERO).is_err());
        let from = Arc::clone(&queue);
        let handing_over = std::thread::spawn(move || {
            while let Some(batch) = from.next() {
                from.settle(batch.records);
            }
        });
        queue.flush(false, FLUSH).unwrap();
        assert_eq!(queue.lock().settled, 1);
        queue.flush(true, FLUSH).unwrap();
        queue.flush(true, FLUSH).unwrap();
        handing_over.join().unwrap();
    }
}
