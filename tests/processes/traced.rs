//! One case through four processes, seen by a tracing tool: their spans hang together.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::people::{ask, rasmus};
use crate::receiver::Receiver;
use crate::requests;
use crate::spans::{Spans, attribute, is_kind};
use crate::up::{Up, eventually};
use crate::withdrawal::{Withdrawal, details, stage, stage_over};

/// The trace that the caller brings, and the caller's own span in it.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

#[tokio::test(flavor = "multi_thread")]
async fn the_spans_of_four_processes_hang_together() {
    let receiver = Receiver::start().await;
    let endpoint = receiver.endpoint();
    let (up, database, _nats) =
        Up::on_shared_servers(1, &[("CASETRAIL__TELEMETRY__OTLP_ENDPOINT", &endpoint)]).await;
    let stage = stage(&up).await;
    let mut request = ask(&rasmus(), requests::open_case(stage.new_id()));
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{SPAN}-01").parse().unwrap());
    let opened = stage.intake().open_case(request).await.unwrap().into_inner();
    let number = opened.case.unwrap().number;
    let case = Withdrawal::of(stage_over(up.channel().await), &number);
    eventually("the player is told", async || {
        let entries = case.history().await;
        entries.iter().find(|entry| entry.r#type == "notifications.notification_sent").map(details)
    })
    .await;
    // Stopping flushes every process' spans.
    assert!(up.stop());
    let seen = receiver.take();
    let spans = Spans::of(&seen);
    let services: BTreeSet<&str> =
        spans.in_trace(TRACE).filter_map(|span| attribute(span, "casetrail.service")).collect();
    for service in ["intake", "routing", "notifications"] {
        assert!(services.contains(service), "{service} is not in the trace, only {services:?}");
    }
    let mut count = 0;
    for span in spans.in_trace(TRACE) {
        let way = spans.way_up(span);
        let top = way.last().unwrap();
        assert_eq!(hex::encode(&top.parent_span_id), SPAN, "{} hangs from nothing we know", top.name);
        count += 1;
    }
    assert!(count > 20, "only {count} spans");
    for span in spans.in_trace(TRACE).filter(|span| is_kind(span, SpanKind::Consumer)) {
        let [link] = span.links.as_slice() else { panic!("{} has {} links", span.name, span.links.len()) };
        assert!(spans.by_id(&link.span_id).is_some(), "{} links to a span that was received", span.name);
    }
    database.drop().await.unwrap();
}
