//! The spans of a case's way through log and bus, named as the semantic conventions of messaging name them:
//! `create`, `publish`, `process`, `ack` and `nak`. Each bears the case's id and number.
//!
//! What only a collector reads is not made for a case whose spans are left out (`kept`).

use std::borrow::Cow;
use std::cell::LazyCell;
use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use case::Aggregate;
use event_bus::{Publication, Publishing, Route, Settling};
use event_log::Committed;
use jiff::SignedDuration;
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, Tracer,
};
use opentelemetry::{KeyValue, StringValue};
use opentelemetry_sdk::trace::{SdkTracer, Span as SdkSpan};
use serde::Deserialize;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use uuid::Uuid;

use crate::meta::{parse_traceparent, record_trace_id, traceparent_at};
use crate::metrics::metrics;
use crate::telemetry;

/// An event younger than this continues its creator's trace; an older one starts a trace of its own and links
/// back: a case lives for days, a trace for seconds.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// What spans need of an event's metadata, without a copy. Nothing for metadata that does not read.
#[derive(Default, Deserialize)]
struct Noted<'a> {
    #[serde(borrow, default)]
    traceparent: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    spoken_name: Option<Cow<'a, str>>,
}

impl<'a> Noted<'a> {
    fn of(committed: &'a Committed) -> Self {
        serde_json::from_slice(&committed.meta).unwrap_or_default()
    }

    /// The case's number.
    fn number(&self) -> Option<&str> {
        self.spoken_name.as_deref()
    }

    /// The span that created the event.
    fn creator(&self) -> Option<SpanContext> {
        self.traceparent.as_deref().and_then(parse_traceparent)
    }
}

/// Makes spans of events that are on their way.
#[derive(Clone)]
pub(crate) struct OnTheWay {
    clock: Arc<dyn Clock>,
    route: Arc<Route>,
    /// The route's template, as attributes hold it.
    template: StringValue,
    /// Makes what has no place in log lines; nothing where there is no telemetry.
    tracer: Option<SdkTracer>,
}

impl OnTheWay {
    pub(crate) fn new(clock: &Arc<dyn Clock>, route: Route) -> Self {
        Self::with(clock, route, telemetry::tracer().cloned())
    }

    fn with(clock: &Arc<dyn Clock>, route: Route, tracer: Option<SdkTracer>) -> Self {
        let template = StringValue::from(Arc::<str>::from(route.template.as_str()));
        Self { clock: Arc::clone(clock), route: Arc::new(route), template, tracer }
    }

    /// The span of one try of `consumer` at an event: always linked to its creation, and part of its trace when
    /// it is fresh and comes for the first time.
    pub(crate) fn process(&self, consumer: &str, committed: &Committed, is_first: bool) -> Span {
        let kept = telemetry::keeps(committed.stream);
        // Read only where a span is made.
        let noted = LazyCell::new(|| Noted::of(committed));
        let mut id = Uuid::encode_buffer();
        let id = text_of(committed.stream, &mut id);
        let span = tracing::info_span!(
            parent: None,
            "process event",
            otel.name = kept.then(|| format!("process case.{}", committed.event_type)),
            otel.kind = "consumer",
            otel.status_code = Empty,
            error.type = Empty,
            messaging.system = kept.then_some(self.route.system),
            messaging.destination.template = kept.then_some(self.route.template.as_str()),
            messaging.operation.name = kept.then_some("process"),
            messaging.operation.type = kept.then_some("process"),
            messaging.consumer.group.name = kept.then_some(consumer),
            messaging.message.id = kept.then(|| display(committed.event_id)),
            messaging.message.conversation_id = kept.then_some(id),
            casetrail.case.id = id,
            casetrail.case.number = noted.number(),
            casetrail.service = kept.then(|| service_of(consumer)),
            trace_id = Empty,
        );
        if !span.is_disabled() {
            self.descend(&span, committed, &noted, is_first, kept);
            record_trace_id(&span);
        }
        span
    }

    /// The span of telling the transport, over when it is dropped. An acknowledgement belongs to the try that is
    /// under way; what goes back unhandled had none. Nothing happens inside it, so it is made without a place in
    /// log lines.
    pub(crate) fn settling(
        &self,
        consumer: &'static str,
        committed: &Committed,
        how: Settling,
    ) -> Option<SdkSpan> {
        let tracer = self.tracer.as_ref()?;
        let id = stored_text_of(committed.stream);
        let kept = telemetry::keeps(committed.stream);
        let noted = LazyCell::new(|| Noted::of(committed));
        let mut attributes = Vec::with_capacity(10);
        // What decides stands first.
        attributes.push(KeyValue::new(CASE_ID, id.clone()));
        let mut name = "settle event";
        if kept {
            name = how.name();
            attributes.extend(noted.number().map(|number| KeyValue::new(CASE_NUMBER, number.to_owned())));
            attributes.extend([
                KeyValue::new("messaging.system", self.route.system),
                KeyValue::new("messaging.destination.template", self.template.clone()),
                KeyValue::new("messaging.operation.name", name),
                KeyValue::new("messaging.operation.type", "settle"),
                KeyValue::new("messaging.consumer.group.name", consumer),
                KeyValue::new("messaging.message.id", committed.event_id.to_string()),
                KeyValue::new("messaging.message.conversation_id", id),
                KeyValue::new("casetrail.service", service_of(consumer)),
            ]);
        }
        let span = tracer.span_builder(name).with_kind(SpanKind::Client).with_attributes(attributes);
        let parent = Span::current().context();
        Some(match how {
            Settling::Ack => tracer.build_with_context(span, &parent),
            Settling::Nak => self.descended(tracer, span, parent, committed, &noted),
        })
    }

