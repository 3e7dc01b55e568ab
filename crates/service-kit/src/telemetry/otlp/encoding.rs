//! Spans and lines as OTLP's protobuf, written straight from what was recorded, in one pass. The numbers are those of
//! `opentelemetry/proto/trace/v1/trace.proto`, `logs/v1/logs.proto` and their neighbours.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, Status, TraceFlags};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use serde_json::Value as Json;
use tracing::Level;

use super::super::lines::{Line, MESSAGE, OfCase};
use super::super::{CASE_ID, CASE_NUMBER};

/// `Span.flags`: whether it is known where the parent lives, and whether that is another process.
const KNOWS_WHERE: u32 = 0x100;
const IS_ELSEWHERE: u32 = 0x200;

/// Lengths up to this are one byte.
const ONE_BYTE: usize = 0x7f;
/// Besides name and text, an attribute has three keys and three lengths.
const TEXT_ATTRIBUTE_BYTES: usize = 6;
/// What stands around a request's records, or around those of a scope, takes, and a little more.
const HEAD_BYTES: usize = 256;
/// A number of 64 bits takes at most so many bytes, seven bits in each.
const LONGEST_VARINT: usize = 10;

/// The body of a request with records that were written by [`record`]: an `ExportTraceServiceRequest` or
/// an `ExportLogsServiceRequest`, which number their fields alike.
pub(in super::super) fn request(resource: &Resource, scopes: &[(InstrumentationScope, Vec<u8>)]) -> Vec<u8> {
    let bytes: usize = scopes.iter().map(|(_, records)| records.len() + HEAD_BYTES).sum();
    let mut to = Vec::with_capacity(bytes + HEAD_BYTES);
    message(&mut to, 1, |to| {
        message(to, 1, |to| resource.iter().for_each(|(key, value)| attribute(to, 1, key.as_str(), value)));
        for (scope, records) in scopes {
            message(to, 2, |to| {
                message(to, 1, |to| self::scope(to, scope));
                to.extend_from_slice(records);
                text(to, 3, scope.schema_url().unwrap_or_default());
            });
        }
        text(to, 3, resource.schema_url().unwrap_or_default());
    });
    to
}

fn scope(to: &mut Vec<u8>, scope: &InstrumentationScope) {
    text(to, 1, scope.name());
    text(to, 2, scope.version().unwrap_or_default());
    scope.attributes().for_each(|pair| attribute(to, 3, pair.key.as_str(), &pair.value));
}

/// One of a scope's records, a span or a line, of its fields.
pub(in super::super) fn record(to: &mut Vec<u8>, fields: &[u8]) {
    bytes(to, 2, fields);
}

/// The fields of a span that are known when it begins.
pub(in super::super) fn begun(
    to: &mut Vec<u8>,
    context: &SpanContext,
    parent: Option<&SpanContext>,
    kind: &SpanKind,
    start: SystemTime,
) {
    let (parent, is_elsewhere) =
        parent.map_or((SpanId::INVALID, false), |parent| (parent.span_id(), parent.is_remote()));
    head(to, context, parent, kind, start);
    // Only what is kept is handed over, even where that is decided at the end.
    flags(to, 16, context.trace_flags().with_sampled(true), is_elsewhere);
}

/// Its name, in two parts.
pub(in super::super) fn named(to: &mut Vec<u8>, what: &str, of: &str) {
    key(to, 5, Wire::Length);
    varint(to, (what.len() + of.len()) as u64);
    to.extend_from_slice(what.as_bytes());
    to.extend_from_slice(of.as_bytes());
}

/// One of its attributes, a text.
pub(in super::super) fn said(to: &mut Vec<u8>, name: &str, content: &str) {
    text_attribute(to, 9, name, content);
}

/// One of its attributes, a number.
pub(in super::super) fn counted(to: &mut Vec<u8>, name: &str, number: i64) {
    attribute(to, 9, name, &number.into());
}

/// One of its links.
pub(in super::super) fn linked(to: &mut Vec<u8>, context: &SpanContext) {
    message(to, 13, |to| link_to(to, context));
}

/// The fields of a span that are known when it is over.
pub(in super::super) fn ended(to: &mut Vec<u8>, end: SystemTime, is_failed: bool) {
    fixed64(to, 8, nanos(end));
    let outcome = if is_failed { Status::error("") } else { Status::Unset };
    message(to, 15, |to| status(to, &outcome));
}

fn head(to: &mut Vec<u8>, context: &SpanContext, parent: SpanId, of: &SpanKind, start: SystemTime) {
    place(to, context);
    if parent != SpanId::INVALID {
        bytes(to, 4, &parent.to_bytes());
    }
    number(to, 6, kind(of));
    fixed64(to, 7, nanos(start));
}

