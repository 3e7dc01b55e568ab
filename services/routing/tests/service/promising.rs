use case::payments_escalation::{GatewayContacted, GatewayPurpose, GatewayReplied, GatewayTimedOut};
use case::{Channel, EvidenceKind, Topic};
use contracts::routing::v1 as pb;
use uuid::Uuid;

use crate::world::{Opening, World, moment, reason};

const HOUR: u64 = 3_600;

fn withdrawal() -> Opening {
    Opening::of(Channel::Chat, Topic::Withdrawal)
}

fn gateway_call(key: u128) -> GatewayContacted {
    GatewayContacted {
        key: Uuid::from_u128(key),
        purpose: GatewayPurpose::Inquiry,
        transaction_id: "tx-1".parse().unwrap(),
        proposal_id: None,
        answer_due_at: "2026-03-02T10:00:00Z".parse().unwrap(),
    }
}

fn payments(event: impl Into<case::payments_escalation::Event>) -> Vec<case::payments_escalation::Event> {
    vec![event.into()]
}

#[tokio::test]
async fn a_first_answer_in_time_meets_its_clock() {
    let world = World::start().await;
    world.agent("mette", &[pb::Team::Payments]).await;
    let case = world.taken(1, withdrawal(), "mette").await;
    world.pass(30).await;
    assert_eq!(world.clock_of(case, pb::ClockKind::FirstResponse).await.used.unwrap().seconds, 30);
    world.agent_replies(case, "mette").await;
    let clock = world.clock_of(case, pb::ClockKind::FirstResponse).await;
    assert_eq!((clock.standing(), clock.breached), (pb::ClockStanding::Met, false));
    let sla = world.sla(case).await;
    assert_eq!(moment(sla.horizon), "2026-03-03T09:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn a_warning_and_a_breach_come_by_the_clock_once_each() {
    let world = World::start().await;
    let case = world.open(1, withdrawal()).await;
    world.settled().await;
    world.clock.advance(std::time::Duration::from_secs(119));
    world.settled().await;
    assert_eq!(world.count(case, "routing.sla_warned").await, 0, "never early");
    world.clock.advance(std::time::Duration::from_secs(1));
    world.until(case, "routing.sla_warned", 1).await;
    world.clock.advance(std::time::Duration::from_mins(3));
    world.until(case, "routing.sla_breached", 1).await;
    assert!(world.sla(case).await.escalated_to_lead);
    world.pass(60).await;
    assert_eq!(world.count(case, "routing.sla_warned").await, 1);
    assert_eq!(world.count(case, "routing.sla_breached").await, 1);
    // Overdue, it goes before everything of its kind.
    let later = world.open(2, withdrawal()).await;
    world.settled().await;
    assert_eq!(world.order(pb::Team::Payments).await, [case.to_string(), later.to_string()]);
}

#[tokio::test]
async fn asking_the_player_pauses_and_their_word_resumes() {
    let world = World::start().await;
    world.agent("mette", &[pb::Team::Payments]).await;
    let case = world.taken(1, withdrawal(), "mette").await;
    world.agent_replies(case, "mette").await;
    world.pass(HOUR).await;
    let asked = case::intake::EvidenceRequested { kinds: vec![EvidenceKind::PaymentProof] };
    world.happen(case, vec![case::intake::Event::from(asked)]).await;
    let paused = world.clock_of(case, pb::ClockKind::Resolution).await;
    assert_eq!((paused.standing(), paused.used.unwrap().seconds), (pb::ClockStanding::Paused, 3_600));
    world.pass(48 * HOUR).await;
    world.player_writes(case).await;
    let resumed = world.clock_of(case, pb::ClockKind::Resolution).await;
    assert_eq!(resumed.standing(), pb::ClockStanding::Running);
    assert_eq!(moment(resumed.breach_at), "2026-03-05T09:00:00Z".parse().unwrap());
    assert_eq!(world.clock_of(case, pb::ClockKind::NextUpdate).await.standing(), pb::ClockStanding::Running);
    assert_eq!(world.count(case, "routing.sla_breached").await, 0);
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_moves_the_promise_once_a_call() {
    let world = World::start().await;
    world.agent("mette", &[pb::Team::Payments]).await;
    let case = world.taken(1, withdrawal(), "mette").await;
    world.happen(case, payments(gateway_call(7))).await;
    assert_eq!(world.clock_of(case, pb::ClockKind::Resolution).await.standing(), pb::ClockStanding::Paused);
    let silent = GatewayTimedOut { key: Uuid::from_u128(7), purpose: GatewayPurpose::Inquiry };
    world.happen(case, payments(silent.clone())).await;
    world.happen(case, payments(silent)).await;
    let sla = world.sla(case).await;
    assert_eq!(moment(sla.horizon), "2026-03-06T09:00:00Z".parse().unwrap());
    assert_eq!(sla.horizon_extensions, 1);
    world.pass(HOUR).await;
    let answer = GatewayReplied { key: Uuid::from_u128(7), standing: None };
    world.happen(case, payments(answer)).await;
    let resolution = world.clock_of(case, pb::ClockKind::Resolution).await;
    assert_eq!(resolution.standing(), pb::ClockStanding::Running);
    assert_eq!(moment(resolution.breach_at), "2026-03-03T10:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn an_agent_extends_a_promise_with_a_reason_and_only_to_later() {
    let world = World::start().await;
    let case = world.open(1, withdrawal()).await;
    world.settled().await;
    let request_id = world.request_id();
    let message = pb::ExtendHorizonRequest {
        request_id: request_id.clone(),
        case: case.to_string(),
        extension: Some(pb::extend_horizon_request::Extension::By(prost_types::Duration {
            seconds: 7_200,
            nanos: 0,
        })),
        reason: pb::ExtensionReason::PeakTraffic as i32,
        ..pb::ExtendHorizonRequest::default()
    };
    let ask = async |message: &pb::ExtendHorizonRequest| {
        world.client.clone().extend_horizon(World::by("agent:mette", "payments", message.clone())).await
    };
    for _ in 0..2 {
        let answer = ask(&message).await.unwrap().into_inner();
        assert_eq!(moment(answer.horizon), "2026-03-03T11:00:00Z".parse().unwrap());
    }
    let earlier = pb::ExtendHorizonRequest {
        request_id: world.request_id(),
        extension: Some(pb::extend_horizon_request::Extension::Until(prost_types::Timestamp {
            seconds: 1_772_500_000,
            nanos: 0,
        })),
        ..message
    };
    assert_eq!(reason(&ask(&earlier).await.unwrap_err()), "HORIZON_NOT_LATER");
}

#[tokio::test]
async fn nothing_runs_once_the_case_is_resolved() {
    let world = World::start().await;
    world.agent("mette", &[pb::Team::Payments]).await;
    let case = world.taken(1, withdrawal(), "mette").await;
    world.resolve(case).await;
    assert!(world.sla(case).await.clocks.iter().all(|clock| clock.standing() == pb::ClockStanding::Met));
    let before = world.facts(case).await.len();
    world.pass(100 * HOUR).await;
    assert_eq!(world.facts(case).await.len(), before);
    assert_eq!(world.get_agent("mette").await.load, 0);
}
