use ambient::ManualClock;
use jiff::Timestamp;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1 as pb;

use super::*;
use crate::telemetry::taken::taken;

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const START: &str = "2026-03-02T09:00:00Z";

/// The spans that end while something is done.
fn ended(doing: impl FnOnce(&OnTheWay)) -> Vec<pb::Span> {
    taken(1.0, |writer| doing(&on_the_way(writer)))
}

pub(super) fn on_the_way(writer: &Writer) -> OnTheWay {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(START.parse().unwrap()));
    let route = Route { system: "nats", template: "case.{type}".to_owned() };
    OnTheWay::with(&clock, route, Some(writer.clone()))
}

/// A fact that was recorded so many minutes ago.
pub(super) fn recorded(minutes_ago: i64) -> Committed {
    let meta =
        format!(r#"{{"traceparent":"{TRACEPARENT}","spoken_name":"NB-2026-000001-X","service":"intake"}}"#);
    Committed {
        position: 1,
        stream: Uuid::from_u128(1),
        version: 1,
        tenant: "NB".to_owned(),
        event_id: Uuid::from_u128(2),
        command_id: Uuid::from_u128(3),
        command_seq: 0,
        event_type: "intake.case_opened".to_owned(),
        schema_version: 1,
        recorded_at: START.parse::<Timestamp>().unwrap() - SignedDuration::from_mins(minutes_ago),
        meta: meta.into_bytes(),
        payload: Vec::new(),
        hash: [0; 32],
    }
}

/// Whether a span is in the creation's trace, and hangs from the creation. It must link to it in any case.
fn hangs(span: &pb::Span) -> bool {
    let creation = parse_traceparent(TRACEPARENT).unwrap();
    let id = creation.span_id().to_bytes();
    assert_eq!(span.links.len(), 1, "{span:?}");
    assert_eq!(span.links[0].span_id, id);
    let same_trace = span.trace_id == creation.trace_id().to_bytes();
    assert_eq!(same_trace, span.parent_span_id == id, "{span:?}");
    same_trace
}

fn says<'a>(span: &'a pb::Span, key: &str) -> Option<&'a str> {
    let pair = span.attributes.iter().find(|pair| pair.key == key)?;
    match pair.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        other => panic!("{key} is {other:?}"),
    }
}

fn is(span: &pb::Span, kind: pb::span::SpanKind) -> bool {
    span.kind == kind as i32
}

#[test]
fn a_reaction_hangs_from_the_creation_while_it_is_fresh_and_comes_first_and_links_to_it_always() {
    for (minutes_ago, is_first, expected) in
        [(0, true, true), (4, true, true), (5, true, false), (600, true, false), (0, false, false)]
    {
        let spans =
            ended(|way| drop(way.process("routing.on_case_opened", &recorded(minutes_ago), is_first)));
        let [span] = spans.as_slice() else { panic!("{spans:?}") };
        assert_eq!(hangs(span), expected, "{minutes_ago} minutes old, first: {is_first}");
        assert!(expected || span.parent_span_id.is_empty(), "a root of its own");
        assert_eq!(span.name, "process case.intake.case_opened");
        assert!(is(span, pb::span::SpanKind::Consumer));
        for (key, value) in [
            ("messaging.system", "nats"),
            ("messaging.destination.template", "case.{type}"),
            ("messaging.consumer.group.name", "routing.on_case_opened"),
            ("casetrail.service", "routing"),
            ("casetrail.case.id", "00000000-0000-0000-0000-000000000001"),
            ("casetrail.case.number", "NB-2026-000001-X"),
        ] {
            assert_eq!(says(span, key), Some(value), "{key}");
        }
    }
}

#[test]
fn what_is_published_late_begins_a_trace_and_links_back() {
    for (minutes_ago, expected) in [(0, true), (60, false)] {
        let spans = ended(|way| drop(way.begin(&recorded(minutes_ago))));
        let [span] = spans.as_slice() else { panic!("{spans:?}") };
        assert!(hangs(span) == expected && is(span, pb::span::SpanKind::Client));
    }
}

#[test]
fn an_acknowledgement_is_inside_its_try_and_what_goes_back_hangs_from_the_creation() {
    let spans = ended(|way| {
        let process = way.process("routing.on_case_opened", &recorded(0), true);
        process.in_scope(|| drop(way.settling("routing.on_case_opened", &recorded(0), Settling::Ack)));
        drop(process);
        drop(way.settling("routing.on_case_opened", &recorded(0), Settling::Nak));
        drop(way.settling("routing.on_case_opened", &recorded(0), Settling::Ack));
    });
    let [ack, process, nak, unwanted] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((&*ack.name, &ack.parent_span_id), ("ack", &process.span_id));
    assert_eq!(&*nak.name, "nak");
    assert!(hangs(nak));
    assert!(unwanted.parent_span_id.is_empty(), "nobody tried it");
    for span in [ack, nak, unwanted] {
        assert!(is(span, pb::span::SpanKind::Client));
        assert_eq!(says(span, "casetrail.case.number"), Some("NB-2026-000001-X"));
    }
}

