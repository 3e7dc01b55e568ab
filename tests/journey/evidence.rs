//! A file's way in and out through the whole system: broken off, resumed by another call, looked at with leave.

use contracts::intake::v1::{
    DownloadEvidenceRequest, EvidenceHeader, EvidenceKind, GetUploadRequest, GrantEvidenceRequest,
    UploadEvidenceRequest, upload_evidence_request::Part,
};
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::people::{ask, mette, peter, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_broke_off_is_resumed_and_the_file_is_lent_to_whom_it_concerns() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let content = requests::picture(900_000);
    let request_id = scene.stage.new_id();
    let parts = |from: usize, to: usize| {
        let header = EvidenceHeader {
            request_id: request_id.clone(),
            case: number.clone(),
            kind: EvidenceKind::PaymentProof.into(),
            file_name: "kvittering.png".to_owned(),
            size_bytes: i64::try_from(content.len()).unwrap(),
            sha256: hex::encode(Sha256::digest(&content)),
            offset: i64::try_from(from).unwrap(),
        };
        let mut parts = vec![UploadEvidenceRequest { part: Some(Part::Header(header)) }];
        parts.extend(content[from..to].chunks(64 * 1024).map(requests::chunk));
        futures_util::stream::iter(parts)
    };
    let mut intake = scene.stage.intake();
    let broken_off = intake.upload_evidence(ask(&rasmus(), parts(0, 400_000))).await;
    Refusal::of(broken_off).is(Code::FailedPrecondition, "UPLOAD_INCOMPLETE");
    let asked = GetUploadRequest { upload_request_id: request_id.clone(), case: number.clone() };
    let standing = intake.get_upload(ask(&rasmus(), asked)).await.unwrap().into_inner();
    assert_eq!((standing.next_offset, standing.taken), (400_000, false));
    let rest = parts(400_000, content.len());
    let taken = intake.upload_evidence(ask(&rasmus(), rest)).await.unwrap().into_inner();
    assert_eq!(taken.evidence_id, standing.evidence_id);

    let file = GrantEvidenceRequest { case: number.clone(), evidence_id: taken.evidence_id.clone() };
    let refused = intake.grant_evidence(ask(&rasmus(), file.clone())).await;
    Refusal::of(refused).is(Code::PermissionDenied, "ACTOR_NOT_ALLOWED");
    let granted = intake.grant_evidence(ask(&mette(), file)).await.unwrap().into_inner();
    let download = DownloadEvidenceRequest {
        case: number.clone(),
        evidence_id: taken.evidence_id,
        grant: granted.grant,
    };
    let refused = intake.download_evidence(ask(&peter(), download.clone())).await;
    Refusal::of(refused).is(Code::PermissionDenied, "GRANT_INVALID");
    let mut pieces = intake.download_evidence(ask(&mette(), download)).await.unwrap().into_inner();
    let mut fetched = Vec::new();
    while let Some(piece) = pieces.message().await.unwrap() {
        fetched.extend(piece.chunk);
    }
    assert_eq!(hex::encode(Sha256::digest(&fetched)), taken.sha256);
    assert!(
        fetched.starts_with(b"\x89PNG") && fetched.len() < 1_000,
        "the picture, and not what was behind it"
    );
    scene.check().await;
}
