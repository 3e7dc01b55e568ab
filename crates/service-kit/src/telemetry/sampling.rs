//! Which spans are kept. All, unless a share was configured; then whole cases are kept or left out, by a hash
//! of the case's id: every process decides alike, on whatever day it meets the case.
//!
//! A call's span begins before the request is read, and so before its case is known. It is recorded without
//! a decision, and kept or dropped at its end; everything within it knows its case when it begins.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample, SpanData};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::CASE_ID;

/// The share of cases whose spans are kept, from 0 to 1. Clones are the same share.
#[derive(Debug, Clone)]
pub(super) struct Share(Arc<AtomicU64>);

impl Share {
    pub(super) fn new(share: f64) -> Self {
        Self(Arc::new(AtomicU64::new(share.to_bits())))
    }

    /// From now on. What has begun is decided by the new share where it was not decided yet.
    pub(super) fn set(&self, share: f64) {
        self.0.store(share.to_bits(), Ordering::Relaxed);
    }

    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    fn is_all(&self) -> bool {
        self.get() >= 1.0
    }

    /// Whether spans of a case are kept.
    pub(super) fn keeps(&self, case: Uuid) -> bool {
        self.is_all() || self.keeps_case(case.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }

    /// Whether a span of a case is kept that stands within another one, or begins a trace.
    pub(super) fn keeps_within(&self, parent: Option<&SpanContext>, case: Uuid) -> bool {
        self.keeps_call(parent).unwrap_or_else(|| self.keeps(case))
    }

    /// Whether the span of a call is kept whose case is not known yet; nothing where that is decided at its end.
    pub(super) fn keeps_call(&self, parent: Option<&SpanContext>) -> Option<bool> {
        self.is_all().then(|| parent.is_none_or(SpanContext::is_sampled))
    }

    /// Whether a span that ended is kept, if that was not decided at its beginning.
    pub(super) fn keeps_at_last(&self, case: Option<Uuid>, trace: TraceId) -> bool {
        case.map_or_else(|| self.keeps_trace(trace), |case| self.keeps(case))
    }

    /// Whether the case of this id is kept.
    pub(super) fn keeps_case(&self, id: &str) -> bool {
        let digest = Sha256::digest(id.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        self.keeps_number(u64::from_be_bytes(first))
    }

    fn keeps_trace(&self, trace: TraceId) -> bool {
        let bytes = trace.to_bytes();
        let mut last = [0; 8];
        last.copy_from_slice(&bytes[8..]);
        self.keeps_number(u64::from_be_bytes(last))
    }

    /// `number` is one of all that there are, each as likely as the other.
    #[expect(clippy::cast_precision_loss, reason = "which of two neighbours is kept does not matter")]
    fn keeps_number(&self, number: u64) -> bool {
        (number as f64) < self.get() * (u64::MAX as f64)
    }

    /// Likewise, a span that the SDK has kept until then.
    pub(super) fn keeps_ended(&self, span: &SpanData) -> bool {
        if span.span_context.is_sampled() {
            return true;
        }
        match case_of(&span.attributes) {
            Some(case) => self.keeps_case(&case),
            None => self.keeps_trace(span.span_context.trace_id()),
        }
    }
}

fn case_of(attributes: &[KeyValue]) -> Option<Cow<'_, str>> {
    let case = attributes.iter().find(|attribute| attribute.key.as_str() == CASE_ID)?;
    Some(case.value.as_str())
}

impl ShouldSample for Share {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        _name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let parent = parent.map(|parent| parent.span().span_context().clone());
        let parent = parent.filter(SpanContext::is_valid);
        let keep = |keep| if keep { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop };
        let all = self.is_all();
        let decision = match (&parent, case_of(attributes)) {
            (Some(parent), _) if all => keep(parent.is_sampled()),
            (None, _) if all => SamplingDecision::RecordAndSample,
            (_, Some(case)) => keep(self.keeps_case(&case)),
            (_, None) if *kind == SpanKind::Server => SamplingDecision::RecordOnly,
            (Some(parent), None) => keep(parent.is_sampled()),
            (None, None) => keep(self.keeps_trace(trace)),
        };
        let trace_state: TraceState =
            parent.map_or_else(TraceState::default, |parent| parent.trace_state().clone());
        SamplingResult { decision, attributes: Vec::new(), trace_state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(share: f64, kind: &SpanKind, case: Option<&str>, trace: u128) -> SamplingDecision {
        let attributes: Vec<KeyValue> =
            case.map(|case| KeyValue::new(CASE_ID, case.to_owned())).into_iter().collect();
        Share::new(share).should_sample(None, trace.into_trace(), "a span", kind, &attributes, &[]).decision
    }

    trait IntoTrace {
        fn into_trace(self) -> TraceId;
    }

    impl IntoTrace for u128 {
        fn into_trace(self) -> TraceId {
            TraceId::from_bytes(self.to_be_bytes())
        }
    }

    #[test]
    fn everything_is_kept_unless_a_share_was_set() {
        assert_eq!(decide(1.0, &SpanKind::Server, None, 1), SamplingDecision::RecordAndSample);
        assert_eq!(decide(1.0, &SpanKind::Client, Some("x"), u128::MAX), SamplingDecision::RecordAndSample);
        assert_eq!(decide(0.0, &SpanKind::Client, Some("x"), 1), SamplingDecision::Drop);
    }

    #[test]
    fn a_case_is_kept_or_left_out_in_whatever_trace_and_span_it_comes() {
        let mut kept = 0;
        for number in 0..2_000_u128 {
            let case = uuid::Uuid::from_u128(number).to_string();
            let first = decide(0.25, &SpanKind::Producer, Some(&case), 1);
            for (kind, trace) in [(SpanKind::Consumer, u128::MAX), (SpanKind::Server, 7)] {
                assert_eq!(decide(0.25, &kind, Some(&case), trace), first, "{case}");
            }
            kept += u32::from(first == SamplingDecision::RecordAndSample);
        }
        assert!((400..600).contains(&kept), "about a quarter of 2000, not {kept}");
    }

    #[test]
    fn a_case_that_a_small_share_keeps_is_kept_by_any_larger_one() {
        for number in 0..500_u128 {
            let case = uuid::Uuid::from_u128(number).to_string();
            let kept = |share| Share::new(share).keeps_case(&case);
            assert!(!kept(0.1) || kept(0.2), "{case}");
        }
    }

    #[test]
    fn a_call_whose_case_is_not_known_yet_is_recorded_without_a_decision() {
        assert_eq!(decide(0.25, &SpanKind::Server, None, 1), SamplingDecision::RecordOnly);
        assert_eq!(decide(0.25, &SpanKind::Internal, None, 1), SamplingDecision::RecordAndSample);
        assert_eq!(decide(0.25, &SpanKind::Internal, None, u128::MAX), SamplingDecision::Drop);
    }
}
