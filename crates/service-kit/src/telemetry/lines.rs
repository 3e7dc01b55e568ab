//! Log lines, each with the trace, the span and the case that it belongs to, whatever the filter lets through.
//!
//! - `chosen`: which lines are written and pushed.
//! - `text`, `json`: how they are written on standard error, for people or for machines.
//! - `pushed`: lines as OTLP's log records, to a collector.

mod chosen;
mod json;
mod pushed;
mod text;

use std::fmt;
use std::io::Write;

use ambient::{Clock, SystemClock};
use opentelemetry::trace::SpanContext;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::beside::{self, Beside};
use super::handover::HandOver;
use super::{CASE_ID, CASE_NUMBER, LogFormat, is_bridged};

pub(super) use chosen::Chosen;

/// The case that a span belongs to; kept beside those that have it in their fields only.
#[derive(Debug, Clone, Default)]
pub(super) struct OfCase {
    pub(super) id: Option<String>,
    pub(super) number: Option<String>,
}

impl OfCase {
    /// What is known beside a span.
    fn of<S: for<'a> LookupSpan<'a>>(span: &SpanRef<'_, S>) -> Option<Self> {
        let kept = span.extensions();
        kept.get().map(Beside::of_case).or_else(|| kept.get().cloned())
    }
}

impl Visit for OfCase {
    fn record_str(&mut self, field: &Field, value: &str) {
        let place = match field.name() {
            CASE_ID => &mut self.id,
            CASE_NUMBER => &mut self.number,
            _ => return,
        };
        place.get_or_insert_with(|| value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), CASE_ID | CASE_NUMBER) {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}

/// Writes lines on standard error, and pushes them where somebody takes them. It hears of all spans of ours, and notes the
/// case of those that the bridge makes.
pub(super) struct Lines {
    format: LogFormat,
    pushed: Option<HandOver>,
}

impl Lines {
    pub(super) fn new(format: LogFormat, pushed: Option<HandOver>) -> Self {
        Self { format, pushed }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !is_bridged(attributes.metadata()) {
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

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let (line, now) = (Line::of(event, &context), SystemClock.now());
        let written = match self.format {
            LogFormat::Text => text::written(&line, now),
            LogFormat::Json => json::written(&line, now),
        };
        // Nobody could be told that standard error is gone.
        let _ = std::io::stderr().lock().write_all(written.as_bytes());
        if let Some(to) = &self.pushed {
            pushed::push(to, &line, now);
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
    /// That `event` says.
    fn of<S>(event: &Event<'_>, context: &Context<'_, S>) -> Self
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut fields = Fields::default();
        event.record(&mut fields);
        // The current one, not the line's: a library's span, which nobody exports, stands within one of ours.
        let mut current = context.lookup_current().into_iter().flat_map(|span| span.scope());
        let span = tracing::dispatcher::get_default(|dispatch| {
            current.find_map(|span| beside::place(&span, dispatch))
        });
        let mut cases = context.event_scope(event).into_iter().flatten().filter_map(|span| OfCase::of(&span));
        let case = cases.find(|case| case.id.is_some()).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::registry::Registry;

    use super::*;

    /// Keeps lines.
    #[derive(Clone, Default)]
    pub(super) struct Heard(pub(super) Arc<Mutex<Vec<Line>>>);

    impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Heard {
        fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
            self.0.lock().unwrap().push(Line::of(event, &context));
        }
    }

    /// The lines that are written while something is done.
    pub(super) fn lines(doing: impl FnOnce()) -> Vec<Line> {
        let heard = Heard::default();
        let subscriber = Registry::default().with(Lines::new(LogFormat::Text, None)).with(heard.clone());
        tracing::subscriber::with_default(subscriber, doing);
        std::mem::take(&mut heard.0.lock().unwrap())
    }
}
