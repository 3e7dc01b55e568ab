//! What a tracing tool and a metrics scraper see of one case: a real OTLP receiver takes the spans of one
//! `OpenCase` in, and they have to hang together from the caller's own span to the mail that was sent.

#![cfg(test)]

mod receiver;
mod seen;
mod spans;

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use seen::{CLIENT_SPAN, CLIENT_TRACE, seen};
use spans::{Spans, attribute, is_kind, text_of};

const OPEN_CASE: &str = "casetrail.intake.v1.IntakeService/OpenCase";

/// The spans that were made while the case was opened and everybody reacted.
fn journey() -> Spans<'static> {
    Spans::of(&seen().journey)
}

#[test]
fn the_callers_trace_goes_on_through_at_least_three_services() {
    let spans = journey();
    let services: BTreeSet<&str> =
        spans.in_trace(CLIENT_TRACE).filter_map(|span| attribute(span, "casetrail.service")).collect();
    for service in ["intake", "routing", "notifications"] {
        assert!(services.contains(service), "{service} is not in the trace, only {services:?}");
    }
    let server = spans.named(OPEN_CASE);
    assert!(is_kind(server, SpanKind::Server));
    assert_eq!(hex::encode(&server.parent_span_id), CLIENT_SPAN, "the caller's span is the parent");
    for (key, value) in
        [("rpc.system.name", "grpc"), ("rpc.method", OPEN_CASE), ("rpc.response.status_code", "OK")]
    {
        assert_eq!(attribute(server, key), Some(value), "{key}");
    }
}

#[test]
fn no_span_of_the_trace_is_an_orphan() {
    let spans = journey();
    let mut count = 0;
    for span in spans.in_trace(CLIENT_TRACE) {
        let way = spans.way_up(span);
        let top = way.last().unwrap();
        assert_eq!(hex::encode(&top.parent_span_id), CLIENT_SPAN, "{} hangs from nothing we know", top.name);
        count += 1;
    }
    assert!(count > 20, "only {count} spans");
}

#[test]
fn call_append_creation_and_reaction_follow_each_other_across_services() {
    let spans = journey();
    // From the notification that was sent, all the way up to the call.
    let consumers = spans.in_trace(CLIENT_TRACE).filter(|span| is_kind(span, SpanKind::Consumer));
    let notified = consumers
        .filter(|span| attribute(span, "casetrail.service") == Some("notifications"))
        .find(|span| spans.children_of(span).any(|child| child.name == "append case_events"))
        .expect("notifications reacted and recorded something");
    let way: Vec<&str> = spans.way_up(notified).into_iter().map(|span| span.name.as_str()).collect();
    assert_eq!(way.last(), Some(&OPEN_CASE), "{way:?}");
    // Upwards: process, create, append, and again, until the call.
    for step in way[..way.len() - 1].chunks(3) {
        let [process, create, append] = step else { panic!("a step is missing in {way:?}") };
        assert_eq!(process.strip_prefix("process "), create.strip_prefix("create "), "{way:?}");
        assert_eq!(*append, "append case_events", "{way:?}");
    }
    for span in spans.way_up(notified) {
        let kind = match span.name.split(' ').next().unwrap() {
            "process" => SpanKind::Consumer,
            "create" => SpanKind::Producer,
            "append" => SpanKind::Client,
            _ => SpanKind::Server,
        };
        assert!(is_kind(span, kind), "{} is of kind {}", span.name, span.kind);
    }
}

#[test]
fn every_reaction_links_to_the_creation_of_what_it_reacts_to() {
    let spans = journey();
    let mut count = 0;
    for span in spans.in_trace(CLIENT_TRACE).filter(|span| is_kind(span, SpanKind::Consumer)) {
        let [link] = span.links.as_slice() else { panic!("{} has {} links", span.name, span.links.len()) };
        let created = spans.by_id(&link.span_id).expect("the link leads to a span that was received");
        assert!(is_kind(created, SpanKind::Producer));
        assert_eq!(link.span_id, span.parent_span_id, "while it is fresh, the creation is its parent too");
        let message = attribute(span, "messaging.message.id");
        assert!(message.is_some() && message == attribute(created, "messaging.message.id"));
        count += 1;
    }
    assert!(count > 3, "only {count} reactions");
}

#[test]
fn every_span_bears_the_case_and_its_number() {
    let seen = seen();
    for span in journey().in_trace(CLIENT_TRACE) {
        assert_eq!(attribute(span, "casetrail.case.id"), Some(seen.case_id.as_str()), "{}", span.name);
        assert_eq!(attribute(span, "casetrail.case.number"), Some(seen.number.as_str()), "{}", span.name);
    }
}

