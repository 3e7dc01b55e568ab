//! Request ids (AIP-155) in intake: the same request is done once and answered alike for ever; another
//! one under the same id is refused.

use contracts::intake::v1::{
    AcceptEvidenceRequest, AddNoteRequest, CloseCaseRequest, OpenCaseRequest, SendReplyRequest,
    UploadEvidenceRequest, UploadEvidenceResponse,
};
use tonic::{Code, Response, Status};

use crate::people::{ask, mette, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

/// The case goes on to its end: a reply, a resolution, closed.
async fn move_on(scene: &Scene, number: &str) {
    let mut intake = scene.stage.intake();
    let reply = requests::send_reply(scene.stage.new_id(), number);
    intake.send_reply(ask(&mette(), reply)).await.unwrap();
    let resolve = requests::resolve_case(scene.stage.new_id(), number);
    intake.resolve_case(ask(&mette(), resolve)).await.unwrap();
    let close =
        CloseCaseRequest { request_id: scene.stage.new_id(), etag: String::new(), case: number.to_owned() };
    intake.close_case(ask(&mette(), close)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_case_twice_with_one_request_id_opens_one_case() {
    let scene = Scene::begin().await;
    let mut intake = scene.stage.intake();
    let request = requests::open_case(scene.stage.new_id());
    let first = intake.open_case(ask(&rasmus(), request.clone())).await.unwrap().into_inner();
    let at_once = intake.open_case(ask(&rasmus(), request.clone())).await.unwrap().into_inner();
    assert_eq!(at_once, first);

    scene.head().await;
    let after_the_reactions = intake.open_case(ask(&rasmus(), request.clone())).await.unwrap().into_inner();
    assert_eq!(after_the_reactions, first, "the first answer, although the case has moved on");
    let opened = scene.recorded_for(&request.request_id).await;
    let ours = opened.iter().filter(|event| event.event_type == "intake.case_opened").count();
    assert_eq!((ours, scene.world.cases().await.unwrap().len()), (1, 1));

    let other = OpenCaseRequest { text: "Hej, noget andet.".to_owned(), ..request };
    let before = scene.head().await;
    let refusal = Refusal::of(intake.open_case(ask(&rasmus(), other)).await);
    refusal.is(Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_sent_many_times_at_once_is_done_once() {
    let scene = Scene::begin().await;
    let request = requests::open_case(scene.stage.new_id());
    let calls = (0..16).map(|_| {
        let (mut intake, request) = (scene.stage.intake(), ask(&rasmus(), request.clone()));
        async move { intake.open_case(request).await.map(Response::into_inner) }
    });
    let answers: Vec<_> = futures_util::future::try_join_all(calls).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(scene.world.cases().await.unwrap().len(), 1);
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_sent_once_and_answered_alike_after_the_case_is_closed() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let mut intake = scene.stage.intake();
    let request = requests::send_reply(scene.stage.new_id(), &number);
    let first = intake.send_reply(ask(&mette(), request.clone())).await.unwrap().into_inner();
    let again = intake.send_reply(ask(&mette(), request.clone())).await.unwrap().into_inner();
    assert_eq!(again, first);
    move_on(&scene, &number).await;

    let head = scene.head().await;
    let later = intake.send_reply(ask(&mette(), request.clone())).await.unwrap().into_inner();
    assert_eq!(later, first, "a new reply would be refused now; this one was sent when it could be");
    let other = SendReplyRequest { text: "Noget helt andet.".to_owned(), ..request.clone() };
    let refusal = Refusal::of(intake.send_reply(ask(&mette(), other)).await);
    refusal.is(Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(scene.head().await, head);
    assert_eq!(scene.recorded_for(&request.request_id).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_belongs_to_one_kind_of_request() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let mut intake = scene.stage.intake();
    let reply = requests::send_reply(scene.stage.new_id(), &number);
    intake.send_reply(ask(&mette(), reply.clone())).await.unwrap();

    let head = scene.head().await;
    // The same words: only the method differs.
    let note = AddNoteRequest { text: reply.text, ..requests::add_note(reply.request_id, &number) };
    let refusal = Refusal::of(intake.add_note(ask(&mette(), note)).await);
    refusal.is(Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(scene.head().await, head);
}

async fn upload(
    scene: &Scene,
    parts: Vec<UploadEvidenceRequest>,
) -> Result<Response<UploadEvidenceResponse>, Status> {
    scene.stage.intake().upload_evidence(ask(&rasmus(), futures_util::stream::iter(parts))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_stored_once_and_answered_alike_after_it_was_accepted() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let request_id = scene.stage.new_id();
    let parts = requests::upload(request_id.clone(), &number, "kvittering.png", &requests::picture(700_000));
    let first = upload(&scene, parts.clone()).await.unwrap().into_inner();
    let again = upload(&scene, parts.clone()).await.unwrap().into_inner();
    assert_eq!(again, first);

    let accept = AcceptEvidenceRequest {
        request_id: scene.stage.new_id(),
        etag: String::new(),
        case: number.clone(),
        evidence_id: first.evidence_id.clone(),
    };
    scene.stage.intake().accept_evidence(ask(&mette(), accept)).await.unwrap();
    move_on(&scene, &number).await;
    let head = scene.head().await;
    assert_eq!(upload(&scene, parts).await.unwrap().into_inner(), first);

    let other_file = requests::upload(request_id.clone(), &number, "kvittering.png", &requests::picture(1));
    let other_name = requests::upload(request_id, &number, "pas.png", &requests::picture(700_000));
    for other in [other_file, other_name] {
        Refusal::of(upload(&scene, other).await).is(Code::AlreadyExists, "REQUEST_ID_REUSED");
    }
    assert_eq!(scene.head().await, head);
    assert_eq!(scene.world.case(&number).await.unwrap().intake.evidence.len(), 1);
}
