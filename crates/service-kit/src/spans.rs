//! The spans of a case's way through log and bus, named as the semantic conventions of messaging name them:
//! `create`, `publish`, `process`, `ack` and `nak`. Each bears the case's id and number.
//!
//! All are written down as they are made (adr/0029). Those that lines are written in stand beside a span of
//! `tracing`, whose fields are what a filter of lines can go by. What only a collector reads is not said of a span that
//! nobody keeps.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use case::Aggregate;
use event_bus::{Publication, Publishing, Route, Settling};
use event_log::Committed;
use jiff::SignedDuration;
use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt};
use serde::Deserialize;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use uuid::Uuid;

use crate::meta::{parse_traceparent, traceparent_at};
use crate::metrics::metrics;
use crate::telemetry::{self, Beside, CASE_ID, CASE_NUMBER, Writer, Written, beside_current, here};

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
    /// Nobody where there is no telemetry.
    writer: Option<Writer>,
}

impl OnTheWay {
    pub(crate) fn new(clock: &Arc<dyn Clock>, route: Route) -> Self {
        Self::with(clock, route, telemetry::writer().cloned())
    }

    fn with(clock: &Arc<dyn Clock>, route: Route, writer: Option<Writer>) -> Self {
        Self { clock: Arc::clone(clock), route: Arc::new(route), writer }
    }

    /// The span of one try of `consumer` at an event: always linked to its creation, and part of its trace when
    /// it is fresh and comes for the first time.
    pub(crate) fn process(&self, consumer: &str, committed: &Committed, is_first: bool) -> Span {
        // Read only where a span is made.
        let noted = LazyCell::new(|| Noted::of(committed));
        let beside = self.writer.as_ref().map(|writer| {
            let span = self.descended(writer, &SpanKind::Consumer, committed, &noted, is_first);
            Beside::of(self.tries(span, consumer, committed), committed.stream, noted.number())
        });
        let span = tracing::info_span!(
            parent: None,
            "process event",
            messaging.consumer.group.name = consumer,
            casetrail.event.type = committed.event_type,
            casetrail.case.id = text_of(committed.stream, &mut Uuid::encode_buffer()),
            casetrail.case.number = noted.number(),
        );
        put(beside, &span);
        span
    }

    /// What is said of a try.
    fn tries(&self, span: Written, consumer: &str, committed: &Committed) -> Written {
        if !span.is_kept() {
            return span;
        }
        let span = span.named("process case.", &committed.event_type);
        self.of_event(span, committed)
            .with("messaging.operation.name", "process")
            .with("messaging.operation.type", "process")
            .with("messaging.consumer.group.name", consumer)
            .with("casetrail.service", service_of(consumer))
    }

    /// The span of telling the transport, over when it is dropped. An acknowledgement belongs to the try that is
    /// under way; what goes back unhandled had none.
    pub(crate) fn settling(
        &self,
        consumer: &'static str,
        committed: &Committed,
        how: Settling,
    ) -> Option<Written> {
        let writer = self.writer.as_ref()?;
        let span = match how {
            Settling::Ack => {
                let begin =
                    |within: Option<&SpanContext>| writer.begin(&SpanKind::Client, within, committed.stream);
                let within = beside_current(|of_try| {
                    of_case(begin(Some(of_try.place())), committed.stream, of_try.number())
                });
                within
                    .unwrap_or_else(|| of_case(begin(None), committed.stream, Noted::of(committed).number()))
            }
            Settling::Nak => {
                let noted = Noted::of(committed);
                let span = self.descended(writer, &SpanKind::Client, committed, &noted, true);
                of_case(span, committed.stream, noted.number())
            }
        };
        if !span.is_kept() {
            return Some(span);
        }
        let span = self.of_event(span.named(how.name(), ""), committed);
        Some(
            span.with("messaging.operation.name", how.name())
                .with("messaging.operation.type", "settle")
                .with("messaging.consumer.group.name", consumer)
                .with("casetrail.service", service_of(consumer)),
        )
    }

