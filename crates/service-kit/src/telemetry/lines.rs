//! Log lines for machines: each with the trace, the span and the case that it belongs to, whatever the filter lets
//! through.
//!
//! - `chosen`: which lines are written and pushed.
//! - `json`: as one JSON object a line, on standard error.
//! - `pushed`: as OTLP's log records, to a collector.

mod chosen;
mod json;
mod pushed;

use std::fmt;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, Scope, SpanRef};

use super::sampling::CASE;

pub(super) use chosen::Chosen;
pub(super) use json::{Json, NoFields};
pub(super) use pushed::Pushed;

/// The attribute that says how people call a span's case.
pub(super) const NUMBER: &str = "casetrail.case.number";

/// The case that a span belongs to, kept beside the span.
#[derive(Debug, Clone, Default)]
pub(super) struct OfCase {
    pub(super) id: Option<String>,
    pub(super) number: Option<String>,
}

impl Visit for OfCase {
    fn record_str(&mut self, field: &Field, value: &str) {
        let place = match field.name() {
            CASE => &mut self.id,
            NUMBER => &mut self.number,
            _ => return,
        };
        place.get_or_insert_with(|| value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), CASE | NUMBER) {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}

/// Notes the case of every span that has one.
pub(super) struct Cases;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Cases {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().fields().field(CASE).is_none() {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let mut case = OfCase::default();
        attributes.record(&mut case);
        span.extensions_mut().insert(case);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(case) = span.extensions_mut().get_mut::<OfCase>() {
            values.record(case);
        }
    }
}

/// A line: what it says, and where it stands.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) metadata: &'static Metadata<'static>,
    /// By their names; what people read is [`MESSAGE`].
    pub(super) fields: Map<String, Value>,
    pub(super) span: Option<SpanContext>,
    pub(super) case: OfCase,
}

/// The field that people read.
pub(super) const MESSAGE: &str = "message";

impl Line {
    /// That `event` says: within the span that is `current`, and in that `scope`.
    fn of<S>(event: &Event<'_>, current: Option<SpanRef<'_, S>>, scope: Option<Scope<'_, S>>) -> Self
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut fields = Fields::default();
        event.record(&mut fields);
        // The current one, not the line's: a library's span, which nobody exports, stands within one of ours.
        let mut current = current.into_iter().flat_map(|span| span.scope());
        let ours = tracing::dispatcher::get_default(|dispatch| {
            current.find_map(|span| get_otel_context(&span.id(), dispatch))
        });
        let span = ours.map(|ours| ours.span().span_context().clone()).filter(SpanContext::is_valid);
        let cases = scope.into_iter().flatten().filter_map(|span| span.extensions().get::<OfCase>().cloned());
        let case = cases.into_iter().find(|case| case.id.is_some()).unwrap_or_default();
        Self { metadata: event.metadata(), fields: fields.0, span, case }
    }
}

/// What a line says, by its fields.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), Value::from(format!("{value:?}")));
    }
}