/// The fields of a span that is over.
pub(in super::super) fn span(to: &mut Vec<u8>, span: &SpanData) {
    head(to, &span.span_context, span.parent_span_id, &span.span_kind, span.start_time);
    text(to, 5, &span.name);
    fixed64(to, 8, nanos(span.end_time));
    attributes(to, 9, &span.attributes);
    number(to, 10, span.dropped_attributes_count.into());
    for event in span.events.iter() {
        message(to, 11, |to| {
            fixed64(to, 1, nanos(event.timestamp));
            text(to, 2, &event.name);
            attributes(to, 3, &event.attributes);
            number(to, 4, event.dropped_attributes_count.into());
        });
    }
    number(to, 12, span.events.dropped_count.into());
    for one in span.links.iter() {
        message(to, 13, |to| link(to, one));
    }
    number(to, 14, span.links.dropped_count.into());
    message(to, 15, |to| status(to, &span.status));
    flags(to, 16, span.span_context.trace_flags(), span.parent_span_is_remote);
}

/// The fields of a log record.
pub(in super::super) fn line(to: &mut Vec<u8>, line: &Line, now: SystemTime) {
    let level = *line.metadata.level();
    fixed64(to, 1, nanos(now));
    number(to, 2, severity(level));
    text(to, 3, level.as_str());
    for (name, content) in &line.fields {
        if name == MESSAGE {
            message(to, 5, |to| json(to, content));
        } else {
            json_attribute(to, 6, name, content);
        }
    }
    let OfCase { id, number } = &line.case;
    for (name, known) in [(CASE_ID, id), (CASE_NUMBER, number)] {
        if let Some(known) = known {
            json_attribute(to, 6, name, &known.as_str().into());
        }
    }
    if let Some(span) = &line.span {
        key(to, 8, Wire::Fixed32);
        to.extend_from_slice(&u32::from(span.trace_flags().to_u8()).to_le_bytes());
        bytes(to, 9, &span.trace_id().to_bytes());
        bytes(to, 10, &span.span_id().to_bytes());
    }
    fixed64(to, 11, nanos(now));
}

/// The lowest of the four numbers that OTLP has for a level.
fn severity(level: Level) -> u64 {
    match level {
        Level::TRACE => 1,
        Level::DEBUG => 5,
        Level::INFO => 9,
        Level::WARN => 13,
        Level::ERROR => 17,
    }
}

fn json_attribute(to: &mut Vec<u8>, tag: u32, name: &str, content: &Json) {
    message(to, tag, |to| {
        text(to, 1, name);
        message(to, 2, |to| json(to, content));
    });
}

/// A line's value as an `AnyValue`: fields are texts, numbers and truths.
fn json(to: &mut Vec<u8>, content: &Json) {
    match content {
        Json::String(text) => bytes(to, 1, text.as_bytes()),
        Json::Bool(is_so) => value(to, &(*is_so).into()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => value(to, &number.into()),
            // One that is larger than OTLP's whole numbers loses its last digits.
            (None, Some(number)) => value(to, &number.into()),
            (None, None) => {}
        },
        other => bytes(to, 1, other.to_string().as_bytes()),
    }
}

fn link(to: &mut Vec<u8>, link: &Link) {
    link_to(to, &link.span_context);
    attributes(to, 4, &link.attributes);
    number(to, 5, link.dropped_attributes_count.into());
}

fn link_to(to: &mut Vec<u8>, context: &SpanContext) {
    place(to, context);
    flags(to, 6, context.trace_flags(), context.is_remote());
}

/// Where a span stands: spans and links begin with it alike.
fn place(to: &mut Vec<u8>, context: &SpanContext) {
    bytes(to, 1, &context.trace_id().to_bytes());
    bytes(to, 2, &context.span_id().to_bytes());
    text(to, 3, &context.trace_state().header());
}

fn flags(to: &mut Vec<u8>, tag: u32, flags: TraceFlags, is_elsewhere: bool) {
    let elsewhere = if is_elsewhere { IS_ELSEWHERE } else { 0 };
    key(to, tag, Wire::Fixed32);
    let flags = u32::from(flags.to_u8()) | KNOWS_WHERE | elsewhere;
    to.extend_from_slice(&flags.to_le_bytes());
}

fn status(to: &mut Vec<u8>, status: &Status) {
    match status {
        Status::Unset => {}
        Status::Ok => number(to, 3, 1),
        Status::Error { description } => {
            text(to, 2, description);
            number(to, 3, 2);
        }
    }
}

fn kind(kind: &SpanKind) -> u64 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn attributes(to: &mut Vec<u8>, tag: u32, pairs: &[KeyValue]) {
    for pair in pairs {
        attribute(to, tag, pair.key.as_str(), &pair.value);
    }
}

