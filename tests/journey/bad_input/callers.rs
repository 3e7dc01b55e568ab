//! Callers who do not say who they are: nothing is read to them, and nothing taken from them.

use contracts::history::v1::{GetCaseRequest, WatchCaseRequest};
use tonic::{Code, Request};

use crate::people::{ask, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_an_actor_is_refused_and_told_what_to_send() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let before = scene.head().await;
    let open = Request::new(requests::open_case(scene.stage.new_id()));
    let refusal = Refusal::of(scene.stage.intake().open_case(open).await);
    refusal.is(Code::Unauthenticated, "UNAUTHENTICATED").says("casetrail-actor");
    let get = Request::new(GetCaseRequest { case: number.clone(), as_of: None });
    Refusal::of(scene.stage.history().get_case(get).await).is(Code::Unauthenticated, "UNAUTHENTICATED");
    let watch = Request::new(WatchCaseRequest { case: number, after_version: 0 });
    let answer = scene.stage.history().watch_case(watch).await.map(|_| tonic::Response::new("a watch"));
    Refusal::of(answer).is(Code::Unauthenticated, "UNAUTHENTICATED");
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_does_not_read_is_refused_by_its_key() {
    let scene = Scene::begin().await;
    let before = scene.head().await;
    for (key, value) in [
        ("casetrail-actor", "mette"),
        ("casetrail-actor", "king:harald"),
        ("casetrail-actor", "agent:"),
        ("casetrail-teams", "paymnts"),
        ("casetrail-second-factor-time", "just now"),
    ] {
        let mut request = ask(&rasmus(), requests::open_case(scene.stage.new_id()));
        request.metadata_mut().insert(key, value.parse().unwrap());
        let refusal = Refusal::of(scene.stage.intake().open_case(request).await);
        refusal.is(Code::Unauthenticated, "UNAUTHENTICATED").says(key);
    }
    assert_eq!(scene.head().await, before);
}
