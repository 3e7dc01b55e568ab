//! Handing spans over to a collector, which may be slow, dead, or never answer. Whoever ends a span never waits:
//! what the queue has no room for is dropped, and counted.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::metrics::Counter;
use opentelemetry::trace::SpanContext;
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor,
};

use super::sampling::Share;

/// Spans that wait at most: some ten megabytes.
pub(super) const QUEUE: usize = 8_192;
/// Spans handed over at a time.
const BATCH: usize = 512;
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

/// The processor: decides what was left undecided, and puts what is kept into the queue.
#[derive(Debug)]
pub(super) struct HandOver {
    share: Share,
    fate: Fate,
    next: BatchSpanProcessor,
}

impl HandOver {
    pub(super) fn to<E: SpanExporter + 'static>(exporter: E, share: Share, fate: Fate) -> Self {
        let counted = Counted { exporter, fate: fate.clone(), said: Mutex::default() };
        // A little more than our own bound, which so is the one that counts.
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE + BATCH)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(Duration::from_secs(1))
            .build();
        Self { share, fate, next: BatchSpanProcessor::new(counted, config) }
    }
}

impl SpanProcessor for HandOver {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.next.on_start(span, context);
    }

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
        self.next.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let stopped = self.next.shutdown_with_timeout(timeout);
        let dropped = self.fate.dropped.load(Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(dropped, "spans were dropped: the collector did not take them in time");
        }
        stopped
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
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

/// The exporter, its successes and failures counted and now and then said.
#[derive(Debug)]
struct Counted<E> {
    exporter: E,
    fate: Fate,
    said: Mutex<Option<Instant>>,
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        self.fate.leave(spans);
        let exported = self.exporter.export(batch).await;
        self.fate.took(spans, exported.is_ok());
        if let Err(error) = &exported {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.is_none_or(|said| said.elapsed() >= SAY_AGAIN) {
                *said = Some(Instant::now());
                let dropped = self.fate.dropped.load(Ordering::Relaxed);
                tracing::warn!(%error, spans, dropped, "spans could not be handed over and are lost");
            }
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
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
}