#[test]
fn a_line_reaches_the_collector_with_its_span_and_its_case() {
    let (seen, spans) = (seen(), journey());
    let scopes = seen.lines.iter().flat_map(|logs| &logs.scope_logs);
    let ours = scopes.filter(|logs| logs.scope.as_ref().unwrap().name == "service_kit::execute::telling");
    let said = Some(Value::StringValue("a command was executed".to_owned()));
    let mut executed = ours.flat_map(|logs| &logs.log_records).filter(|record| {
        record.body.as_ref().is_some_and(|body| body.value == said)
            && hex::encode(&record.trace_id) == CLIENT_TRACE
    });
    let record = executed.next().expect("a line in the caller's trace");
    assert_eq!((record.severity_number, record.severity_text.as_str()), (5, "DEBUG"));
    let span = spans.by_id(&record.span_id).expect("the line's span was received");
    assert!(span.start_time_unix_nano <= record.time_unix_nano + 1_000, "lines are timed in microseconds");
    for (key, value) in [("casetrail.case.id", &seen.case_id), ("casetrail.case.number", &seen.number)] {
        assert_eq!(text_of(&record.attributes, key), Some(value.as_str()), "{key}");
    }
    let events = record.attributes.iter().find(|pair| pair.key == "events").unwrap();
    assert!(matches!(events.value.as_ref().unwrap().value, Some(Value::IntValue(1..))), "{events:?}");
}

#[test]
fn handing_lines_over_makes_no_more_lines_to_hand_over() {
    let scopes = seen().lines.iter().flat_map(|logs| &logs.scope_logs);
    let targets: BTreeSet<&str> = scopes.map(|logs| logs.scope.as_ref().unwrap().name.as_str()).collect();
    let sends = |target: &&&str| target.starts_with("hyper") || target.starts_with("reqwest");
    assert_eq!(targets.iter().filter(sends).count(), 0, "{targets:?}");
    assert!(targets.contains("service_kit::execute::telling"), "{targets:?}");
}

#[test]
fn a_refusal_is_no_error_of_the_server() {
    let spans = journey();
    let refused = spans.named("casetrail.history.v1.HistoryService/GetCase");
    assert_eq!(attribute(refused, "rpc.response.status_code"), Some("NOT_FOUND"));
    let status = refused.status.as_ref().map_or(0, |status| status.code);
    assert_eq!(status, 0, "neither ok nor an error");
}

#[test]
fn a_reaction_to_something_old_begins_a_trace_of_its_own_and_links_back() {
    let seen = seen();
    let (journey, later) = (journey(), Spans::of(&seen.later));
    let mut count = 0;
    for span in later.all().filter(|span| is_kind(span, SpanKind::Consumer)) {
        let [link] = span.links.as_slice() else { panic!("{} has {} links", span.name, span.links.len()) };
        // Timers fell due meanwhile: what they recorded is new.
        if hex::encode(&link.trace_id) == CLIENT_TRACE {
            assert_ne!(span.trace_id, link.trace_id, "{} goes on in a trace that ended long ago", span.name);
            assert!(span.parent_span_id.is_empty());
            assert!(journey.by_id(&link.span_id).is_some());
            count += 1;
        }
    }
    assert!(count > 3, "only {count} reactions to the old trace");
}

#[test]
fn the_case_leads_to_its_traces() {
    let seen = seen();
    let first = &seen.traces[0];
    assert_eq!(first.trace_id, CLIENT_TRACE);
    assert_eq!(first.url, format!("http://traces.example/{CLIENT_TRACE}"));
    assert!(first.facts > 5, "{first:?}");
    for service in ["intake", "routing", "notifications"] {
        assert!(first.services.iter().any(|known| known == service), "{first:?}");
    }
    assert!(seen.entry_traces.iter().all(|trace| trace == CLIENT_TRACE), "{:?}", seen.entry_traces);
}

#[test]
fn the_metrics_count_calls_and_events_and_name_no_case() {
    let seen = seen();
    for name in ["rpc_server_call_duration", "casetrail_events_appended", "messaging_process_duration"] {
        assert!(seen.metrics.contains(name), "{name} is not in:\n{}", seen.metrics);
    }
    let open_case = seen.metrics.lines().any(|line| {
        line.starts_with("rpc_server_call_duration")
            && line.contains("_count{")
            && line.contains("OpenCase")
            && line.ends_with(" 1")
    });
    assert!(open_case, "one OpenCase is counted in:\n{}", seen.metrics);
    for private in [&seen.case_id, &seen.number] {
        assert!(!seen.metrics.contains(private.as_str()), "{private} is a label");
    }
}

#[test]
fn nothing_personal_is_in_spans_or_metrics() {
    let seen = seen();
    let spans = format!("{:?}{:?}", seen.journey, seen.later);
    for personal in ["rasmus", "player.example", "udbetaling", "4111 1111", "4111111111111111"] {
        assert!(!spans.contains(personal) && !seen.metrics.contains(personal), "{personal} was told");
    }
}
