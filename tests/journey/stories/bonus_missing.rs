//! Story 3, looked at more closely.

use case::CaseState;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_did_not_help_leads_to_a_human_and_back_to_the_same_one() {
    let (world, told) = super::play("bonus_missing").await;
    let case = world.case(&told.cases[0]).await.unwrap();
    assert_eq!(case.state, CaseState::Closed);
    assert_eq!(case.intake.reopened, 1);
    let queued: Vec<_> = world
        .events()
        .await
        .unwrap()
        .into_iter()
        .filter(|event| event.event_type == "routing.case_queued")
        .collect();
    let handed = world
        .events()
        .await
        .unwrap()
        .into_iter()
        .find(|event| event.event_type == "intake.handed_to_human")
        .unwrap();
    assert!(
        queued.iter().all(|event| event.position > handed.position),
        "nobody waits while the answer may do"
    );
}