fn attribute(to: &mut Vec<u8>, tag: u32, name: &str, content: &Value) {
    match content {
        Value::String(content) => text_attribute(to, tag, name, content.as_str()),
        content => message(to, tag, |to| {
            text(to, 1, name);
            message(to, 2, |to| value(to, content));
        }),
    }
}

fn text_attribute(to: &mut Vec<u8>, tag: u32, name: &str, content: &str) {
    let length = name.len() + content.len() + TEXT_ATTRIBUTE_BYTES;
    // What nearly all attributes are: so short that every length is one byte.
    if length <= ONE_BYTE && !name.is_empty() {
        key(to, tag, Wire::Length);
        varint(to, length as u64);
        bytes(to, 1, name.as_bytes());
        key(to, 2, Wire::Length);
        varint(to, (content.len() + 2) as u64);
        bytes(to, 1, content.as_bytes());
        return;
    }
    message(to, tag, |to| {
        text(to, 1, name);
        message(to, 2, |to| bytes(to, 1, content.as_bytes()));
    });
}

/// An `AnyValue`. It is a choice: unlike a field, what was chosen is written also where it is empty or 0.
fn value(to: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => bytes(to, 1, text.as_str().as_bytes()),
        Value::Bool(is_so) => {
            key(to, 2, Wire::Varint);
            varint(to, u64::from(*is_so));
        }
        Value::I64(number) => {
            key(to, 3, Wire::Varint);
            varint(to, number.cast_unsigned());
        }
        Value::F64(number) => fixed64(to, 4, number.to_bits()),
        Value::Array(array) => message(to, 5, |to| match array {
            Array::Bool(all) => all.iter().for_each(|one| element(to, (*one).into())),
            Array::I64(all) => all.iter().for_each(|one| element(to, (*one).into())),
            Array::F64(all) => all.iter().for_each(|one| element(to, (*one).into())),
            Array::String(all) => all.iter().for_each(|one| element(to, one.clone().into())),
            // The SDK has no others today.
            _ => {}
        }),
        // Likewise: nothing is said of what this program cannot name.
        _ => {}
    }
}

fn element(to: &mut Vec<u8>, content: Value) {
    message(to, 1, |to| value(to, &content));
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// How a field is written, by protobuf's own numbers.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}

fn key(to: &mut Vec<u8>, tag: u32, wire: Wire) {
    varint(to, u64::from(tag << 3 | wire as u32));
}

fn varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(low_seven(value) | 0x80);
        value >>= 7;
    }
    to.push(low_seven(value));
}

fn low_seven(value: u64) -> u8 {
    u8::try_from(value & 0x7f).unwrap_or_default()
}

/// A number that is 0 is not written.
fn number(to: &mut Vec<u8>, tag: u32, value: u64) {
    if value != 0 {
        key(to, tag, Wire::Varint);
        varint(to, value);
    }
}

fn fixed64(to: &mut Vec<u8>, tag: u32, value: u64) {
    key(to, tag, Wire::Fixed64);
    to.extend_from_slice(&value.to_le_bytes());
}

/// A text that is empty is not written.
fn text(to: &mut Vec<u8>, tag: u32, value: &str) {
    if !value.is_empty() {
        bytes(to, tag, value.as_bytes());
    }
}

fn bytes(to: &mut Vec<u8>, tag: u32, value: &[u8]) {
    key(to, tag, Wire::Length);
    varint(to, value.len() as u64);
    to.extend_from_slice(value);
}

