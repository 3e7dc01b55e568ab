use std::sync::Mutex;

use ambient::ManualClock;
use jiff::Timestamp;
use opentelemetry::trace::{SpanId, SpanKind, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanProcessor};
use tracing_subscriber::layer::SubscriberExt;

use super::*;

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const START: &str = "2026-03-02T09:00:00Z";

/// Keeps the spans that ended.
#[derive(Debug, Clone, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Ended {
    fn on_start(&self, _span: &mut opentelemetry_sdk::trace::Span, _context: &opentelemetry::Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The spans that end while something is done.
fn ended(doing: impl FnOnce(&OnTheWay)) -> Vec<SpanData> {
    let ended = Ended::default();
    let provider = SdkTracerProvider::builder().with_span_processor(ended.clone()).build();
    let layer =
        tracing_opentelemetry::layer().with_tracer(provider.tracer("tests")).with_context_activation(false);
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(START.parse().unwrap()));
    let route = Route { system: "nats", template: "case.{type}".to_owned() };
    let on_the_way = OnTheWay::with(&clock, route, Some(provider.tracer("tests")));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || doing(&on_the_way));
    std::mem::take(&mut ended.0.lock().unwrap())
}

/// A fact that was recorded so many minutes ago.
fn recorded(minutes_ago: i64) -> Committed {
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
fn hangs(span: &SpanData) -> bool {
    let creation = parse_traceparent(TRACEPARENT).unwrap();
    assert_eq!(span.links.len(), 1, "{span:?}");
    assert_eq!(span.links[0].span_context.span_id(), creation.span_id());
    let same_trace = span.span_context.trace_id() == creation.trace_id();
    assert_eq!(same_trace, span.parent_span_id == creation.span_id(), "{span:?}");
    same_trace
}

fn says<'a>(span: &'a SpanData, key: &str) -> Option<std::borrow::Cow<'a, str>> {
    span.attributes.iter().find(|pair| pair.key.as_str() == key).map(|pair| pair.value.as_str())
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
        assert!(expected || span.parent_span_id == SpanId::INVALID, "a root of its own");
        assert_eq!(span.name, "process case.intake.case_opened");
        assert_eq!(span.span_kind, SpanKind::Consumer);
        for (key, value) in [
            ("messaging.system", "nats"),
            ("messaging.destination.template", "case.{type}"),
            ("messaging.consumer.group.name", "routing.on_case_opened"),
            ("casetrail.service", "routing"),
            ("casetrail.case.id", "00000000-0000-0000-0000-000000000001"),
            ("casetrail.case.number", "NB-2026-000001-X"),
        ] {
            assert_eq!(says(span, key).as_deref(), Some(value), "{key}");
        }
    }
}

#[test]
fn what_is_published_late_begins_a_trace_and_links_back() {
    for (minutes_ago, expected) in [(0, true), (60, false)] {
        let spans = ended(|way| drop(way.begin(&recorded(minutes_ago))));
        let [span] = spans.as_slice() else { panic!("{spans:?}") };
        assert_eq!((hangs(span), span.span_kind.clone()), (expected, SpanKind::Client));
    }
}

#[test]
fn an_acknowledgement_is_inside_its_try_and_what_goes_back_hangs_from_the_creation() {
    let spans = ended(|way| {
        let process = way.process("routing.on_case_opened", &recorded(0), true);
        process.in_scope(|| drop(way.settling("routing.on_case_opened", &recorded(0), Settling::Ack)));
        drop(process);
        drop(way.settling("routing.on_case_opened", &recorded(0), Settling::Nak));
    });
    let [ack, process, nak] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((&*ack.name, ack.parent_span_id), ("ack", process.span_context.span_id()));
    assert_eq!(&*nak.name, "nak");
    assert!(hangs(nak));
    for span in [ack, nak] {
        assert_eq!(span.span_kind, SpanKind::Client);
        assert_eq!(says(span, "casetrail.case.number").as_deref(), Some("NB-2026-000001-X"));
    }
}

#[test]
fn a_timer_begins_a_trace() {
    let spans = ended(|_| {
        let call = tracing::info_span!("a call that is under way");
        call.in_scope(|| drop(timer("routing.timers", "offer_expiry", Uuid::from_u128(1))));
    });
    let fired = spans.iter().find(|span| span.name == "fire routing.timers offer_expiry").unwrap();
    assert_eq!(fired.parent_span_id, SpanId::INVALID);
    assert_eq!(says(fired, "casetrail.service").as_deref(), Some("routing"));
}

#[test]
fn metadata_that_does_not_read_makes_a_span_without_a_link() {
    let spans = ended(|way| {
        let fact = Committed { meta: b"rubbish".to_vec(), ..recorded(0) };
        drop(way.process("routing.on_case_opened", &fact, true));
    });
    assert!(spans[0].links.is_empty() && spans[0].parent_span_id == SpanId::INVALID);
}

#[test]
fn an_append_that_the_database_did_not_take_says_so_with_the_databases_code() {
    for code in [Some("57P01"), None] {
        let ended = Ended::default();
        let provider = SdkTracerProvider::builder().with_span_processor(ended.clone()).build();
        let span = provider.tracer("tests").start("append case_events");
        let appending = Appending(Some(opentelemetry::Context::new().with_span(span)));
        appending.failed("unavailable", code);
        assert!(ended.0.lock().unwrap().is_empty(), "it goes on until it is dropped");
        drop(appending);
        let spans = ended.0.lock().unwrap();
        let [span] = spans.as_slice() else { panic!("{spans:?}") };
        assert_eq!(span.status, Status::error(""));
        assert_eq!(says(span, "error.type").as_deref(), Some("unavailable"));
        assert_eq!(says(span, "db.response.status_code").as_deref(), code);
    }
}
