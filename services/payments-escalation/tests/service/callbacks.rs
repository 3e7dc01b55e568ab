//! `POST /gateway/callbacks`: only the gateway, only lately, only calls that were made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ambient::{Clock, ManualClock};
use async_trait::async_trait;
use contracts::payments_escalation::v1 as pb;
use event_log::{Append, Appended, CommandRecord, Committed, Error, EventLog, MemoryLog};
use reqwest::StatusCode;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::sync::watch;
use uuid::Uuid;

use crate::world::{Instead, SECRET, World, http_client, start_of_time};

/// What the gateway would say of the case's first call.
async fn answer_to(world: &World, case: Uuid) -> Value {
    let call = world.escalation(case).await.gateway_calls[0].key.parse::<Uuid>().unwrap();
    json!({
        "type": "inquiry.answered",
        "idempotency_key": format!("{}{}", case.simple(), call.simple()),
        "transaction_id": "TX-1-NEVER",
        "gateway_reference": "gw_1",
        "outcome": {
            "status": "captured", "captured_minor": 500, "refunded_minor": 0, "disputed_minor": 0,
            "currency": "DKK",
        },
        "amount_minor": 500,
        "currency": "DKK",
    })
}

/// Posts a callback signed with `secret` as of `age_seconds` ago.
async fn post(world: &World, webhook_id: &str, body: &Value, secret: &str, age_seconds: i64) -> StatusCode {
    let body = body.to_string();
    let sent_at = world.clock.now().as_second() - age_seconds;
    let signature = Webhook::new(secret).unwrap().sign(webhook_id, sent_at, body.as_bytes()).unwrap();
    http_client()
        .post(&world.callback_url)
        .header("webhook-id", webhook_id)
        .header("webhook-timestamp", sent_at)
        .header("webhook-signature", format!("v1,b3RoZXI= {signature}"))
        .body(body)
        .send()
        .await
        .unwrap()
        .status()
}

#[tokio::test]
async fn a_signed_answer_is_taken_once_however_often_it_comes() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-NEVER").await;
    let body = answer_to(&world, case).await;
    for webhook_id in ["msg_1", "msg_1", "msg_2"] {
        assert_eq!(post(&world, webhook_id, &body, SECRET, 0).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(world.count(case, "gateway_replied").await, 1);
    assert_eq!(world.escalation(case).await.progress, pb::Progress::UnderReview as i32);
}

#[tokio::test]
async fn who_is_not_the_gateway_is_refused_and_nothing_is_recorded() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-NEVER").await;
    let body = answer_to(&world, case).await;
    let other = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=";
    assert_eq!(post(&world, "msg_1", &body, other, 0).await, StatusCode::UNAUTHORIZED);
    assert_eq!(post(&world, "msg_1", &body, SECRET, 301).await, StatusCode::UNAUTHORIZED, "kept too long");
    assert_eq!(post(&world, "msg_1", &body, SECRET, -301).await, StatusCode::UNAUTHORIZED, "from the future");
    let unsigned = http_client().post(&world.callback_url).body(body.to_string()).send().await.unwrap();
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(world.count(case, "gateway_replied").await, 0);
}

#[tokio::test]
async fn calls_that_were_never_made_are_not_found() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-NEVER").await;
    let mut body = answer_to(&world, case).await;
    let unknown = [
        "no-key".to_owned(),
        format!("{}{}", case.simple(), Uuid::from_u128(1).simple()),
        format!("{}{}", Uuid::from_u128(1).simple(), Uuid::from_u128(1).simple()),
    ];
    for key in unknown {
        body["idempotency_key"] = json!(key);
        assert_eq!(post(&world, "msg_1", &body, SECRET, 0).await, StatusCode::NOT_FOUND, "{key}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_for_good() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-NEVER").await;
    let right = answer_to(&world, case).await;
    assert_eq!(post(&world, "m", &json!({ "type": "nonsense" }), SECRET, 0).await, StatusCode::BAD_REQUEST);
    let mut mixed = right.clone();
    mixed["type"] = json!("payment.executed");
    assert_eq!(post(&world, "m", &mixed, SECRET, 0).await, StatusCode::BAD_REQUEST);
    let mut negative = right.clone();
    negative["outcome"]["refunded_minor"] = json!(-1);
    assert_eq!(post(&world, "m", &negative, SECRET, 0).await, StatusCode::UNPROCESSABLE_ENTITY);
    let long = json!({ "type": "x".repeat(70_000) });
    assert_eq!(post(&world, "m", &long, SECRET, 0).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(world.count(case, "gateway_replied").await, 0);
}

/// A log that can be taken away.
struct Away {
    log: MemoryLog,
    away: AtomicBool,
}

impl Away {
    fn there(&self) -> Result<(), Error> {
        if self.away.load(Ordering::SeqCst) {
            Err(Error::Unavailable("taken away".to_owned()))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl EventLog for Away {
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        self.there()?;
        self.log.append(append).await
    }

    async fn read_stream(&self, stream: Uuid, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        self.there()?;
        self.log.read_stream(stream, after, limit).await
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        self.log.read_all(after, limit).await
    }

    async fn head(&self) -> Result<u64, Error> {
        self.log.head().await
    }

    async fn last_recorded_at(&self) -> Result<Option<jiff::Timestamp>, Error> {
        self.log.last_recorded_at().await
    }

    async fn find_command(&self, stream: Uuid, command_id: Uuid) -> Result<Option<CommandRecord>, Error> {
        self.there()?;
        self.log.find_command(stream, command_id).await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.log.watch()
    }
}

#[tokio::test]
async fn while_the_log_is_away_the_gateway_is_asked_to_try_again() {
    let clock = ManualClock::new(start_of_time());
    let log = Arc::new(Away { log: MemoryLog::new(Arc::new(clock.clone())), away: AtomicBool::new(false) });
    let world = World::start_with(clock, Instead { log: Some(log.clone()), ..Instead::default() }).await;
    let case = world.escalated(1, "TX-1-NEVER").await;
    let body = answer_to(&world, case).await;
    log.away.store(true, Ordering::SeqCst);
    assert_eq!(post(&world, "msg_1", &body, SECRET, 0).await, StatusCode::SERVICE_UNAVAILABLE);
    log.away.store(false, Ordering::SeqCst);
    assert_eq!(post(&world, "msg_1", &body, SECRET, 0).await, StatusCode::NO_CONTENT);
    assert_eq!(world.count(case, "gateway_replied").await, 1);
}
