//! Calls, appends and reactions of many cases, thinned out: each case is there whole or not at all.

use std::collections::{BTreeMap, HashSet};

use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tracing::field::Empty;
use uuid::Uuid;

use super::Writer;
use super::sampling::CASE;
use super::taken::taken;
use crate::meta::{parse_traceparent, traceparent_at};
use crate::spans::hang;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Spans that one case has here.
const SPANS: usize = 4;

/// What is exported of these cases. A caller's trace says that it is not to be kept, which is not asked here.
fn exported(share: f64, cases: &[Uuid]) -> Vec<Span> {
    taken(share, |writer| {
        for case in cases {
            let created = called(writer, *case);
            reacted(*case, &created);
        }
    })
}

/// A call that makes the case: its span knows it only when the request was read.
fn called(writer: &Writer, case: Uuid) -> String {
    let call = tracing::info_span!("call", otel.kind = "server", casetrail.case.id = Empty);
    let entered = call.entered();
    tracing::Span::current().record(CASE, tracing::field::display(case));
    // And once more, as whoever learns of it does.
    tracing::Span::current().record(CASE, tracing::field::display(case));
    let call = tracing::Span::current().context();
    let append = writer.begin(&SpanKind::Client, Some(call.span().span_context()), case);
    let append = append.named("append", "").with(CASE, &case.to_string());
    let create = writer.begin(&SpanKind::Producer, Some(append.place()), case);
    let create = create.named("create", "").with(CASE, &case.to_string());
    let created = traceparent_at(create.place()).unwrap();
    drop(entered);
    created
}

/// A reaction in another process.
fn reacted(case: Uuid, created: &str) {
    let process =
        tracing::info_span!(parent: None, "process", otel.kind = "consumer", casetrail.case.id = %case);
    hang(&process, parse_traceparent(created).unwrap());
    let _entered = process.entered();
}

fn case_of(span: &Span) -> String {
    let mut cases = span.attributes.iter().filter(|pair| pair.key == CASE);
    let case = cases.next().unwrap().value.clone().unwrap().value;
    assert!(cases.next().is_none(), "it stands once: {span:?}");
    let Some(Value::StringValue(case)) = case else { panic!("an id is a text: {span:?}") };
    case
}

#[test]
fn a_case_is_kept_with_its_calls_or_left_out_with_them() {
    let cases: Vec<Uuid> = (0..200).map(Uuid::from_u128).collect();
    let spans = exported(0.3, &cases);
    let there: HashSet<&[u8]> = spans.iter().map(|span| span.span_id.as_slice()).collect();
    let mut of_case: BTreeMap<String, usize> = BTreeMap::new();
    for span in &spans {
        *of_case.entry(case_of(span)).or_default() += 1;
        assert!(span.flags & 1 == 1, "{span:?}");
        let parent = span.parent_span_id.as_slice();
        assert!(parent.is_empty() || there.contains(parent), "{} is an orphan", span.name);
    }
    assert!(of_case.values().all(|spans| *spans == SPANS), "{of_case:?}");
    assert!((30..90).contains(&of_case.len()), "about 60 of 200 cases, not {}", of_case.len());
}

#[test]
fn all_are_kept_where_nothing_is_thinned_out_and_none_at_nothing() {
    let cases: Vec<Uuid> = (0..20).map(Uuid::from_u128).collect();
    assert_eq!(exported(1.0, &cases).len(), cases.len() * SPANS);
    assert!(exported(0.0, &cases).is_empty());
}
