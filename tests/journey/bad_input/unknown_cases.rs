//! A case that does not exist, or whose number was mistyped: the same answer wherever it is asked for.

use case::CaseNumber;
use contracts::history::v1 as history;
use contracts::intake::v1 as intake;
use contracts::notifications::v1 as notifications;
use contracts::payments_escalation::v1 as payments;
use contracts::routing::v1 as routing;
use stories::Stage;
use tonic::Code;

use crate::people::{ask, auditor, mette, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

/// What each stage and the history answer when they are asked to read or change this case.
async fn ask_everybody(stage: &Stage, named: &str) -> Vec<(&'static str, Refusal)> {
    let mut refusals = ask_the_folding(stage, named).await;
    // Verifies the bytes of any stream, and asks nobody what they mean.
    let request = history::VerifyCaseRequest { case: named.to_owned() };
    let answer = stage.history().verify_case(ask(&auditor(), request)).await;
    refusals.push(("VerifyCase", Refusal::of(answer)));
    refusals
}

/// As [`ask_everybody`], for the methods that have to make sense of what is recorded.
async fn ask_the_folding(stage: &Stage, named: &str) -> Vec<(&'static str, Refusal)> {
    let case = || named.to_owned();
    let id = || stage.new_id();
    let none = String::new;
    let mut refusals = Vec::new();
    let mut asked = |name, refusal| refusals.push((name, refusal));

    let mut client = stage.intake();
    let request = intake::GetCaseRequest { case: case() };
    asked("intake GetCase", Refusal::of(client.get_case(ask(&auditor(), request)).await));
    let request = requests::send_reply(id(), named);
    asked("SendReply", Refusal::of(client.send_reply(ask(&mette(), request)).await));
    let request = intake::ReceiveMessageRequest {
        request_id: id(),
        case: case(),
        subject: none(),
        channel: intake::Channel::Chat.into(),
        text: "Er der nyt?".to_owned(),
    };
    asked("ReceiveMessage", Refusal::of(client.receive_message(ask(&rasmus(), request)).await));

    let mut client = stage.routing();
    let request = routing::GetSlaRequest { case: case() };
    asked("GetSla", Refusal::of(client.get_sla(ask(&auditor(), request)).await));
    let request = routing::ReleaseCaseRequest { request_id: id(), etag: none(), case: case() };
    asked("ReleaseCase", Refusal::of(client.release_case(ask(&mette(), request)).await));

    let mut client = stage.payments();
    let request = payments::GetEscalationRequest { case: case() };
    asked("GetEscalation", Refusal::of(client.get_escalation(ask(&auditor(), request)).await));
    let request = requests::escalate_payment(id(), named, requests::TRANSACTION);
    asked("EscalatePayment", Refusal::of(client.escalate_payment(ask(&mette(), request)).await));

    let mut client = stage.notifications();
    let request = notifications::GetPreferencesRequest { case: case() };
    asked("GetPreferences", Refusal::of(client.get_preferences(ask(&auditor(), request)).await));
    let request = notifications::QueueOfferRequest {
        request_id: id(),
        case: case(),
        title: "50 free spins".to_owned(),
        text: "This week only.".to_owned(),
        ..notifications::QueueOfferRequest::default()
    };
    asked("QueueOffer", Refusal::of(client.queue_offer(ask(&auditor(), request)).await));

    let mut client = stage.history();
    let request = history::GetCaseRequest { case: case(), as_of: None };
    asked("history GetCase", Refusal::of(client.get_case(ask(&auditor(), request)).await));
    let request = history::ListHistoryRequest { case: case(), ..history::ListHistoryRequest::default() };
    asked("ListHistory", Refusal::of(client.list_history(ask(&auditor(), request)).await));
    let request = history::WatchCaseRequest { case: case(), after_version: 0 };
    let watch = client.watch_case(ask(&auditor(), request)).await.map(|_| tonic::Response::new("a watch"));
    asked("WatchCase", Refusal::of(watch));
    let request = history::ListTracesRequest { case: case(), ..history::ListTracesRequest::default() };
    asked("ListTraces", Refusal::of(client.list_traces(ask(&auditor(), request)).await));
    refusals
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_does_not_exist_is_not_found_by_id_or_number() {
    let scene = Scene::begin().await;
    let before = scene.head().await;
    let never_issued = CaseNumber::new("NB".parse().unwrap(), 2026, 999_999).to_string();
    for named in [scene.stage.new_id(), never_issued] {
        for (method, refusal) in ask_everybody(&scene.stage, &named).await {
            assert_eq!(refusal.code, Code::NotFound, "{method}: {:?}", refusal.status);
            refusal.is(Code::NotFound, "CASE_NOT_FOUND").says(&named);
        }
    }
    assert_eq!(scene.head().await, before, "asking for nothing records nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_number_is_told_from_a_number_that_was_never_issued() {
    let scene = Scene::begin().await;
    let right = scene.opened().await;
    let (body, check) = right.rsplit_once('-').unwrap();
    let mistyped = format!("{body}-{}", if check == "T" { "R" } else { "T" });
    let before = scene.head().await;
    for (method, refusal) in ask_everybody(&scene.stage, &mistyped).await {
        assert_eq!(refusal.code, Code::InvalidArgument, "{method}: {:?}", refusal.status);
        refusal.about(&["case"]).says("typing error");
    }
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_an_id_nor_a_number_is_a_wrong_field() {
    let scene = Scene::begin().await;
    let before = scene.head().await;
    for named in ["", "   ", "my last case", "NB-2026-12", "'; DROP TABLE event; --"] {
        for (method, refusal) in ask_everybody(&scene.stage, named).await {
            let allowed = method == "ReceiveMessage" && named.trim().is_empty();
            assert_eq!(refusal.code, Code::InvalidArgument, "{method} '{named}': {:?}", refusal.status);
            assert!(allowed || refusal.fields == ["case"], "{method} '{named}': {:?}", refusal.status);
        }
    }
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_an_agent_is_no_case() {
    let scene = Scene::begin().await;
    let events = scene.world.events().await.unwrap();
    let agent =
        events.iter().find(|event| event.event_type.starts_with("agent.")).unwrap().stream.to_string();
    let before = scene.head().await;
    for (method, refusal) in ask_the_folding(&scene.stage, &agent).await {
        assert_eq!(refusal.reason, "CASE_NOT_FOUND", "{method}: {:?}", refusal.status);
    }
    assert_eq!(scene.head().await, before, "nothing of a case is written into an agent's stream");
}
