//! What is stored beside every event: who, why, and in which trace.

use case::Actor;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Stored as JSON in the log's `meta`. Nothing in it is personal: ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMeta {
    /// Who caused it.
    pub actor: Actor,
    /// The event that this one reacts to; `None` for a caller's command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<Uuid>,
    /// The command at the start of the chain of causes.
    pub correlation_id: Uuid,
    /// W3C trace context of the span that created the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The service that recorded it.
    pub service: String,
    /// What people call the stream (a case's number), once it has such a name: so that whoever reacts can
    /// put it on a span without reading the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoken_name: Option<String>,
}

impl EventMeta {
    /// Reads what the log holds.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The span that created the event.
    pub fn span_context(&self) -> Option<SpanContext> {
        self.traceparent.as_deref().and_then(parse_traceparent)
    }
}

/// A span's place in its trace, as W3C `traceparent`.
pub(crate) fn traceparent_at(span: &SpanContext) -> Option<String> {
    span.is_valid()
        .then(|| format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8()))
}

/// Reads a W3C `traceparent`; `None` if it is not one.
pub fn parse_traceparent(text: &str) -> Option<SpanContext> {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, span, flags] = parts.as_slice() else { return None };
    if *version == "ff" || trace.len() != 32 || span.len() != 16 || flags.len() != 2 {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_reads_back_and_rubbish_is_none() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = parse_traceparent(text).unwrap();
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(context.is_sampled());
        for rubbish in ["", "00-0-0-0", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"] {
            assert!(parse_traceparent(rubbish).is_none());
        }
    }
}
