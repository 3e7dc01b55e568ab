//! Etags (AIP-154): a command that quotes a version is only obeyed on that version.

use contracts::history::v1::GetCaseRequest;
use contracts::intake::v1::{AddNoteRequest, SendReplyRequest};
use contracts::routing::v1::ReleaseCaseRequest;
use tonic::Code;
use tonic_types::StatusExt;

use crate::people::{ask, auditor, mette};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

async fn etag_now(scene: &Scene, number: &str) -> String {
    let request = GetCaseRequest { case: number.to_owned(), as_of: None };
    let answer = scene.stage.history().get_case(ask(&auditor(), request)).await.unwrap().into_inner();
    answer.case.unwrap().etag
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_etag_is_refused_and_the_current_one_is_told() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let stale = etag_now(&scene, &number).await;
    let note = requests::add_note(scene.stage.new_id(), &number);
    scene.stage.intake().add_note(ask(&mette(), note)).await.unwrap();

    let before = scene.head().await;
    let current = etag_now(&scene, &number).await;
    let reply =
        SendReplyRequest { etag: stale.clone(), ..requests::send_reply(scene.stage.new_id(), &number) };
    let refusal = Refusal::of(scene.stage.intake().send_reply(ask(&mette(), reply)).await);
    refusal.is(Code::Aborted, "STALE_ETAG");
    let details = refusal.status.get_error_details();
    assert_eq!(details.error_info().unwrap().metadata["current_etag"], current);
    let release = ReleaseCaseRequest { request_id: scene.stage.new_id(), etag: stale, case: number.clone() };
    Refusal::of(scene.stage.routing().release_case(ask(&mette(), release)).await)
        .is(Code::Aborted, "STALE_ETAG");
    assert_eq!(scene.head().await, before, "a refused command records nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_commands_with_the_same_etag_one_is_obeyed() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let etag = etag_now(&scene, &number).await;
    let note = |text: &str| AddNoteRequest {
        etag: etag.clone(),
        text: text.to_owned(),
        ..requests::add_note(scene.stage.new_id(), &number)
    };
    let (mut here, mut there) = (scene.stage.intake(), scene.stage.intake());
    let (one, other) =
        tokio::join!(here.add_note(ask(&mette(), note("one"))), there.add_note(ask(&mette(), note("other"))));
    let (obeyed, refused): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(Result::is_ok);
    assert_eq!((obeyed.len(), refused.len()), (1, 1));
    for answer in refused {
        Refusal::of(answer).is(Code::Aborted, "STALE_ETAG");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_answered_although_its_etag_is_stale_by_its_own_doing() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let request_id = scene.stage.new_id();
    let etag = etag_now(&scene, &number).await;
    let reply = SendReplyRequest { etag, ..requests::send_reply(request_id.clone(), &number) };
    let first = scene.stage.intake().send_reply(ask(&mette(), reply.clone())).await.unwrap().into_inner();
    let head = scene.head().await;
    let again = scene.stage.intake().send_reply(ask(&mette(), reply)).await.unwrap().into_inner();
    assert_eq!(again, first);
    assert_eq!(scene.head().await, head);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_etag_that_is_none_of_ours_is_a_wrong_field() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let before = scene.head().await;
    for etag in ["7", "\"seven\"", "W/\"7\"", "\"-1\"", "*"] {
        let reply =
            SendReplyRequest { etag: etag.to_owned(), ..requests::send_reply(scene.stage.new_id(), &number) };
        Refusal::of(scene.stage.intake().send_reply(ask(&mette(), reply)).await).about(&["etag"]);
    }
    assert_eq!(scene.head().await, before);
}
