//! Evidence that is no evidence, and uploads that break off: nothing is recorded, and no file is left.

use std::path::Path;

use contracts::intake::v1::{UploadEvidenceRequest, UploadEvidenceResponse};
use futures_util::stream::{self, Stream, StreamExt};
use tonic::{Code, Response, Status};

use crate::people::{ask, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

const LARGEST: usize = 10 * 1024 * 1024;

async fn upload(
    scene: &Scene,
    parts: impl Stream<Item = UploadEvidenceRequest> + Send + 'static,
) -> Result<Response<UploadEvidenceResponse>, Status> {
    scene.stage.intake().upload_evidence(ask(&rasmus(), parts)).await
}

fn file(scene: &Scene, number: &str, name: &str, content: &[u8]) -> Vec<UploadEvidenceRequest> {
    requests::upload(scene.stage.new_id(), number, name, content)
}

/// Every file that is neither a database nor a mail.
fn stored_files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(stored_files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found.retain(|path| !path.contains(".db") && !path.contains("outbox"));
    found.sort();
    found
}

/// Sends these uploads and checks that each is refused like this and leaves nothing.
async fn leaves_nothing(
    scene: &Scene,
    uploads: Vec<Vec<UploadEvidenceRequest>>,
    expected: impl Fn(&Refusal),
) {
    let (head, files) = (scene.head().await, stored_files(&scene.world.data));
    for parts in uploads {
        expected(&Refusal::of(upload(scene, stream::iter(parts)).await));
    }
    assert_eq!(scene.head().await, head);
    assert_eq!(stored_files(&scene.world.data), files, "a file was left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_what_its_bytes_are_and_not_what_it_is_called() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let files = stored_files(&scene.world.data);
    let wrong = [
        ("kvittering.png", b"I am a text, whatever my name says.".as_slice(), "EVIDENCE_FORMAT_NOT_ACCEPTED"),
        ("kvittering.pdf", b"MZ\x90\x00 this program cannot be run in DOS mode", "EVIDENCE_EXECUTABLE"),
        ("kvittering.jpg", b"PK\x03\x04 an archive", "EVIDENCE_ARCHIVE"),
        ("kvittering.html", b"<html><script>alert(1)</script></html>", "EVIDENCE_MARKUP"),
        ("kvittering.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "EVIDENCE_FORMAT_NOT_ACCEPTED"),
        ("kvittering.png", b"\x89PNG\r\n\x1a\n and so on", "EVIDENCE_DAMAGED"),
        ("kvittering.pdf", b"%PDF-1.7 1 0 obj << /S /J#61vaScript >> endobj %%EOF", "EVIDENCE_PDF_ACTIVE"),
    ];
    for (name, content, reason) in wrong {
        let parts = file(&scene, &number, name, content);
        Refusal::of(upload(&scene, stream::iter(parts)).await).is(Code::InvalidArgument, reason);
    }
    assert_eq!(stored_files(&scene.world.data), files, "a file was left behind");
    let case = scene.world.case(&number).await.unwrap();
    assert!(case.intake.evidence.is_empty());
    assert_eq!(case.intake.uploads_refused.len(), wrong.len(), "that they came is a fact");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_file_is_taken_and_one_byte_more_is_not() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let small = requests::picture(0).len();
    let too_large = file(&scene, &number, "stor.png", &requests::picture(LARGEST - small + 1));
    leaves_nothing(&scene, vec![too_large], |refusal| {
        refusal.is(Code::InvalidArgument, "EVIDENCE_TOO_LARGE");
    })
    .await;
    let largest = file(&scene, &number, "stor.png", &requests::picture(LARGEST - small));
    let taken = upload(&scene, stream::iter(largest)).await.unwrap().into_inner();
    assert_eq!((taken.reencoded, taken.media_type.as_str()), (true, "image/png"));
    assert!(taken.size_bytes < 1_000, "what was no picture is gone: {} bytes", taken.size_bytes);
    assert_eq!(scene.world.case(&number).await.unwrap().intake.evidence.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_end_is_cut_off_before_it_fills_anything() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let (head, files) = (scene.head().await, stored_files(&scene.world.data));
    let begin = file(&scene, &number, "uendelig.png", &requests::picture(0));
    let endless = stream::iter(begin).chain(stream::repeat_with(|| requests::chunk(&vec![b'.'; 64 * 1024])));
    Refusal::of(upload(&scene, endless).await).is(Code::InvalidArgument, "EVIDENCE_TOO_LARGE");
    assert_eq!(scene.head().await, head);
    assert_eq!(stored_files(&scene.world.data), files);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_nothing_is_not_taken() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let mut empty_chunk = file(&scene, &number, "tom.png", &[]);
    empty_chunk.push(requests::chunk(&[]));
    let uploads = vec![file(&scene, &number, "tom.png", &[]), empty_chunk];
    leaves_nothing(&scene, uploads, |refusal| {
        refusal.is(Code::InvalidArgument, "EVIDENCE_EMPTY");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_in_a_wrong_order_are_not_a_file() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let right = file(&scene, &number, "kvittering.png", &requests::picture(0));
    let (header, content) = (right[0].clone(), right[1].clone());
    let uploads = vec![
        vec![],
        vec![content.clone()],
        vec![content.clone(), header.clone()],
        vec![header.clone(), content.clone(), header.clone()],
        vec![UploadEvidenceRequest { part: None }],
        vec![header, UploadEvidenceRequest { part: None }, content],
    ];
    leaves_nothing(&scene, uploads, |refusal| {
        refusal.is(Code::InvalidArgument, "INVALID_ARGUMENT");
        assert!(!refusal.fields.is_empty(), "{:?}", refusal.status);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_can_be_sent_again_under_the_same_id() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let whole = file(&scene, &number, "kvittering.png", &requests::picture(1_500_000));
    let files = stored_files(&scene.world.data);
    let head = scene.head().await;

    // Two parts go out, then nothing more comes and the caller leaves.
    let (sent, all_sent) = tokio::sync::oneshot::channel::<()>();
    let told = stream::once(async move {
        let _ = sent.send(());
        std::future::pending::<UploadEvidenceRequest>().await
    });
    let half: Vec<_> = whole.iter().take(2).cloned().collect();
    let call = upload(&scene, stream::iter(half).chain(told));
    tokio::select! {
        answer = call => panic!("an upload without end was answered: {answer:?}"),
        received = all_sent => received.unwrap(),
    }
    assert_eq!(scene.head().await, head, "half a file is none");

    let taken = upload(&scene, stream::iter(whole)).await.unwrap().into_inner();
    assert!(taken.reencoded);
    let stored = stored_files(&scene.world.data);
    assert_eq!(stored.len(), files.len() + 1, "one file, and nothing of the half: {stored:?}");
    scene.check().await;
}