    /// The span of publishing an event, over when it is dropped.
    fn publish(&self, committed: &Committed) -> Option<Written> {
        let writer = self.writer.as_ref()?;
        let noted = Noted::of(committed);
        let span = self.descended(writer, &SpanKind::Client, committed, &noted, true);
        if !span.is_kept() {
            return Some(span);
        }
        let span =
            of_case(span.named("publish case.", &committed.event_type), committed.stream, noted.number());
        Some(
            self.of_event(span, committed)
                .with("messaging.operation.name", "publish")
                .with("messaging.operation.type", "send")
                .with("casetrail.service", "relay"),
        )
    }

    /// What is said of every span of an event that is on its way.
    fn of_event(&self, span: Written, committed: &Committed) -> Written {
        of_message(span, &self.route, committed.stream, committed.event_id)
    }

    /// Begins a span that hangs from the creation of its event if that `may_hang` and is not long ago, else begins a
    /// trace; and links it there.
    fn descended(
        &self,
        writer: &Writer,
        kind: &SpanKind,
        committed: &Committed,
        noted: &Noted<'_>,
        may_hang: bool,
    ) -> Written {
        let creator = noted.creator();
        let parent = creator.as_ref().filter(|_| may_hang && self.is_fresh(committed));
        let span = writer.begin(kind, parent, committed.stream);
        match &creator {
            Some(creator) => span.linked(creator),
            None => span,
        }
    }

    fn is_fresh(&self, committed: &Committed) -> bool {
        self.clock.now().duration_since(committed.recorded_at) < FRESH
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
struct Publishes(Option<Written>);

impl Publication for Publishes {
    fn failed(&mut self, error: &'static str) {
        if let Some(span) = &mut self.0 {
            span.failed(error);
        }
    }
}

/// Watches a relay publish: a span each event, and how long it took.
pub fn publishing(clock: &Arc<dyn Clock>, route: Route) -> Arc<dyn Publishing> {
    Arc::new(OnTheWay::new(clock, route))
}

/// The span of a call whose case is not known yet, within its caller's trace if it names one.
pub(crate) fn call(writer: Option<&Writer>, method: &str, caller: Option<&SpanContext>) -> Span {
    let beside = writer.map(|writer| {
        let span = writer.begin_call(caller).named(method, "").with("rpc.system.name", "grpc");
        Beside::new(span.with("rpc.method", method).with("casetrail.service", stage_of(method)))
    });
    let span = tracing::info_span!(
        parent: None,
        "grpc call",
        rpc.method = method,
        casetrail.case.id = Empty,
        casetrail.case.number = Empty,
    );
    put(beside, &span);
    span
}

/// The span of doing what a timer says. It begins a trace: what set the timer is long past.
pub(crate) fn timer(source: &str, kind: &str, stream: Uuid) -> Span {
    timer_by(telemetry::writer(), source, kind, stream)
}

fn timer_by(writer: Option<&Writer>, source: &str, kind: &str, stream: Uuid) -> Span {
    let beside = writer.map(|writer| {
        let span = writer.begin(&SpanKind::Internal, None, stream);
        let span = span.called(|| format!("fire {source} {kind}"));
        Beside::of(span.with("casetrail.service", service_of(source)), stream, None)
    });
    let span = tracing::info_span!(
        parent: None,
        "fire timer",
        timers = source,
        kind,
        casetrail.case.id = text_of(stream, &mut Uuid::encode_buffer()),
        casetrail.case.number = Empty,
    );
    put(beside, &span);
    span
}

fn put(beside: Option<Beside>, span: &Span) {
    if let Some(beside) = beside {
        beside.put(span);
    }
}

/// The span of an append, in which events are created. It is over when this is dropped.
pub(crate) struct Appending(Option<Written>);

/// What events are created in: the stream, what people call it, and the service that does it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) stream: Uuid,
    pub(crate) name: Option<&'a str>,
    pub(crate) service: &'static str,
}

impl Appending {
    pub(crate) fn begin(database: &'static str, events: usize, named: Named<'_>) -> Self {
        let Some(writer) = telemetry::writer() else { return Self(None) };
        let Named { stream, name, service } = named;
        let span = writer.begin(&SpanKind::Client, here().as_ref(), stream);
        let span = of_case(span.named("append case_events", ""), stream, name)
            .with("db.system.name", database)
            .with("db.operation.name", "append")
            .with_number("db.operation.batch.size", i64::try_from(events).unwrap_or(i64::MAX))
            .with("casetrail.service", service);
        Self(Some(span))
    }

