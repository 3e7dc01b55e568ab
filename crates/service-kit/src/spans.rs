//! The spans of a case's way through log and bus, named as the semantic conventions of messaging name them:
//! `create`, `publish`, `process`, `ack` and `nak`. Each bears the case's id and number.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use case::Aggregate;
use event_bus::{Publishing, Route, Settling};
use event_log::Committed;
use jiff::SignedDuration;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use serde::Deserialize;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use uuid::Uuid;

use crate::meta::{parse_traceparent, record_trace_id, traceparent_of};
use crate::metrics::metrics;

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
    fn number(self) -> Option<String> {
        self.spoken_name.map(Cow::into_owned)
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
}

impl OnTheWay {
    pub(crate) fn new(clock: &Arc<dyn Clock>, route: Route) -> Self {
        Self { clock: Arc::clone(clock), route: Arc::new(route) }
    }

    /// The span of one try of `consumer` at an event: always linked to its creation, and part of its trace when
    /// it is fresh and comes for the first time.
    pub(crate) fn process(&self, consumer: &str, committed: &Committed, is_first: bool) -> Span {
        let span = tracing::info_span!(
            parent: None,
            "process event",
            otel.name = format!("process case.{}", committed.event_type),
            otel.kind = "consumer",
            otel.status_code = Empty,
            error.type = Empty,
            messaging.system = self.route.system,
            messaging.destination.template = self.route.template,
            messaging.operation.name = "process",
            messaging.operation.type = "process",
            messaging.consumer.group.name = consumer,
            messaging.message.id = %committed.event_id,
            messaging.message.conversation_id = %committed.stream,
            casetrail.case.id = %committed.stream,
            casetrail.case.number = Noted::of(committed).number(),
            casetrail.service = service_of(consumer),
            trace_id = Empty,
        );
        self.descend(&span, committed, is_first);
        record_trace_id(&span);
        span
    }

    /// The span of telling the transport. An acknowledgement belongs to the try that is under way; what goes
    /// back unhandled had none.
    pub(crate) fn settling(&self, consumer: &str, committed: &Committed, how: Settling) -> Span {
        let span = tracing::info_span!(
            "settle event",
            otel.name = how.name(),
            otel.kind = "client",
            messaging.system = self.route.system,
            messaging.destination.template = self.route.template,
            messaging.operation.name = how.name(),
            messaging.operation.type = "settle",
            messaging.consumer.group.name = consumer,
            messaging.message.id = %committed.event_id,
            messaging.message.conversation_id = %committed.stream,
            casetrail.case.id = %committed.stream,
            casetrail.case.number = Noted::of(committed).number(),
            casetrail.service = service_of(consumer),
        );
        if how == Settling::Nak {
            self.descend(&span, committed, true);
        }
        span
    }

    /// Links a span to the creation of its event, and hangs it there if the creation is not long ago.
    fn descend(&self, span: &Span, committed: &Committed, is_first: bool) {
        if span.is_disabled() {
            return;
        }
        let Some(creator) = Noted::of(committed).creator() else { return };
        let age = self.clock.now().duration_since(committed.recorded_at);
        if is_first && age < FRESH {
            hang(span, creator.clone());
        }
        span.add_link(creator);
    }
}

impl Publishing for OnTheWay {
    fn span(&self, committed: &Committed) -> Span {
        let span = tracing::info_span!(
            parent: None,
            "publish event",
            otel.name = format!("publish case.{}", committed.event_type),
            otel.kind = "client",
            otel.status_code = Empty,
            error.type = Empty,
            messaging.system = self.route.system,
            messaging.destination.template = self.route.template,
            messaging.operation.name = "publish",
            messaging.operation.type = "send",
            messaging.message.id = %committed.event_id,
            messaging.message.conversation_id = %committed.stream,
            casetrail.case.id = %committed.stream,
            casetrail.case.number = Noted::of(committed).number(),
            casetrail.service = "relay",
        );
        self.descend(&span, committed, true);
        span
    }

    fn ended(&self, took: Duration, error: Option<&'static str>) {
        metrics().published(self.route.system, took, error);
    }
}

/// Watches a relay publish: a span each event, and how long it took.
pub fn publishing(clock: &Arc<dyn Clock>, route: Route) -> Arc<dyn Publishing> {
    Arc::new(OnTheWay::new(clock, route))
}

/// The span of doing what a timer says. It begins a trace: what set the timer is long past.
pub(crate) fn timer(source: &str, kind: &str, stream: Uuid) -> Span {
    let span = tracing::info_span!(
        parent: None,
        "fire timer",
        otel.name = format!("fire {source} {kind}"),
        otel.kind = "internal",
        otel.status_code = Empty,
        error.type = Empty,
        casetrail.case.id = %stream,
        casetrail.case.number = Empty,
        casetrail.service = service_of(source),
        trace_id = Empty,
    );
    record_trace_id(&span);
    span
}

/// The span of one event's creation, over at once: its context is stored with the event, so that whoever
/// publishes it or reacts to it can hang from it or link to it.
pub(crate) fn creation<A: Aggregate>(
    route: &Route,
    service: &'static str,
    event_type: &str,
    next: &A,
    stream: Uuid,
    event_id: Uuid,
) -> Option<String> {
    let span = tracing::info_span!(
        "create event",
        otel.name = format!("create case.{event_type}"),
        otel.kind = "producer",
        messaging.system = route.system,
        messaging.destination.template = route.template,
        messaging.operation.name = "create",
        messaging.operation.type = "create",
        messaging.message.id = %event_id,
        messaging.message.conversation_id = %stream,
        casetrail.case.id = %stream,
        casetrail.case.number = next.spoken_name(),
        casetrail.service = service,
    );
    traceparent_of(&span.context())
}

/// Puts the case's id and number on the span of the call or reaction that is under way.
pub(crate) fn mark<A: Aggregate>(state: &A, stream: Uuid) {
    let span = Span::current();
    span.record(CASE_ID, tracing::field::display(stream));
    if let Some(name) = state.spoken_name() {
        span.record(CASE_NUMBER, name);
    }
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
