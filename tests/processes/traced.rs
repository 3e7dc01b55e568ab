//! A withdrawal through four processes and the relay, seen by a tracing tool: the whole forest of its traces,
//! held against the log, and the trace's context wherever a message left the house.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use service_kit::meta::parse_traceparent;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::forest::{Forest, reached, recorded};
use crate::people::{ask, mette, rasmus};
use crate::receiver::Receiver;
use crate::requests;
use crate::spans::{Spans, attribute, is_kind};
use crate::up::{Up, insist};
use crate::withdrawal::{Withdrawal, stage, stage_over};

/// The trace that the caller brings, and the caller's own span in it.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// Takes webhooks, and keeps the context that each brings.
struct Hooks {
    url: String,
    traceparents: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Hooks {
    async fn start() -> Self {
        let traceparents = Arc::<Mutex<Vec<String>>>::default();
        let router = Router::new().route("/hook", post(take)).with_state(Arc::clone(&traceparents));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, traceparents, _serving: serving }
    }

    /// Settings under which the brand's players are told by webhook.
    fn settings(&self) -> String {
        format!(
            "[notifications.brands.NB]\nfrom = 'NB <support@nb.example>'\n\
             [notifications.brands.NB.player_webhook]\nurl = '{}'\n\
             secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'\nallow_http = true\n",
            self.url
        )
    }
}

async fn take(State(kept): State<Arc<Mutex<Vec<String>>>>, headers: HeaderMap) -> StatusCode {
    let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    kept.lock().unwrap().push(traceparent.unwrap_or_default().to_owned());
    StatusCode::NO_CONTENT
}

/// The span that a message brought along, which must be one of ours.
fn brought<'a>(spans: &Spans<'a>, traceparent: &str) -> &'a Span {
    let context = parse_traceparent(traceparent).unwrap_or_else(|| panic!("{traceparent:?} is no context"));
    let span = spans.by_id(&context.span_id().to_bytes());
    span.unwrap_or_else(|| panic!("{traceparent} is the context of no span that was received"))
}

/// What the gateway was told, by payments-escalation and in the trace of its call.
async fn gateway_calls(up: &Up) -> Vec<String> {
    let ledger = reqwest::get(format!("{}/v1/ledger", up.ready.gateway)).await.unwrap();
    let ledger: serde_json::Value = ledger.json().await.unwrap();
    let by_key = ledger["traceparents_by_key"].as_object().unwrap().values();
    by_key.flat_map(|all| all.as_array().unwrap()).map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// The header of every mail in the outbox.
fn mails(up: &Up) -> Vec<String> {
    let mails = up.mails().into_iter().filter(|name| name.strip_suffix(".eml").is_some());
    mails
        .map(|name| {
            let mail = std::fs::read_to_string(up.outbox().join(name)).unwrap();
            let header = mail.lines().find_map(|line| line.strip_prefix("traceparent: "));
            header.unwrap_or_else(|| panic!("a mail without its trace: {mail}")).trim().to_owned()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_forest_of_a_withdrawal_stands() {
    let (receiver, hooks) = (Receiver::start().await, Hooks::start().await);
    let settings = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(settings.path(), hooks.settings()).unwrap();
    let env = [
        ("CASETRAIL__TELEMETRY__OTLP_ENDPOINT", receiver.endpoint()),
        ("CASETRAIL_CONFIG", settings.path().display().to_string()),
        // The gateway that never answers is late soon.
        ("CASETRAIL__PAYMENTS_ESCALATION__GATEWAY__INQUIRY_ANSWER_DUE_SECONDS", "1".to_owned()),
    ];
    let env: Vec<(&str, &str)> = env.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let (up, database, nats) = Up::on_shared_servers(1, &env).await;
    let stage = stage(&up).await;
    // Story 1, from the player's word in a trace of their own to the money.
    let mut request = ask(&rasmus(), requests::open_case(stage.new_id()));
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{SPAN}-01").parse().unwrap());
    let opened = stage.intake().open_case(request).await.unwrap().into_inner();
    let number = opened.case.unwrap().number;
    let case = Withdrawal::of(stage_over(up.channel().await), &number, "TX-91001");
    case.take().await;
    case.escalate().await;
    case.approve().await;
    case.finish().await;
    // And one about which the gateway says nothing, until a timer fires.
    let silent = Withdrawal::open(stage_over(up.channel().await), "TX-91002-NEVER").await;
    silent.take().await;
    let escalate = requests::escalate_payment(stage.new_id(), &silent.number, "TX-91002-NEVER");
    insist("EscalatePayment", async || {
        stage.payments().escalate_payment(ask(&mette(), escalate.clone())).await
    })
    .await;
    silent.until("payments_escalation.gateway_timed_out").await;
    let (gateway_calls, mails) = (gateway_calls(&up).await, mails(&up));
    drop((case, silent, stage));
    // Stopping flushes every process' spans.
    assert!(up.stop());

    let (facts, seen, (consumers, last)) = (recorded(&database).await, receiver.take(), reached(&nats).await);
    let forest = Forest::of(&seen, &facts, &[SPAN]);
    forest.every_fact_has_its_creation();
    forest.every_fact_was_published(last);
    forest.every_consumer_tells_what_it_is_past(&consumers, &nats.prefix);
    forest.every_reaction_links_to_the_creation();
    forest.nothing_is_an_orphan();
    forest.every_span_bears_its_case();
    forest.every_span_is_what_the_conventions_say(&nats.prefix);
    the_callers_trace_goes_through_three_services(&forest.spans);
    a_timer_begins_a_trace(&forest.spans);
    for traceparent in &gateway_calls {
        assert!(brought(&forest.spans, traceparent).name.starts_with("POST /v1/"), "{traceparent}");
    }
    for traceparent in mails.iter().chain(hooks.traceparents.lock().unwrap().iter()) {
        assert_eq!(
            attribute(brought(&forest.spans, traceparent), "casetrail.service"),
            Some("notifications")
        );
    }
    assert!(gateway_calls.len() > 2, "{gateway_calls:?}");
    assert!(!mails.is_empty(), "somebody was told by mail");
    assert!(!hooks.traceparents.lock().unwrap().is_empty(), "the player was told by webhook");
    database.drop().await.unwrap();
}

fn the_callers_trace_goes_through_three_services(spans: &Spans<'_>) {
    let services: BTreeSet<&str> =
        spans.in_trace(TRACE).filter_map(|span| attribute(span, "casetrail.service")).collect();
    for service in ["intake", "routing", "notifications", "relay"] {
        assert!(services.contains(service), "{service} is not in the trace, only {services:?}");
    }
    for span in spans.in_trace(TRACE) {
        let way = spans.way_up(span);
        let top = way.last().unwrap();
        assert_eq!(hex::encode(&top.parent_span_id), SPAN, "{} hangs from nothing we know", top.name);
    }
}

fn a_timer_begins_a_trace(spans: &Spans<'_>) {
    let fired: Vec<&Span> = spans.all().filter(|span| span.name.starts_with("fire ")).collect();
    assert!(fired.iter().any(|span| span.name.contains("payments_escalation")), "{fired:?}");
    for span in fired {
        assert!(span.parent_span_id.is_empty() && is_kind(span, SpanKind::Internal), "{span:?}");
    }
}
