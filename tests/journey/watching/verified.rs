//! `VerifyCase`: says that a history is whole, and where it is not (I8).

use contracts::history::v1::{VerifyCaseRequest, VerifyCaseResponse};
use world::behind;

use crate::case_watch::CaseWatch;
use crate::people::{ask, auditor};
use crate::scene::Scene;

async fn verify(scene: &Scene, number: &str) -> VerifyCaseResponse {
    let request = VerifyCaseRequest { case: number.to_owned() };
    scene.stage.history().verify_case(ask(&auditor(), request)).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_nobody_touched_verifies_up_to_its_head() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let version = scene.world.case(&number).await.unwrap().version;
    let mut watch = CaseWatch::of(&scene.stage, &number).await;
    while watch.next().await.unwrap().version < version {}
    let head = watch.seen.last().unwrap();
    let found = verify(&scene, &number).await;
    assert_eq!(
        found,
        VerifyCaseResponse {
            intact: true,
            facts_checked: version,
            first_wrong_version: 0,
            head_hash: head.hash.clone(),
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_that_was_changed_behind_our_back_is_found_by_its_version() {
    let scene = Scene::begin().await;
    let (number, other) = (scene.taken().await, scene.opened().await);
    let case = scene.world.case(&number).await.unwrap();
    let forged = scene
        .world
        .events()
        .await
        .unwrap()
        .into_iter()
        .find(|event| event.stream == case.id.0 && event.event_type == "routing.case_assigned")
        .unwrap();
    let stopped = scene.stop().await;
    // Somebody else is to have taken the case.
    let meta = String::from_utf8(forged.meta).unwrap();
    assert!(meta.contains("mette"));
    behind::forge(&stopped.data, forged.position, &meta.replace("mette", "peter")).await.unwrap();

    let scene = stopped.start().await;
    let found = verify(&scene, &number).await;
    assert_eq!((found.intact, found.first_wrong_version), (false, forged.version));
    assert!(verify(&scene, &other).await.intact, "the other case is what it was");
}
