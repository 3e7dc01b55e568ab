//! Files: stored before the fact, once a request, and not at all when the case does not take them.

use contracts::intake::v1 as pb;
use pb::upload_evidence_request::Part;
use tonic::{Code, Status};

use crate::world::{World, by_service, fields, reason};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

fn header(request_id: &str, case: &str, file_name: &str) -> Part {
    Part::Header(pb::EvidenceHeader {
        request_id: request_id.to_owned(),
        case: case.to_owned(),
        kind: pb::EvidenceKind::Screenshot as i32,
        file_name: file_name.to_owned(),
    })
}

fn chunk(bytes: &[u8]) -> Part {
    Part::Chunk(bytes.to_vec().into())
}

async fn upload(world: &World, parts: Vec<Part>) -> Result<pb::UploadEvidenceResponse, Status> {
    let parts: Vec<_> =
        parts.into_iter().map(|part| pb::UploadEvidenceRequest { part: Some(part) }).collect();
    let request = by_service(futures_util::stream::iter(parts));
    Ok(world.client.clone().upload_evidence(request).await?.into_inner())
}

#[tokio::test]
async fn a_file_in_pieces_is_stored_once_and_a_repeat_is_answered_alike() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let id = world.request_id();
    let parts = vec![header(&id, &case.number, "fejl.png"), chunk(&PNG[..5]), chunk(&PNG[5..])];
    let first = upload(&world, parts.clone()).await.unwrap();
    assert_eq!((first.media_type.as_str(), first.size_bytes), ("image/png", 18));
    assert_eq!(world.evidence().len(), 1);
    assert!(world.evidence()[0].ends_with(format!("{}/{}", first.evidence_id, first.sha256)));
    assert_eq!(upload(&world, parts).await.unwrap(), first);
    // Cut otherwise, it is still the same file.
    let whole = vec![header(&id, &case.number, "fejl.png"), chunk(PNG)];
    assert_eq!(upload(&world, whole).await.unwrap(), first);

    for other in [
        vec![header(&id, &case.number, "andet.png"), chunk(PNG)],
        vec![header(&id, &case.number, "fejl.png"), chunk(&[PNG, b"!"].concat())],
    ] {
        let status = upload(&world, other).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
    }
    assert_eq!((world.evidence().len(), world.shown(&case.number).await.evidence.len()), (1, 1));
    let stored = world.lasting.log.read_stream(case.case_id.parse().unwrap(), 0, 99).await.unwrap();
    let readable =
        |name: &str| stored.iter().any(|fact| String::from_utf8_lossy(&fact.payload).contains(name));
    assert!(readable("image/png") && !readable("fejl.png"), "the name is personal");
}

#[tokio::test]
async fn what_is_refused_is_not_kept() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let id = || world.request_id();
    let named = |part: Part, name: &str| (part, name.to_owned());
    let mut large = vec![header(&id(), &case.number, "stor.png"), chunk(PNG)];
    large.extend((0..11).map(|_| chunk(&vec![0; 1_000_000])));
    for parts in [
        large,
        vec![header(&id(), &case.number, "tekst.png"), chunk(b"I am a text")],
        vec![header(&id(), &case.number, "tom.png")],
    ] {
        let status = upload(&world, parts).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["chunk".to_owned()]));
    }
    for ((part, name), field) in [
        (named(chunk(PNG), "no header"), "header"),
        (named(header(&id(), "", "x.png"), "no case"), "header.case"),
        (named(header(&id(), &case.number, " "), "no name"), "header.file_name"),
        (named(header("", &case.number, "x.png"), "no id"), "request_id"),
    ] {
        let status = upload(&world, vec![part, chunk(PNG)]).await.unwrap_err();
        assert_eq!(fields(&status), [field], "{name}");
    }
    let twice = vec![header(&id(), &case.number, "x.png"), header(&id(), &case.number, "x.png")];
    assert_eq!(fields(&upload(&world, twice).await.unwrap_err()), ["header"]);
    let nowhere = vec![header(&id(), &id(), "x.png"), chunk(PNG)];
    assert_eq!(reason(&upload(&world, nowhere).await.unwrap_err()), "CASE_NOT_FOUND");

    // Another player's case.
    let parts = [header(&id(), &case.number, "x.png"), chunk(PNG)]
        .map(|part| pb::UploadEvidenceRequest { part: Some(part) });
    let mut request = by_service(futures_util::stream::iter(parts));
    request.metadata_mut().insert("casetrail-actor", "player:p-2".parse().unwrap());
    let status = world.client.clone().upload_evidence(request).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(world.evidence(), Vec::<std::path::PathBuf>::new());
    assert!(world.folded(&case.case_id).await.intake.evidence.is_empty());
}
