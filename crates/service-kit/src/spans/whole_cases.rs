//! Calls, appends and reactions of many cases, thinned out: each case is there whole or not at all.

use std::collections::{BTreeMap, HashSet};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;

use super::tests::{on_the_way, recorded};
use super::*;
use crate::telemetry::taken::taken;

/// Spans that one case has here.
const SPANS: usize = 4;

/// What is exported of these cases.
fn exported(share: f64, cases: &[Uuid]) -> Vec<Span> {
    taken(share, |writer| {
        for case in cases {
            let created = called(writer, *case);
            reacted(writer, *case, &created);
        }
    })
}

/// A call that makes the case: its span knows it only when the request was read. Where it stands that creates the event.
fn called(writer: &Writer, case: Uuid) -> String {
    let call = call(Some(writer), "casetrail.intake.v1.IntakeService/OpenCase", None);
    let _entered = call.entered();
    mark_as(case, || None);
    // And once more, as whoever learns of it does.
    mark_as(case, || Some("NB-2026-000001-X".to_owned()));
    let append = writer.begin(&SpanKind::Client, here().as_ref(), case);
    let append = of_case(append.named("append", ""), case, None);
    let create = writer.begin(&SpanKind::Producer, Some(append.place()), case);
    let create = of_case(create.named("create", ""), case, None);
    traceparent_at(create.place()).unwrap()
}

/// A reaction in another process.
fn reacted(writer: &Writer, case: Uuid, created: &str) {
    let meta = format!(r#"{{"traceparent":"{created}"}}"#).into_bytes();
    let fact = Committed { stream: case, meta, ..recorded(0) };
    drop(on_the_way(writer).process("routing.on_case_opened", &fact, true));
}

fn case_of(span: &Span) -> String {
    let mut cases = span.attributes.iter().filter(|pair| pair.key == CASE_ID);
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
