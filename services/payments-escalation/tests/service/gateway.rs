//! The gateway at once, late, out of order, never, and not there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ambient::{Clock, ManualClock};
use async_trait::async_trait;
use case::Money;
use case::payments_escalation::TransactionStanding;
use contracts::payments_escalation::v1 as pb;
use event_bus::EventBus;
use payments_escalation::{
    Gateway, GatewayError, GatewayKey, Inquiry, InquiryAnswer, Payment, PaymentAnswer,
};
use std::sync::Mutex;

use crate::world::{Instead, LATE, World, reason, start_of_time};

fn inquiry(world: &World, case: uuid::Uuid, transaction_id: &str) -> pb::InquireGatewayRequest {
    pb::InquireGatewayRequest {
        request_id: world.request_id(),
        etag: String::new(),
        case: case.to_string(),
        transaction_id: transaction_id.to_owned(),
    }
}

#[tokio::test]
async fn an_escalated_transaction_is_inquired_about_at_once() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1").await;
    let escalation = world.reaches(case, pb::Progress::UnderReview).await;
    let standing = escalation.transactions[0].standing.as_ref().unwrap();
    assert_eq!(standing.captured.as_ref().unwrap().minor_units, 100_000_000);
    assert_eq!(escalation.case.unwrap().state, pb::CaseState::Escalated as i32);
}

#[tokio::test]
async fn a_late_answer_times_out_first_and_counts_when_it_comes() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-LATE").await;
    let waiting = world.escalation(case).await;
    assert_eq!(waiting.progress, pb::Progress::GatewayPending as i32);
    assert_eq!(waiting.case.unwrap().state, pb::CaseState::WaitingThirdParty as i32);

    world.clock.advance(Duration::from_mins(1));
    world.until(case, "timed out", |one| one.gateway_calls[0].timed_out).await;
    world.clock.advance(LATE);
    let answered = world.reaches(case, pb::Progress::UnderReview).await;
    assert!(answered.gateway_calls[0].answered && answered.gateway_calls[0].timed_out);
    assert_eq!(world.count(case, "gateway_timed_out").await, 1);
    assert_eq!(world.count(case, "gateway_replied").await, 1);
}

#[tokio::test]
async fn the_gateway_has_its_time_even_when_it_is_asked_late() {
    let clock = ManualClock::new(start_of_time());
    let hour_ago = ManualClock::new(start_of_time() - jiff::SignedDuration::from_hours(1));
    let log: Arc<dyn event_log::EventLog> = Arc::new(event_log::MemoryLog::new(Arc::new(hour_ago)));
    let world = World::start_with(clock, Instead { log: Some(log), ..Instead::default() }).await;
    let case = world.escalated(1, "TX-1-LATE").await;
    let call = &world.escalation(case).await.gateway_calls[0];
    assert!(!call.timed_out);
    assert!(call.answer_due_at.unwrap().seconds > world.clock.now().as_second());
}

#[tokio::test]
async fn answers_out_of_order_each_find_their_question() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-OOO").await;
    let link = pb::LinkTransactionRequest {
        request_id: world.request_id(),
        etag: String::new(),
        case: case.to_string(),
        transaction_id: "TX-2-OOO".to_owned(),
    };
    world.client.clone().link_transaction(world.by("mette", "general", link)).await.unwrap();
    world.settled().await;
    world.clock.advance(LATE);
    let answered = world.reaches(case, pb::Progress::UnderReview).await;
    assert!(answered.transactions.iter().all(|one| one.standing.is_some()), "{answered:#?}");
}

#[tokio::test]
async fn a_gateway_that_never_answers_may_be_asked_again_only_after_its_time() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-NEVER").await;
    let ask = || world.by("mette", "general", inquiry(&world, case, "TX-1-NEVER"));
    let early = world.client.clone().inquire_gateway(ask()).await.unwrap_err();
    assert_eq!(reason(&early), "INQUIRY_PENDING");
    world.clock.advance(Duration::from_mins(1));
    world.until(case, "timed out", |one| one.gateway_calls[0].timed_out).await;
    let again = world.client.clone().inquire_gateway(ask()).await.unwrap().into_inner();
    let due = again.answer_due_at.unwrap();
    assert_eq!(due.seconds, world.clock.now().as_second() + 60);
    assert_ne!(again.key, world.escalation(case).await.gateway_calls[0].key);
}