    /// Says that the database failed, how, and with which code if it gave one.
    pub(crate) fn failed(&mut self, class: &'static str, code: Option<&str>) {
        let Some(span) = &mut self.0 else { return };
        span.failed(class);
        if let Some(code) = code {
            span.say("db.response.status_code", code);
        }
    }
}

/// The span of one event's creation, over at once: its context is stored with the event, so that whoever
/// publishes it or reacts to it can hang from it or link to it.
pub(crate) fn creation(
    appending: &Appending,
    route: &Route,
    named: Named<'_>,
    event_type: &str,
    event_id: Uuid,
) -> Option<String> {
    let (writer, parent) = (telemetry::writer()?, appending.0.as_ref()?.place());
    let mut span = writer.begin(&SpanKind::Producer, Some(parent), named.stream);
    if span.is_kept() {
        let of = of_case(span.named("create case.", event_type), named.stream, named.name);
        span = of_message(of, route, named.stream, event_id)
            .with("messaging.operation.name", "create")
            .with("messaging.operation.type", "create")
            .with("casetrail.service", named.service);
    }
    traceparent_at(span.place())
}

/// What is said of every span of a case that is written down.
fn of_case(span: Written, stream: Uuid, number: Option<&str>) -> Written {
    let span = span.with(CASE_ID, text_of(stream, &mut Uuid::encode_buffer()));
    match number {
        Some(number) => span.with(CASE_NUMBER, number),
        None => span,
    }
}

/// Likewise, where it is about an event as a message.
fn of_message(span: Written, route: &Route, stream: Uuid, event_id: Uuid) -> Written {
    span.with("messaging.system", route.system)
        .with("messaging.destination.template", &route.template)
        .with("messaging.message.id", text_of(event_id, &mut Uuid::encode_buffer()))
        .with("messaging.message.conversation_id", text_of(stream, &mut Uuid::encode_buffer()))
}

/// Puts the case's id and number on the span of the call or reaction that is under way.
pub(crate) fn mark<A: Aggregate>(state: &A, stream: Uuid) {
    // Where neither is so, nobody asks for it.
    if telemetry::writer().is_some() || telemetry::reads_fields() {
        mark_as(stream, || state.spoken_name());
    }
}

/// Likewise; its number is asked for only where it is missing.
pub(crate) fn mark_as(stream: Uuid, number: impl Fn() -> Option<String>) {
    let is_beside = beside_current(|beside| beside.mark(stream, &number)).is_some();
    // A span of the bridge has its case in its fields.
    if !is_beside || telemetry::reads_fields() {
        let (span, mut id) = (Span::current(), Uuid::encode_buffer());
        tracing::record_all!(
            span,
            casetrail.case.id = text_of(stream, &mut id),
            casetrail.case.number = number()
        );
    }
}

/// Where the call or the reaction that is under way stands in its trace, as W3C `traceparent`.
pub fn traceparent() -> Option<String> {
    traceparent_at(&here()?)
}

/// An id as it is written, without taking memory for it.
fn text_of(id: Uuid, buffer: &mut [u8]) -> &str {
    id.hyphenated().encode_lower(buffer)
}

/// Makes a span of the bridge, which was just made, the child of the call or the reaction that is under way: the bridge
/// does not see those.
pub fn hang_here(span: &Span) {
    let Some(here) = here() else { return };
    let parent = opentelemetry::Context::new().with_remote_span_context(here);
    // Fails only inside an entered span (seen with `#[instrument]`); this one is not entered yet.
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(?error, "no parent could be set on a span");
    }
}

/// Says on the current span that what it stands for failed.
pub fn failed(error: &'static str) {
    if beside_current(|beside| beside.written().failed(error)).is_none() {
        let span = Span::current();
        span.record("otel.status_code", "ERROR");
        span.record("error.type", error);
    }
}

/// `routing` of `routing.on_case_opened`.
fn service_of(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// `intake` of `casetrail.intake.v1.IntakeService/OpenCase`.
fn stage_of(method: &str) -> &str {
    method.split('.').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod whole_cases;