/// A message within a message. Its length stands before it and is known behind it: one byte is kept free, and what
/// turns out to need more is moved on.
fn message(to: &mut Vec<u8>, tag: u32, write: impl FnOnce(&mut Vec<u8>)) {
    key(to, tag, Wire::Length);
    let at = to.len();
    to.push(0);
    write(to);
    let end = to.len();
    varint(to, (end - at - 1) as u64);
    let more = to.len() - end - 1;
    // The length was written behind the message; it goes to its place, and the message behind it.
    let mut length = [0; LONGEST_VARINT];
    let length = &mut length[..=more];
    length.copy_from_slice(&to[end..]);
    to.truncate(end + more);
    to.copy_within(at + 1..end, at + 1 + more);
    to[at..=at + more].copy_from_slice(length);
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Event, TraceFlags, TraceId, TraceState};
    use opentelemetry::{Key, StringValue};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
    use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
    use prost::Message;
    use std::time::Duration;

    use super::*;

    fn context(trace: u128, span: u64, flags: TraceFlags, is_remote: bool, state: &str) -> SpanContext {
        let state: TraceState = state.parse().unwrap();
        SpanContext::new(TraceId::from(trace), SpanId::from(span), flags, is_remote, state)
    }

    /// Every kind of value, and names so long that lengths of one, two and three bytes occur.
    fn every_value() -> Vec<KeyValue> {
        let texts: Vec<StringValue> = vec!["".into(), "x".into(), "y".repeat(200).into()];
        let values: Vec<Value> = vec![
            "".into(),
            "text".into(),
            // With its name and what stands around them the one is the longest whose length is one byte.
            "z".repeat(116).into(),
            "z".repeat(117).into(),
            "z".repeat(127).into(),
            "z".repeat(128).into(),
            "z".repeat(20_000).into(),
            true.into(),
            false.into(),
            0_i64.into(),
            i64::MIN.into(),
            i64::MAX.into(),
            0.0.into(),
            (-1.5).into(),
            Value::Array(Array::Bool(vec![true, false])),
            Value::Array(Array::I64(vec![0, -1, 300])),
            Value::Array(Array::F64(vec![0.0, 0.5])),
            Value::Array(Array::String(texts)),
            Value::Array(Array::Bool(Vec::new())),
        ];
        let pair = |(index, value)| KeyValue::new(Key::from(format!("key.{index}")), value);
        values.into_iter().enumerate().map(pair).collect()
    }

    fn recorded(scope: &InstrumentationScope) -> SpanData {
        let start_time = UNIX_EPOCH + Duration::new(1_800_000_000, 123_456_789);
        SpanData {
            span_context: context(1, 2, TraceFlags::SAMPLED, false, ""),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: "a span".into(),
            start_time,
            end_time: start_time + Duration::from_micros(1),
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: scope.clone(),
        }
    }

    /// Spans with and without everything that a span may have.
    fn spans() -> Vec<SpanData> {
        let plain = InstrumentationScope::builder("casetrail").build();
        let full = InstrumentationScope::builder("other")
            .with_version("1.2")
            .with_schema_url("https://schema.example/1")
            .with_attributes([KeyValue::new("of", "scope")])
            .build();
        let mut events = SpanEvents::default();
        events.dropped_count = 3;
        events.events = vec![
            Event::new("an event", UNIX_EPOCH, every_value(), 2),
            Event::new("a bare event", UNIX_EPOCH + Duration::from_secs(1), Vec::new(), 0),
        ];
        let mut links = SpanLinks::default();
        links.dropped_count = 4;
        links.links = vec![
            Link::new(context(5, 6, TraceFlags::SAMPLED, true, "a=b"), every_value(), 7),
            Link::new(context(u128::MAX, u64::MAX, TraceFlags::default(), false, ""), Vec::new(), 0),
        ];
        let rich = SpanData {
            span_context: context(8, 9, TraceFlags::SAMPLED, false, "vendor=1,other=2"),
            parent_span_id: SpanId::from(10),
            parent_span_is_remote: true,
            attributes: every_value(),
            dropped_attributes_count: 400,
            events,
            links,
            ..recorded(&plain)
        };
        let mut all = vec![recorded(&plain), rich.clone()];
        for kind in [SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer] {
            all.push(SpanData { span_kind: kind, ..recorded(&plain) });
        }
        for status in [Status::Ok, Status::error(""), Status::error("why")] {
            all.push(SpanData { status, ..recorded(&plain) });
        }
        all.push(SpanData { instrumentation_scope: full, ..rich });
        all
    }

    #[test]
    fn it_reads_as_what_the_stock_exporter_writes() {
        let resources = [
            Resource::builder_empty().build(),
            Resource::builder_empty().with_service_name("casetrail-intake").build(),
            Resource::builder_empty()
                .with_schema_url([KeyValue::new("a", 1)], "https://schema.example/2")
                .build(),
        ];
        for resource in resources {
            let stock = ResourceAttributesWithSchema::from(&resource);
            for of_one_scope in
                spans().chunk_by(|one, next| one.instrumentation_scope == next.instrumentation_scope)
            {
                let expected = ExportTraceServiceRequest {
                    resource_spans: group_spans_by_resource_and_scope(of_one_scope.to_vec(), &stock),
                };
                let mut written = Vec::new();
                for one in of_one_scope {
                    let mut fields = Vec::new();
                    span(&mut fields, one);
                    record(&mut written, &fields);
                }
                let scope = of_one_scope[0].instrumentation_scope.clone();
                let written = request(&resource, &[(scope, written)]);
                assert_eq!(ExportTraceServiceRequest::decode(written.as_slice()).unwrap(), expected);
            }
        }
    }

    #[test]
    fn lengths_of_every_size_stand_before_what_they_measure() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
            let mut written = Vec::new();
            message(&mut written, 1, |to| to.resize(to.len() + length, 7));
            let mut rest = written.as_slice();
            assert_eq!(prost::encoding::decode_key(&mut rest).unwrap().0, 1);
            assert_eq!(prost::encoding::decode_varint(&mut rest).unwrap(), length as u64);
            assert!(rest.len() == length && rest.iter().all(|byte| *byte == 7), "{length}");
        }
    }
}