#[tokio::test]
async fn a_transaction_that_the_gateway_does_not_know_cannot_be_paid() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-UNKNOWN").await;
    world.reaches(case, pb::Progress::UnderReview).await;
    let request = world.payments("anna", world.proposal_of(case, "TX-1-UNKNOWN", 5));
    let status = world.client.clone().propose_resolution(request).await.unwrap_err();
    assert_eq!(reason(&status), "UNKNOWN_TRANSACTION");
}

/// Knows every transaction; fails so many calls, then never says whether it paid.
#[derive(Default)]
struct Scripted {
    failures: AtomicU32,
    inquiries: Mutex<Vec<GatewayKey>>,
    payments: Mutex<Vec<Payment>>,
}

#[async_trait]
impl Gateway for Scripted {
    async fn inquire(&self, inquiry: &Inquiry) -> Result<InquiryAnswer, GatewayError> {
        self.inquiries.lock().unwrap().push(inquiry.key);
        let left = self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_ok() {
            return Err(GatewayError::Unavailable("connection refused".to_owned()));
        }
        let of = |minor| Money::new(minor, inquiry.currency);
        let (captured, refunded, disputed) = (of(1_250_000), of(0), of(0));
        Ok(InquiryAnswer::Known(TransactionStanding {
            status: "captured".to_owned(),
            captured,
            refunded,
            disputed,
        }))
    }

    async fn pay(&self, payment: &Payment) -> Result<PaymentAnswer, GatewayError> {
        self.payments.lock().unwrap().push(payment.clone());
        Ok(PaymentAnswer::Pending)
    }
}

async fn scripted(failures: u32) -> (World, Arc<Scripted>) {
    let gateway = Arc::new(Scripted { failures: AtomicU32::new(failures), ..Scripted::default() });
    let clock = ManualClock::new(start_of_time());
    let instead = Instead { gateway: Some(gateway.clone()), ..Instead::default() };
    (World::start_with(clock, instead).await, gateway)
}

#[tokio::test]
async fn a_payment_without_a_word_is_told_again_with_the_same_key() {
    let (world, gateway) = scripted(0).await;
    let case = world.escalated(1, "TX-1").await;
    let proposal = world.proposed(case, "TX-1", 5).await;
    world.approve("bo", case, &proposal, 5).await.unwrap();
    world.settled().await;
    assert_eq!(gateway.payments.lock().unwrap().len(), 1);
    world.clock.advance(Duration::from_mins(5));
    world.until(case, "timed out", |one| one.gateway_calls[1].timed_out).await;
    world.settled().await;
    let payments = gateway.payments.lock().unwrap().clone();
    assert_eq!(payments.len(), 2);
    assert_eq!(payments[0], payments[1]);
    assert_eq!(world.escalation(case).await.progress, pb::Progress::Executing as i32);
}

#[tokio::test]
async fn a_call_that_fails_is_made_again_with_the_same_key() {
    let (world, gateway) = scripted(3).await;
    let case = world.open_case(1).await;
    let request = world.by("mette", "general", world.escalation_of(case, "TX-1"));
    world.client.clone().escalate_payment(request).await.unwrap();
    world.passing_time(|| async { world.count(case, "gateway_replied").await == 1 }).await;
    let keys = gateway.inquiries.lock().unwrap().clone();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert!(world.bus.dead_letters(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_gateway_that_stays_away_leaves_a_dead_letter_that_can_be_redriven() {
    let (world, _gateway) = scripted(event_bus::TRIES).await;
    let case = world.open_case(1).await;
    let request = world.by("mette", "general", world.escalation_of(case, "TX-1"));
    world.client.clone().escalate_payment(request).await.unwrap();
    world.passing_time(|| async { !world.bus.dead_letters(None, 10).await.unwrap().is_empty() }).await;
    let letters = world.bus.dead_letters(None, 10).await.unwrap();
    assert_eq!(letters[0].consumer, "payments_escalation.on_gateway_contacted");
    world.bus.redrive(&letters[0].consumer, letters[0].position).await.unwrap();
    assert_eq!(world.count(case, "gateway_replied").await, 1);
}

impl World {
    /// Lets time pass in small steps until something is so.
    async fn passing_time<F: Future<Output = bool>>(&self, done: impl Fn() -> F) {
        let waiting = async {
            while !done().await {
                self.clock.advance(Duration::from_millis(100));
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it happens in time");
    }
}
