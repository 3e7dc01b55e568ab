//! Spans by id and by name, and the way from one up to the call that caused it.

use std::collections::HashMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

/// Spans that were received.
pub(crate) struct Spans<'a> {
    all: &'a [Span],
    by_id: HashMap<&'a [u8], &'a Span>,
}

impl<'a> Spans<'a> {
    pub(crate) fn of(all: &'a [Span]) -> Self {
        let by_id: HashMap<&[u8], &Span> = all.iter().map(|span| (span.span_id.as_slice(), span)).collect();
        assert_eq!(by_id.len(), all.len(), "a span was sent twice");
        Self { all, by_id }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &'a Span> + use<'a> {
        self.all.iter()
    }

    /// The spans of a trace, by its id in hexadecimal.
    pub(crate) fn in_trace(&self, trace: &str) -> impl Iterator<Item = &'a Span> + use<'a> {
        let trace = hex::decode(trace).unwrap();
        self.all.iter().filter(move |span| span.trace_id == trace)
    }

    pub(crate) fn by_id(&self, id: &[u8]) -> Option<&'a Span> {
        self.by_id.get(id).copied()
    }

    /// The one span of this name.
    pub(crate) fn named(&self, name: &str) -> &'a Span {
        let mut found = self.all.iter().filter(|span| span.name == name);
        let (first, second) = (found.next(), found.next());
        assert!(second.is_none(), "there are several spans named {name}");
        first.unwrap_or_else(|| {
            let names: Vec<&str> = self.all.iter().map(|span| span.name.as_str()).collect();
            panic!("there is no span named {name}, only {names:?}")
        })
    }

    pub(crate) fn children_of(&self, parent: &'a Span) -> impl Iterator<Item = &'a Span> + use<'a> {
        self.all.iter().filter(|span| span.parent_span_id == parent.span_id)
    }

    /// The span, its parent, and so on, as far as they were received.
    pub(crate) fn way_up(&self, span: &'a Span) -> Vec<&'a Span> {
        let mut way = vec![span];
        while let Some(parent) = self.by_id(&way[way.len() - 1].parent_span_id) {
            way.push(parent);
            assert!(way.len() <= self.all.len(), "the parents of {} go in a circle", span.name);
        }
        way
    }
}

/// The text of an attribute.
pub(crate) fn attribute<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    text_of(&span.attributes, key)
}

/// Likewise, of anything that has attributes.
pub(crate) fn text_of<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let pair = attributes.iter().find(|pair| pair.key == key)?;
    match pair.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

pub(crate) fn is_kind(span: &Span, kind: SpanKind) -> bool {
    span.kind == i32::from(kind)
}
