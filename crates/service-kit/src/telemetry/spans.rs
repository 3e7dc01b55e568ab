//! Spans that have ended, on their way into the queue before the collector.

use opentelemetry::trace::SpanContext;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::FLUSH;
use super::handover::HandOver;
use super::otlp::encoding;
use super::sampling::Share;

/// The processor: decides what was left undecided, and hands over what is kept.
#[derive(Debug)]
pub(super) struct Ended {
    share: Share,
    to: HandOver,
}

impl Ended {
    /// Hands over `to` a collector the spans of this share of all cases.
    pub(super) fn new(share: Share, to: HandOver) -> Self {
        Self { share, to }
    }
}

impl SpanProcessor for Ended {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, mut span: SpanData) {
        if !self.share.keeps_ended(&span) {
            return;
        }
        let known = &span.span_context;
        if !known.is_sampled() {
            let flags = known.trace_flags().with_sampled(true);
            let (trace, id, state) = (known.trace_id(), known.span_id(), known.trace_state().clone());
            span.span_context = SpanContext::new(trace, id, flags, false, state);
        }
        once_each(&mut span.attributes);
        self.to.push(&span.instrumentation_scope, |to| encoding::span(to, &span));
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.to.flush(FLUSH)
    }

    fn shutdown_with_timeout(&self, timeout: std::time::Duration) -> OTelSdkResult {
        let stopped = self.to.stop(timeout);
        let dropped = self.to.dropped();
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
}