    /// The span of publishing an event, over when it is dropped. As little happens inside it.
    fn publish(&self, committed: &Committed) -> Option<SdkSpan> {
        let tracer = self.tracer.as_ref()?;
        let kept = telemetry::keeps(committed.stream);
        let noted = Noted::of(committed);
        let id = stored_text_of(committed.stream);
        let mut attributes = Vec::with_capacity(9);
        // What decides stands first.
        attributes.push(KeyValue::new(CASE_ID, id.clone()));
        let mut name = Cow::Borrowed("publish event");
        if kept {
            name = Cow::Owned(format!("publish case.{}", committed.event_type));
            attributes.extend(noted.number().map(|number| KeyValue::new(CASE_NUMBER, number.to_owned())));
            attributes.extend([
                KeyValue::new("messaging.system", self.route.system),
                KeyValue::new("messaging.destination.template", self.template.clone()),
                KeyValue::new("messaging.operation.name", "publish"),
                KeyValue::new("messaging.operation.type", "send"),
                KeyValue::new("messaging.message.id", committed.event_id.to_string()),
                KeyValue::new("messaging.message.conversation_id", id),
                KeyValue::new("casetrail.service", "relay"),
            ]);
        }
        let span = tracer.span_builder(name).with_kind(SpanKind::Client).with_attributes(attributes);
        Some(self.descended(tracer, span, opentelemetry::Context::new(), committed, &noted))
    }

    /// Builds a span that hangs from the creation of its event if that is not long ago, else from `parent`, and links
    /// it there if it is kept.
    fn descended(
        &self,
        tracer: &SdkTracer,
        mut span: SpanBuilder,
        mut parent: opentelemetry::Context,
        committed: &Committed,
        noted: &Noted<'_>,
    ) -> SdkSpan {
        if let Some(creator) = noted.creator() {
            if self.is_fresh(committed) {
                parent = parent.with_remote_span_context(creator.clone());
            }
            if telemetry::keeps(committed.stream) {
                span = span.with_links(vec![Link::with_context(creator)]);
            }
        }
        tracer.build_with_context(span, &parent)
    }

    fn is_fresh(&self, committed: &Committed) -> bool {
        self.clock.now().duration_since(committed.recorded_at) < FRESH
    }

    /// Hangs a span from the creation of its event if that is not long ago, and links it there if it is kept.
    fn descend(&self, span: &Span, committed: &Committed, noted: &Noted<'_>, is_first: bool, kept: bool) {
        let Some(creator) = noted.creator() else { return };
        if is_first && self.is_fresh(committed) {
            hang(span, creator.clone());
        }
        if kept {
            span.add_link(creator);
        }
    }
}

impl Publishing for OnTheWay {
    fn begin(&self, committed: &Committed) -> Box<dyn Publication> {
        Box::new(Publishes(self.publish(committed)))
    }

    fn ended(&self, took: Duration, error: Option<&'static str>) {
        metrics().published(self.route.system, took, error);
    }
}

/// A span of publishing; nothing where there is no telemetry.
struct Publishes(Option<SdkSpan>);

impl Publication for Publishes {
    fn failed(&mut self, error: &'static str) {
        if let Some(span) = &mut self.0 {
            span.set_status(Status::error(""));
            span.set_attribute(KeyValue::new("error.type", error));
        }
    }
}

/// Watches a relay publish: a span each event, and how long it took.
pub fn publishing(clock: &Arc<dyn Clock>, route: Route) -> Arc<dyn Publishing> {
    Arc::new(OnTheWay::new(clock, route))
}

/// The span of doing what a timer says. It begins a trace: what set the timer is long past.
pub(crate) fn timer(source: &str, kind: &str, stream: Uuid) -> Span {
    let kept = telemetry::keeps(stream);
    let span = tracing::info_span!(
        parent: None,
        "fire timer",
        otel.name = kept.then(|| format!("fire {source} {kind}")),
        otel.kind = "internal",
        otel.status_code = Empty,
        error.type = Empty,
        casetrail.case.id = %stream,
        casetrail.case.number = Empty,
        casetrail.service = kept.then(|| service_of(source)),
        trace_id = Empty,
    );
    record_trace_id(&span);
    span
}

