//! Cases thinned out over real processes: each is kept whole, from the call that opened it to the last reaction,
//! or not at all.

use std::collections::{BTreeMap, BTreeSet};

use service_kit::meta::parse_traceparent;
use uuid::Uuid;

use crate::forest::{Forest, recorded};
use crate::people::{ask, rasmus};
use crate::receiver::Receiver;
use crate::requests;
use crate::spans::{Spans, attribute};
use crate::up::Up;
use crate::withdrawal::{Withdrawal, stage, stage_over};

/// So many that they are not all kept, and not all left out.
const CASES: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_kept_whole_or_not_at_all() {
    let receiver = Receiver::start().await;
    let endpoint = receiver.endpoint();
    let env = [
        ("CASETRAIL__TELEMETRY__OTLP_ENDPOINT", endpoint.as_str()),
        ("CASETRAIL__TELEMETRY__SAMPLE_RATIO", "0.5"),
    ];
    let (up, database, _nats) = Up::on_shared_servers(1, &env).await;
    let stage = stage(&up).await;
    for _ in 0..CASES {
        let request = ask(&rasmus(), requests::open_case(stage.new_id()));
        let opened = stage.intake().open_case(request).await.unwrap().into_inner();
        let case = Withdrawal::of(stage_over(up.channel().await), &opened.case.unwrap().number, "");
        case.until("notifications.notification_sent").await;
    }
    drop(stage);
    assert!(up.stop());
    let (facts, seen) = (recorded(&database).await, receiver.take());
    let spans = Spans::of(&seen);
    let mut kept: BTreeMap<Uuid, Vec<bool>> = BTreeMap::new();
    // Agents have facts too, in streams of their own.
    let opened = facts.iter().filter(|fact| fact.event_type == "intake.case_opened");
    let streams: BTreeSet<Uuid> = opened.map(|fact| fact.stream).collect();
    assert_eq!(streams.len(), CASES);
    for fact in facts.iter().filter(|fact| streams.contains(&fact.stream)) {
        let created = fact.meta.traceparent.as_deref().and_then(parse_traceparent).unwrap();
        kept.entry(fact.stream).or_default().push(spans.by_id(&created.span_id().to_bytes()).is_some());
    }
    let cases: Vec<&Vec<bool>> = kept.values().collect();
    assert!(cases.iter().all(|facts| facts.iter().all(|kept| *kept == facts[0])), "{cases:?}");
    let whole = cases.iter().filter(|facts| facts[0]).count();
    assert!((1..CASES).contains(&whole), "{whole} of {CASES}");
    // The calls that opened them as well, and nothing of the others.
    let opened = spans.all().filter(|span| span.name.ends_with("/OpenCase"));
    assert_eq!(opened.filter(|span| attribute(span, "casetrail.case.id").is_some()).count(), whole);
    Forest::of(&seen, &facts, &[]).nothing_is_an_orphan();
    database.drop().await.unwrap();
}