#[test]
fn a_timer_begins_a_trace_and_learns_its_cases_number_later_but_not_anothers() {
    let spans = taken(1.0, |writer| {
        call(Some(writer), "casetrail.routing.v1.RoutingService/AcceptOffer", None).in_scope(|| {
            let timer = timer_by(Some(writer), "routing.timers", "offer_expiry", Uuid::from_u128(1));
            timer.in_scope(|| {
                mark_as(Uuid::from_u128(2), || Some("NB-2026-000002-Y".to_owned()));
                mark_as(Uuid::from_u128(1), || Some("NB-2026-000001-X".to_owned()));
                mark_as(Uuid::from_u128(1), || Some("NB-2026-000001-X".to_owned()));
                failed("timer_failed");
            });
        });
    });
    let fired = spans.iter().find(|span| span.name == "fire routing.timers offer_expiry").unwrap();
    assert!(fired.parent_span_id.is_empty() && is(fired, pb::span::SpanKind::Internal));
    assert_eq!(says(fired, "casetrail.service"), Some("routing"));
    let said: Vec<_> = fired.attributes.iter().filter(|pair| pair.key.contains(".case.")).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(says(fired, CASE_ID), Some("00000000-0000-0000-0000-000000000001"));
    assert_eq!(says(fired, CASE_NUMBER), Some("NB-2026-000001-X"));
    assert_eq!(says(fired, "error.type"), Some("timer_failed"));
    assert_eq!(fired.status.as_ref().unwrap().code, pb::status::StatusCode::Error as i32);
}

#[test]
fn a_call_stands_in_its_callers_trace_and_a_span_of_the_bridge_in_the_call() {
    let mut sent = None;
    let spans = taken(1.0, |writer| {
        let caller = parse_traceparent(TRACEPARENT).unwrap();
        call(Some(writer), "casetrail.intake.v1.IntakeService/OpenCase", Some(&caller)).in_scope(|| {
            mark_as(Uuid::from_u128(1), || None);
            let gateway = tracing::info_span!("gateway call", otel.kind = "client", error.type = Empty);
            hang_here(&gateway);
            gateway.in_scope(|| {
                sent = traceparent();
                failed("unavailable");
            });
        });
    });
    let [gateway, call] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(says(call, "rpc.method"), Some(&*call.name));
    assert_eq!(call.parent_span_id, parse_traceparent(TRACEPARENT).unwrap().span_id().to_bytes());
    let sent = parse_traceparent(&sent.unwrap()).unwrap();
    assert_eq!(gateway.span_id, sent.span_id().to_bytes(), "the gateway is told of its own span");
    assert_eq!((&call.trace_id, &call.span_id), (&gateway.trace_id, &gateway.parent_span_id));
    assert!(is(call, pb::span::SpanKind::Server) && is(gateway, pb::span::SpanKind::Client));
    assert_eq!((says(gateway, "error.type"), says(call, "error.type")), (Some("unavailable"), None));
}

#[test]
fn metadata_that_does_not_read_makes_a_span_without_a_link() {
    let spans = ended(|way| {
        let fact = Committed { meta: b"rubbish".to_vec(), ..recorded(0) };
        drop(way.process("routing.on_case_opened", &fact, true));
    });
    assert!(spans[0].links.is_empty() && spans[0].parent_span_id.is_empty());
}

#[test]
fn an_append_that_the_database_did_not_take_says_so_with_the_databases_code() {
    for code in [Some("57P01"), None] {
        let spans = taken(1.0, |writer| {
            let span = writer.begin(&SpanKind::Client, None, Uuid::from_u128(1));
            let mut appending = Appending(Some(span.named("append case_events", "")));
            appending.failed("unavailable", code);
        });
        let [span] = spans.as_slice() else { panic!("{spans:?}") };
        assert_eq!(span.status.as_ref().unwrap().code, pb::status::StatusCode::Error as i32);
        assert_eq!(says(span, "error.type"), Some("unavailable"));
        assert_eq!(says(span, "db.response.status_code"), code);
        assert!(span.start_time_unix_nano > 0 && span.start_time_unix_nano <= span.end_time_unix_nano);
    }
}