/// The span of an append, in which events are created. It is over when this is dropped. No line is written inside it
/// that would not name its case anyway, so it is made without a place in them.
pub(crate) struct Appending(Option<opentelemetry::Context>);

/// What events are created in: the stream, what people call it, and the service that does it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) stream: Uuid,
    pub(crate) name: Option<&'a str>,
    pub(crate) service: &'static str,
}

impl Appending {
    pub(crate) fn begin(database: &'static str, events: usize, named: Named<'_>) -> Self {
        let Some(tracer) = telemetry::tracer() else { return Self(None) };
        let Named { stream, name, service } = named;
        let mut attributes = Vec::with_capacity(6);
        // What decides stands first.
        attributes.push(KeyValue::new(CASE_ID, stored_text_of(stream)));
        if telemetry::keeps(stream) {
            attributes.extend(name.map(|number| KeyValue::new(CASE_NUMBER, number.to_owned())));
            attributes.extend([
                KeyValue::new("db.system.name", database),
                KeyValue::new("db.operation.name", "append"),
                KeyValue::new("db.operation.batch.size", i64::try_from(events).unwrap_or(i64::MAX)),
                KeyValue::new("casetrail.service", service),
            ]);
        }
        let span = tracer.span_builder("append case_events").with_kind(SpanKind::Client);
        let parent = Span::current().context();
        let span = tracer.build_with_context(span.with_attributes(attributes), &parent);
        Self(Some(parent.with_span(span)))
    }

    /// Says that the database failed, how, and with which code if it gave one.
    pub(crate) fn failed(&self, class: &'static str, code: Option<&str>) {
        let Some(context) = &self.0 else { return };
        let span = context.span();
        span.set_status(Status::error(""));
        span.set_attribute(KeyValue::new("error.type", class));
        if let Some(code) = code {
            span.set_attribute(KeyValue::new("db.response.status_code", code.to_owned()));
        }
    }
}

/// The span of one event's creation, over at once: its context is stored with the event, so that whoever
/// publishes it or reacts to it can hang from it or link to it. Nothing happens inside it, so it needs no place in
/// log lines and is made without them.
pub(crate) fn creation(
    appending: &Appending,
    route: &Route,
    named: Named<'_>,
    event_type: &str,
    event_id: Uuid,
) -> Option<String> {
    let (tracer, parent) = (telemetry::tracer()?, appending.0.as_ref()?);
    let Named { stream, name: number, service } = named;
    let id = stored_text_of(stream);
    let mut attributes = Vec::with_capacity(9);
    // What decides stands first.
    attributes.push(KeyValue::new(CASE_ID, id.clone()));
    let mut name = Cow::Borrowed("create event");
    if telemetry::keeps(stream) {
        name = Cow::Owned(format!("create case.{event_type}"));
        attributes.extend(number.map(|number| KeyValue::new(CASE_NUMBER, number.to_owned())));
        attributes.extend([
            KeyValue::new("messaging.system", route.system),
            KeyValue::new("messaging.destination.template", route.template.clone()),
            KeyValue::new("messaging.operation.name", "create"),
            KeyValue::new("messaging.operation.type", "create"),
            KeyValue::new("messaging.message.id", event_id.to_string()),
            KeyValue::new("messaging.message.conversation_id", id),
            KeyValue::new("casetrail.service", service),
        ]);
    }
    let span = tracer.span_builder(name).with_kind(SpanKind::Producer).with_attributes(attributes);
    let mut span = tracer.build_with_context(span, parent);
    span.end();
    traceparent_at(span.span_context())
}

/// Puts the case's id and number on the span of the call or reaction that is under way.
pub(crate) fn mark<A: Aggregate>(state: &A, stream: Uuid) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    let (mut id, number) = (Uuid::encode_buffer(), state.spoken_name());
    tracing::record_all!(span, casetrail.case.id = text_of(stream, &mut id), casetrail.case.number = number);
}

/// An id as attributes hold it: clones are the same text.
fn stored_text_of(id: Uuid) -> StringValue {
    StringValue::from(Arc::<str>::from(text_of(id, &mut Uuid::encode_buffer())))
}

/// An id as it is written, without taking memory for it.
fn text_of(id: Uuid, buffer: &mut [u8]) -> &str {
    id.hyphenated().encode_lower(buffer)
}

const CASE_ID: &str = "casetrail.case.id";
const CASE_NUMBER: &str = "casetrail.case.number";

/// Makes a span the child of one that another process made, or that is over.
pub(crate) fn hang(span: &Span, parent: SpanContext) {
    let parent = opentelemetry::Context::new().with_remote_span_context(parent);
    // Fails only inside an entered span (seen with `#[instrument]`); this one is not entered yet.
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(?error, "no parent could be set on a span");
    }
}

/// Says on the current span that what it stands for failed.
pub fn failed(error: &'static str) {
    let span = Span::current();
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error);
}

/// `routing` of `routing.on_case_opened`.
fn service_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests;
