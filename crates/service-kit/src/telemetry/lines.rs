//! Log lines for machines: one JSON object a line, each with the trace, the span and the case that it belongs
//! to, whatever the filter lets through.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use opentelemetry::trace::{SpanContext, TraceContextExt};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::filter::{LevelFilter, ParseError};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::{Context, Filter, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::sampling::CASE;

const NUMBER: &str = "casetrail.case.number";

/// Chooses lines, and can be changed while they are written. Clones are the same choice.
#[derive(Debug, Clone)]
pub(super) struct Chosen(Arc<Choice>);

#[derive(Debug)]
struct Choice {
    filter: RwLock<EnvFilter>,
    /// Whether the filter goes by spans (`[span{field=value}]`), and so must hear of each of them. Otherwise it is
    /// asked once for each place that a line may come from: spans are entered several times a call, by all threads, and
    /// each would take its lock.
    goes_by_spans: AtomicBool,
    /// Whether our spans are seen as well, whatever the filter says: a line's case is on them.
    spans: bool,
}

impl Chosen {
    /// By such a filter.
    ///
    /// # Errors
    /// It does not read.
    pub(super) fn new(filter: &str, spans: bool) -> Result<Self, ParseError> {
        let (filter, goes_by_spans) = (EnvFilter::try_new(filter)?, goes_by_spans(filter));
        Ok(Self(Arc::new(Choice { filter: filter.into(), goes_by_spans: goes_by_spans.into(), spans })))
    }

    /// From now on by another filter.
    ///
    /// # Errors
    /// It does not read; then all stays as it was.
    pub(super) fn change(&self, filter: &str) -> Result<(), ParseError> {
        let (new, goes_by_spans) = (EnvFilter::try_new(filter)?, goes_by_spans(filter));
        *self.0.filter.write().unwrap_or_else(PoisonError::into_inner) = new;
        self.0.goes_by_spans.store(goes_by_spans, Ordering::Relaxed);
        // What each place was told when it was asked holds no longer.
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    /// Whether lines for people show the spans that they stand in.
    pub(super) fn lets_spans_through(&self) -> bool {
        self.filter().max_level_hint().is_none_or(|most| most >= LevelFilter::INFO)
    }

    fn filter(&self) -> RwLockReadGuard<'_, EnvFilter> {
        self.0.filter.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The filter, if it goes by spans.
    fn following(&self) -> Option<RwLockReadGuard<'_, EnvFilter>> {
        self.0.goes_by_spans.load(Ordering::Relaxed).then(|| self.filter())
    }

    fn is_span_of_ours(&self, metadata: &Metadata<'_>) -> bool {
        self.0.spans && super::is_span_of_ours(metadata)
    }
}

/// By its syntax: what stands in brackets is about spans.
fn goes_by_spans(filter: &str) -> bool {
    filter.contains('[')
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Filter<S> for Chosen {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        self.is_span_of_ours(metadata) || Filter::enabled(&*self.filter(), metadata, context)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Asked in any case: a filter that goes by spans notes those that it will hear of.
        let interest = Filter::<S>::callsite_enabled(&*self.filter(), metadata);
        if self.is_span_of_ours(metadata) { Interest::always() } else { interest }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let hint = Filter::<S>::max_level_hint(&*self.filter())?;
        Some(if self.0.spans { hint.max(LevelFilter::from_level(Level::INFO)) } else { hint })
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_new_span(&*filter, attributes, id, context);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_record(&*filter, id, values, context);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_enter(&*filter, id, context);
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_exit(&*filter, id, context);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_close(&*filter, id, context);
        }
    }
}

/// The case that a span belongs to, kept beside the span.
#[derive(Debug, Clone, Default)]
struct OfCase {
    id: Option<String>,
    number: Option<String>,
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

/// Writes nothing of a span's fields: a line names its span by its id.
pub(super) struct NoFields;

impl<'writer> FormatFields<'writer> for NoFields {
    fn format_fields<R: RecordFields>(&self, _writer: Writer<'writer>, _fields: R) -> fmt::Result {
        Ok(())
    }
}

/// One JSON object a line.
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = vec![
            ("timestamp", Value::from(time)),
            ("level", Value::from(metadata.level().as_str())),
            ("target", Value::from(metadata.target())),
            ("fields", Value::Object(fields.0)),
        ];
        // The current one, not the line's: a library's span, which nobody exports, stands within one of ours.
        let mut current = context.lookup_current().into_iter().flat_map(|span| span.scope());
        let ours = tracing::dispatcher::get_default(|dispatch| {
            current.find_map(|span| get_otel_context(&span.id(), dispatch))
        });
        let span = ours.map(|ours| ours.span().span_context().clone());
        if let Some(span) = span.filter(SpanContext::is_valid) {
            line.push(("trace_id", Value::from(span.trace_id().to_string())));
            line.push(("span_id", Value::from(span.span_id().to_string())));
        }
        let scope = context.event_scope().into_iter().flatten();
        let case = scope
            .filter_map(|span| span.extensions().get::<OfCase>().cloned())
            .find(|case| case.id.is_some());
        if let Some(OfCase { id, number }) = case {
            line.extend(id.map(|id| ("case_id", Value::from(id))));
            line.extend(number.map(|number| ("case_number", Value::from(number))));
        }
        for (index, (key, value)) in line.iter().enumerate() {
            write!(writer, "{}\"{key}\":{value}", if index == 0 { '{' } else { ',' })?;
        }
        writer.write_str("}\n")
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
    use std::io;
    use std::sync::Mutex;

    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Written {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_filter_may_go_by_spans_and_can_be_changed_while_lines_are_written() {
        let (written, chosen) =
            (Written::default(), Chosen::new("error,[call{case=7}]=info", false).unwrap());
        let lines = tracing_subscriber::fmt::layer().with_writer(written.clone()).with_filter(chosen.clone());
        let say = |what: &str| {
            tracing::info_span!("call", case = 7).in_scope(|| tracing::info!("{what}, in seven"));
            tracing::info_span!("call", case = 8).in_scope(|| tracing::info!("{what}, in eight"));
            tracing::info!("{what}, nowhere");
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            say("one");
            chosen.change("info").unwrap();
            say("two");
            assert!(chosen.change("info,[").is_err());
            say("three");
            chosen.change("error").unwrap();
            say("four");
            chosen.change("[call{case=8}]=info").unwrap();
            say("five");
        });
        let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let said = |what: &str| {
            ["seven", "eight", "nowhere"]
                .map(|place| written.lines().any(|line| line.contains(what) && line.ends_with(place)))
        };
        assert_eq!(said("one"), [true, false, false], "{written}");
        assert_eq!(said("two"), [true, true, true], "{written}");
        assert_eq!(said("three"), [true, true, true], "a wrong filter changes nothing: {written}");
        assert_eq!(said("four"), [false, false, false], "{written}");
        assert_eq!(said("five"), [false, true, false], "{written}");
    }
}
