//! Stopping and starting again in the middle of things: nothing is lost, and nothing is done twice.

use std::collections::BTreeSet;
use std::time::Duration;

use case::{CaseNumber, CaseState};
use contracts::intake::v1::OpenCaseRequest;
use contracts::routing::v1::AcceptOfferRequest;

use crate::case_watch::CaseWatch;
use crate::people::{ask, mette, rasmus};
use crate::requests;
use crate::scene::{Scene, Stopped};

/// The offer that is out to Mette.
async fn offer_to_mette(scene: &Scene, number: &str) -> String {
    let mut watch = CaseWatch::of(&scene.stage, number).await;
    let (_, offer) = watch.until_matching("routing.case_offered", |offer| offer["agent_id"] == "mette").await;
    offer["offer_id"].as_str().unwrap().to_owned()
}

/// Stops the system and starts it again, and checks that this alone records nothing.
async fn restarted(scene: Scene) -> (Stopped, Scene) {
    let before = scene.head().await;
    let stopped = scene.stop().await;
    let scene = stopped.start().await;
    assert_eq!(scene.recorded_after(before).await, [""; 0], "starting again records nothing");
    (stopped, scene)
}

/// Checks that every notification that was sent left the house once.
async fn sent_once(scene: &Scene) {
    scene.head().await;
    let mut sent = BTreeSet::new();
    let mut count = 0;
    for event in scene.world.events().await.unwrap() {
        if event.event_type == "notifications.notification_sent" {
            let payload: serde_json::Value = serde_json::from_slice(&event.payload).unwrap();
            count += 1;
            sent.insert(payload["notification_id"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(sent.len(), count, "a notification was sent twice");
    let files = std::fs::read_dir(scene.world.system.outbox()).unwrap().map(|entry| entry.unwrap().path());
    let written: BTreeSet<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(written, sent, "what lies in the outbox is what was recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_on_where_it_was_when_the_system_stopped() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let offer_id = offer_to_mette(&scene, &number).await;
    let (_folder, scene) = restarted(scene).await;

    let accept = AcceptOfferRequest {
        request_id: scene.stage.new_id(),
        etag: String::new(),
        case: number.clone(),
        offer_id,
    };
    scene.stage.routing().accept_offer(ask(&mette(), accept)).await.expect("the open offer is still open");
    let reply = requests::send_reply(scene.stage.new_id(), &number);
    scene.stage.intake().send_reply(ask(&mette(), reply)).await.unwrap();
    let (_folder_too, scene) = restarted(scene).await;

    let resolve = requests::resolve_case(scene.stage.new_id(), &number);
    scene.stage.intake().resolve_case(ask(&mette(), resolve)).await.unwrap();
    let (_, sent) = CaseWatch::of(&scene.stage, &number)
        .await
        .until_matching("notifications.notification_sent", |sent| sent["kind"] == "resolved")
        .await;
    assert!(sent["notification_id"].is_string());
    assert_eq!(scene.world.case(&number).await.unwrap().state, CaseState::Resolved);
    sent_once(&scene).await;
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_numbers_go_on_without_a_gap_and_without_a_repeat() {
    let mut scene = Scene::begin().await;
    let mut folders = Vec::new();
    let mut sequences = Vec::new();
    for _ in 0..4 {
        for _ in 0..2 {
            let number: CaseNumber = scene.opened().await.parse().unwrap();
            sequences.push(number.sequence());
        }
        let stopped;
        (stopped, scene) = restarted(scene).await;
        folders.push(stopped);
    }
    assert_eq!(sequences, (1..=8).collect::<Vec<_>>());
    sent_once(&scene).await;
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_falls_due_while_nothing_runs_fires_at_the_next_start_once() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let offer_id = offer_to_mette(&scene, &number).await;
    scene.head().await;
    let stopped = scene.stop().await;
    // An offer lasts a minute.
    stopped.clock.advance(Duration::from_secs(90));
    let scene = stopped.start().await;
    let mut watch = CaseWatch::of(&scene.stage, &number).await;
    watch.until_matching("routing.offer_expired", |expired| expired["offer_id"] == offer_id.as_str()).await;

    scene.head().await;
    let expired = scene.world.events().await.unwrap();
    let ours = expired.iter().filter(|event| {
        event.event_type == "routing.offer_expired"
            && String::from_utf8_lossy(&event.payload).contains(&offer_id)
    });
    assert_eq!(ours.count(), 1);
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_the_gateway_never_answered_times_out_over_a_restart() {
    let scene = Scene::begin().await;
    let number = scene.escalated("TX-71001-NEVER").await;
    CaseWatch::of(&scene.stage, &number).await.until("payments_escalation.gateway_contacted").await;
    let (_folder, scene) = restarted(scene).await;
    let mut watch = CaseWatch::of(&scene.stage, &number).await;
    scene.stage.pass(Duration::from_mins(2)).await;
    watch.until("payments_escalation.gateway_timed_out").await;
    watch.until_matching("routing.horizon_extended", |extended| extended["reason"] == "gateway").await;
    sent_once(&scene).await;
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_with_the_process_is_given_after_it() {
    let scene = Scene::begin().await;
    let request = requests::open_case(scene.stage.new_id());
    let first = scene.stage.intake().open_case(ask(&rasmus(), request.clone())).await.unwrap().into_inner();
    let (_folder, scene) = restarted(scene).await;
    let again = scene.stage.intake().open_case(ask(&rasmus(), request.clone())).await.unwrap().into_inner();
    assert_eq!(again, first);
    let other = OpenCaseRequest { text: "Noget andet.".to_owned(), ..request };
    assert!(scene.stage.intake().open_case(ask(&rasmus(), other)).await.is_err());
    assert_eq!(scene.world.cases().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_the_work_loses_nothing_that_was_answered() {
    let scene = Scene::begin().await;
    let requests: Vec<_> = (0..12).map(|_| requests::open_case(scene.stage.new_id())).collect();
    let mut numbers = Vec::new();
    for request in &requests {
        let opened = scene.stage.intake().open_case(ask(&rasmus(), request.clone())).await.unwrap();
        numbers.push(opened.into_inner().case.unwrap().number);
    }
    // At once: most reactions have not even begun.
    let stopped = scene.stop().await;
    let scene = stopped.start().await;
    scene.head().await;
    for number in &numbers {
        let case = scene.world.case(number).await.unwrap();
        assert!(case.routing.team.is_some(), "{number} was never routed");
    }
    assert_eq!(scene.world.cases().await.unwrap().len(), 12);
    sent_once(&scene).await;
    scene.check().await;
}
