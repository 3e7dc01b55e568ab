//! The gateway as a client sees it: answers, callbacks, and what the ledger says was done.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ambient::{Clock as _, ManualClock, SystemClock};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use sandbox_gateway::api::{
    Answer, AnswerStatus, Callback, CallbackType, ErrorAnswer, InquiryOutcome, Ledger, Outcome, Payment,
    PaymentOutcome, PaymentStatus, TransactionStatus,
};
use sandbox_gateway::{Config, Running, SandboxGateway, StartError};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const SECRET: &str = "whsec_bXktdmVyeS1sb25nLXNhbmRib3gtc2VjcmV0ISEh";

struct World {
    gateway: Running,
    stop: CancellationToken,
    clock: ManualClock,
    client: reqwest::Client,
    callback_url: String,
    callbacks: UnboundedReceiver<(String, Callback)>,
    refusals: Arc<AtomicU32>,
    _receiver: JoinSet<()>,
}

async fn world() -> World {
    // Starts at the real time, because the library that verifies callbacks reads the real clock.
    let clock = ManualClock::new(SystemClock.now());
    let stop = CancellationToken::new();
    let config = Config::with_secret(SECRET);
    let gateway = SandboxGateway::start(config, Arc::new(clock.clone()), stop.clone()).await.unwrap();

    let (sender, callbacks) = unbounded_channel();
    let refusals = Arc::new(AtomicU32::new(0));
    let refuse = Arc::clone(&refusals);
    let receive = move |headers: HeaderMap, body: Bytes| async move {
        if refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        Webhook::new(SECRET).unwrap().verify(&body, &headers).unwrap();
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        sender.send((id, serde_json::from_slice(&body).unwrap())).unwrap();
        StatusCode::NO_CONTENT
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback_url = format!("http://{}/gateway", listener.local_addr().unwrap());
    let mut receiver = JoinSet::new();
    receiver.spawn(async move {
        axum::serve(listener, Router::new().route("/gateway", post(receive))).await.unwrap();
    });

    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    World { gateway, stop, clock, client, callback_url, callbacks, refusals, _receiver: receiver }
}

impl World {
    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.gateway.url());
        let response = self.client.post(url).json(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn inquire(&self, key: &str, transaction: &str) -> (u16, Value) {
        let url = &self.callback_url;
        let body = json!({ "idempotency_key": key, "transaction_id": transaction, "currency": "DKK", "callback_url": url });
        self.post("/v1/inquiries", &body).await
    }

    fn payment(&self, key: &str, transaction: &str, amount_minor: i64) -> Value {
        json!({
            "idempotency_key": key, "transaction_id": transaction, "kind": "refund",
            "amount_minor": amount_minor, "currency": "DKK", "callback_url": self.callback_url,
        })
    }

    async fn pay(&self, key: &str, transaction: &str) -> (u16, Value) {
        self.post("/v1/payments", &self.payment(key, transaction, 1_250_000)).await
    }

    async fn ledger(&self) -> Ledger {
        let url = format!("{}/v1/ledger", self.gateway.url());
        self.client.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Lets time pass until a callback arrives.
    async fn callback(&mut self) -> (String, Callback) {
        for _ in 0..200 {
            match tokio::time::timeout(Duration::from_millis(50), self.callbacks.recv()).await {
                Ok(callback) => return callback.unwrap(),
                Err(_) => self.clock.advance(Duration::from_secs(1)),
            }
        }
        panic!("no callback came; ledger: {:?}", self.ledger().await);
    }
}

fn answer(body: Value) -> Answer {
    serde_json::from_value(body).unwrap()
}

fn error(body: Value) -> String {
    serde_json::from_value::<ErrorAnswer>(body).unwrap().error
}

fn inquiry_outcome(outcome: Option<Outcome>) -> InquiryOutcome {
    let Some(Outcome::Inquiry(outcome)) = outcome else { panic!("{outcome:?}") };
    outcome
}

#[tokio::test]
async fn without_a_marker_everything_is_answered_at_once() {
    let world = world().await;
    let (status, body) = world.inquire("i-1", "TX-88231").await;
    assert_eq!(status, 200);
    let outcome = inquiry_outcome(answer(body).outcome);
    assert_eq!(outcome.status, TransactionStatus::Captured);
    assert_eq!((outcome.captured_minor, outcome.refunded_minor), (100_000_000, 0));
    assert_eq!(outcome.currency, "DKK");

    let (status, body) = world.pay("p-1", "TX-88231").await;
    assert_eq!(status, 200);
    let executed = PaymentOutcome { status: PaymentStatus::Executed, reason: None };
    assert_eq!(answer(body).outcome, Some(Outcome::Payment(executed)));
    let (_, body) = world.inquire("i-2", "TX-88231").await;
    assert_eq!(inquiry_outcome(answer(body).outcome).refunded_minor, 1_250_000);
    assert_eq!(world.ledger().await.callbacks, []);
}

#[tokio::test]
async fn a_late_reply_comes_by_callback_when_its_time_has_come() {
    let mut world = world().await;
    let (status, body) = world.inquire("i-1", "TX-88231-LATE-TWICE").await;
    assert_eq!((status, answer(body).status), (202, AnswerStatus::Pending));
    world.clock.advance(Duration::from_millis(19_999));
    assert_eq!(world.ledger().await.callbacks[0].attempts, 0);
    let (_, callback) = world.callback().await;
    assert_eq!(callback.callback_type, CallbackType::InquiryAnswered);
    assert_eq!(callback.idempotency_key, "i-1");
    assert_eq!(inquiry_outcome(Some(callback.outcome)).captured_minor, 100_000_000);
}

#[tokio::test]
async fn a_payment_confirmed_twice_is_executed_once() {
    let mut world = world().await;
    let (status, body) = world.pay("p-1", "TX-88231-late-twice").await;
    assert_eq!((status, answer(body).status), (202, AnswerStatus::Pending));
    let (first_id, first) = world.callback().await;
    let (second_id, second) = world.callback().await;
    assert_eq!(first.callback_type, CallbackType::PaymentExecuted);
    assert_eq!(first, second, "the same confirmation, with the same idempotency key");
    assert_ne!(first_id, second_id);
    let ledger = world.ledger().await;
    assert_eq!(ledger.executions_by_key["p-1"], 1);
    assert_eq!(ledger.entries[0].amount_minor, 1_250_000);
}

#[tokio::test]
async fn a_repeated_key_gets_the_same_answer_and_another_body_is_refused() {
    let world = world().await;
    let first = world.pay("p-1", "TX-1").await;
    assert_eq!(world.pay("p-1", "TX-1").await, first);
    let (status, body) = world.post("/v1/payments", &world.payment("p-1", "TX-1", 99)).await;
    assert_eq!((status, error(body).as_str()), (409, "idempotency_key_reused"));
    assert_eq!(world.inquire("p-1", "TX-1").await.0, 409);
    let ledger = world.ledger().await;
    assert_eq!((ledger.executions_by_key["p-1"], ledger.requests_by_key["p-1"]), (1, 4));
    assert_eq!(ledger.executions_by_transaction["TX-1"], 1);
}

#[tokio::test]
async fn a_repeated_pending_payment_is_confirmed_only_as_often_as_planned() {
    let world = world().await;
    for _ in 0..3 {
        assert_eq!(world.pay("p-1", "TX-1-TWICE").await.0, 202);
    }
    assert_eq!(world.ledger().await.callbacks.len(), 2);
}

#[tokio::test]
async fn out_of_order_replies_come_in_reverse() {
    let mut world = world().await;
    for (key, transaction) in [("i-1", "TX-1-OOO"), ("i-2", "TX-2-OOO"), ("i-3", "TX-1-OOO")] {
        assert_eq!(world.inquire(key, transaction).await.0, 202);
    }
    let mut keys = Vec::new();
    for _ in 0..3 {
        keys.push(world.callback().await.1.idempotency_key);
    }
    assert_eq!(keys, ["i-3", "i-2", "i-1"]);
}

#[tokio::test]
async fn out_of_order_a_payment_is_executed_before_it_is_accepted() {
    let mut world = world().await;
    world.pay("p-1", "TX-1-OOO").await;
    assert_eq!(world.callback().await.1.callback_type, CallbackType::PaymentExecuted);
    assert_eq!(world.callback().await.1.callback_type, CallbackType::PaymentAccepted);
}

#[tokio::test]
async fn never_means_no_callback_and_no_execution() {
    let world = world().await;
    assert_eq!(world.inquire("i-1", "TX-1-NEVER").await.0, 202);
    assert_eq!(world.pay("p-1", "TX-1-NEVER").await.0, 202);
    let ledger = world.ledger().await;
    assert_eq!((ledger.callbacks, ledger.entries), (vec![], vec![]));
    let url = format!("{}/v1/payments", world.gateway.url());
    let payments: Vec<Payment> = world.client.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(payments[0].outcome.status, PaymentStatus::Pending);
}

#[tokio::test]
async fn unknown_and_refused_say_so() {
    let mut world = world().await;
    let (status, body) = world.inquire("i-1", "TX-1-UNKNOWN").await;
    assert_eq!((status, error(body).as_str()), (404, "unknown_transaction"));
    assert_eq!(world.pay("p-1", "TX-1-UNKNOWN").await.0, 404);

    world.inquire("i-2", "TX-1-UNKNOWN-LATE").await;
    let (_, callback) = world.callback().await;
    assert_eq!(inquiry_outcome(Some(callback.outcome)).status, TransactionStatus::Unknown);

    let (status, body) = world.pay("p-2", "TX-1-REFUSED").await;
    let declined = PaymentOutcome { status: PaymentStatus::Failed, reason: Some("declined".to_owned()) };
    assert_eq!((status, answer(body).outcome), (200, Some(Outcome::Payment(declined))));
    world.pay("p-3", "TX-1-REFUSED-TWICE").await;
    assert_eq!(world.callback().await.1.callback_type, CallbackType::PaymentFailed);
    assert_eq!(world.ledger().await.entries, []);
}

#[tokio::test]
async fn inquiries_find_transactions_pending_failed_or_disputed() {
    let world = world().await;
    for (transaction, status, captured, disputed) in [
        ("TX-1-PENDING", TransactionStatus::Pending, 0, 0),
        ("TX-1-FAILED", TransactionStatus::Failed, 0, 0),
        ("TX-1-DISPUTED", TransactionStatus::Captured, 100_000_000, 50_000_000),
    ] {
        let (_, body) = world.inquire(transaction, transaction).await;
        let outcome = inquiry_outcome(answer(body).outcome);
        assert_eq!(
            (outcome.status, outcome.captured_minor, outcome.disputed_minor),
            (status, captured, disputed)
        );
    }
}

#[tokio::test]
async fn no_refund_exceeds_what_is_left() {
    let world = world().await;
    world.post("/v1/payments", &world.payment("p-1", "TX-1", 60_000_000)).await;
    let (_, body) = world.post("/v1/payments", &world.payment("p-2", "TX-1", 40_000_001)).await;
    let Some(Outcome::Payment(outcome)) = answer(body).outcome else { panic!() };
    assert_eq!(outcome.reason.as_deref(), Some("exceeds_captured"));
    assert_eq!(world.ledger().await.entries.len(), 1);
}

#[tokio::test]
async fn a_callback_is_tried_again_until_it_is_taken() {
    let mut world = world().await;
    world.refusals.store(3, Ordering::SeqCst);
    world.inquire("i-1", "TX-1-LATE").await;
    world.callback().await;
    let delivered = async {
        loop {
            let record = world.ledger().await.callbacks[0].clone();
            if record.delivered {
                return record.attempts;
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(10), delivered).await.unwrap(), 4);
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_with_the_reason() {
    let world = world().await;
    let good = world.payment("p-1", "TX-1", 100);
    for (field, value) in [
        ("amount_minor", json!(0)),
        ("amount_minor", json!(-5)),
        ("currency", json!("kroner")),
        ("callback_url", json!("http://example.com/")),
        ("callback_url", json!("https://127.0.0.1/")),
        ("idempotency_key", json!("with space")),
        ("idempotency_key", json!("")),
        ("transaction_id", json!("")),
    ] {
        let mut bad = good.clone();
        bad[field] = value.clone();
        let (status, body) = world.post("/v1/payments", &bad).await;
        assert_eq!(status, 400, "{field} = {value}");
        assert!(body["message"].as_str().unwrap().contains(field), "{body}");
    }
    let mut typo = good.clone();
    typo["amuont"] = json!(1);
    let (status, body) = world.post("/v1/payments", &typo).await;
    assert_eq!(status, 422);
    assert!(body["message"].as_str().unwrap().contains("amuont"), "{body}");
    assert_eq!(world.ledger().await, Ledger::default());
}

#[tokio::test]
async fn it_stops_with_replies_still_outstanding() {
    let world = world().await;
    world.inquire("i-1", "TX-1-LATE").await;
    world.stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), world.gateway.stopped()).await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let world = world().await;
    let port = world.gateway.address.port();
    let config = Config { port, ..Config::with_secret(SECRET) };
    let second = SandboxGateway::start(config, Arc::new(SystemClock), CancellationToken::new()).await;
    let error = second.unwrap_err();
    assert!(matches!(error, StartError::Bind { .. }));
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
