//! A newer release has recorded a fact that this one does not know, and this one still runs: nobody decides
//! without knowing all that happened in their own stage.

use contracts::intake::v1::GetCaseRequest;
use contracts::routing::v1::ReleaseCaseRequest;
use event_log::{Append, NewEvent};
use tonic::Code;
use uuid::Uuid;

use crate::people::{ask, auditor, mette};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

/// Records a fact as a newer release of intake would.
async fn recorded_by_a_newer_release(scene: &Scene, number: &str) {
    let case = scene.world.case(number).await.unwrap();
    let event = NewEvent {
        event_id: scene.stage.new_id().parse().unwrap(),
        event_type: "intake.case_opened".to_owned(),
        schema_version: 99,
        meta: br#"{"actor":{"kind":"service","id":"newer"}}"#.to_vec(),
        payload: br#"{"shape":"of the future"}"#.to_vec(),
    };
    let append = Append {
        stream: case.id.0,
        tenant: "NB".to_owned(),
        expected_version: case.version,
        command_id: Uuid::from_u128(99),
        fingerprint: [9; 32],
        events: vec![event],
    };
    scene.world.system.log().append(append).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_meets_a_newer_fact_of_its_own_stage_refuses_to_write_and_the_others_go_on() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    recorded_by_a_newer_release(&scene, &number).await;
    let head = scene.head().await;

    let reply = requests::send_reply(scene.stage.new_id(), &number);
    let refused = Refusal::of(scene.stage.intake().send_reply(ask(&mette(), reply)).await);
    refused.is(Code::FailedPrecondition, "NEWER_FACTS").says("newer facts");
    assert_eq!(scene.head().await, head, "nothing was recorded");

    // It can still be read, and routing knows all of its own facts.
    let request = GetCaseRequest { case: number.clone() };
    scene.stage.intake().get_case(ask(&auditor(), request)).await.unwrap();
    let release = ReleaseCaseRequest {
        request_id: scene.stage.new_id(),
        case: number.clone(),
        ..ReleaseCaseRequest::default()
    };
    scene.stage.routing().release_case(ask(&mette(), release)).await.unwrap();
    assert!(scene.recorded_after(head).await.contains(&"routing.case_released".to_owned()));
}
