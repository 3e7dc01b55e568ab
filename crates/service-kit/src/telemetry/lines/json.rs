//! One JSON object a line, for what collects standard error.

use std::fmt;

use serde_json::Value;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::{Line, OfCase};

/// Writes nothing of a span's fields: a line names its span by its id.
pub(in super::super) struct NoFields;

impl<'writer> FormatFields<'writer> for NoFields {
    fn format_fields<R: RecordFields>(&self, _writer: Writer<'writer>, _fields: R) -> fmt::Result {
        Ok(())
    }
}

/// One JSON object a line.
pub(in super::super) struct Json;

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
        let Line { metadata, fields, span, case: OfCase { id, number } } =
            Line::of(event, context.lookup_current(), context.event_scope());
        let mut line = vec![
            ("timestamp", Value::from(time)),
            ("level", Value::from(metadata.level().as_str())),
            ("target", Value::from(metadata.target())),
            ("fields", Value::Object(fields)),
        ];
        if let Some(span) = span {
            line.push(("trace_id", Value::from(span.trace_id().to_string())));
            line.push(("span_id", Value::from(span.span_id().to_string())));
        }
        line.extend(id.map(|id| ("case_id", Value::from(id))));
        line.extend(number.map(|number| ("case_number", Value::from(number))));
        for (index, (key, value)) in line.iter().enumerate() {
            write!(writer, "{}\"{key}\":{value}", if index == 0 { '{' } else { ',' })?;
        }
        writer.write_str("}\n")
    }
}
