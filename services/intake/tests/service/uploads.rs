//! Files: stored before the fact, once a request, and not at all when the case does not take them.

use std::io::Cursor;
use std::time::Duration;

use contracts::intake::v1 as pb;
use image::{DynamicImage, ImageFormat, RgbImage};
use pb::upload_evidence_request::Part;
use sha2::{Digest, Sha256};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::world::{World, by_service, fields, reason};

/// A screenshot of about this many bytes: noise does not pack.
pub(crate) fn png(pixels: u32) -> Vec<u8> {
    let mut noise = 1u32;
    let picture = RgbImage::from_fn(pixels, 1, |_, _| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb(noise.to_be_bytes()[..3].try_into().unwrap())
    });
    let mut written = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut written, ImageFormat::Png).unwrap();
    written.into_inner()
}

pub(crate) fn header(request_id: &str, case: &str, file_name: &str) -> pb::EvidenceHeader {
    pb::EvidenceHeader {
        request_id: request_id.to_owned(),
        case: case.to_owned(),
        kind: pb::EvidenceKind::Screenshot as i32,
        file_name: file_name.to_owned(),
        ..pb::EvidenceHeader::default()
    }
}

fn chunk(bytes: &[u8]) -> Part {
    Part::Chunk(bytes.to_vec().into())
}

fn whole(header: pb::EvidenceHeader, content: &[u8]) -> Vec<Part> {
    let chunks = content.chunks(64 * 1024).map(chunk);
    std::iter::once(Part::Header(header)).chain(chunks).collect()
}

pub(crate) async fn upload(world: &World, parts: Vec<Part>) -> Result<pb::UploadEvidenceResponse, Status> {
    let parts: Vec<_> =
        parts.into_iter().map(|part| pb::UploadEvidenceRequest { part: Some(part) }).collect();
    let request = by_service(futures_util::stream::iter(parts));
    Ok(world.client.clone().upload_evidence(request).await?.into_inner())
}

fn metadata(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

#[tokio::test]
async fn a_file_in_pieces_is_stored_once_and_a_repeat_is_answered_alike() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let (id, content) = (world.request_id(), png(40));
    let named = |name: &str| Part::Header(header(&id, &case.number, name));
    let parts = vec![named("fejl.png"), chunk(&content[..5]), chunk(&content[5..])];
    let first = upload(&world, parts.clone()).await.unwrap();
    assert_eq!((first.media_type.as_str(), first.reencoded), ("image/png", true));
    assert_eq!(world.evidence().len(), 1);
    assert!(world.evidence()[0].ends_with(format!("{}/{}", first.evidence_id, first.sha256)));
    assert_eq!(upload(&world, parts).await.unwrap(), first);
    // Cut otherwise, or with its digest, it is still the same file.
    assert_eq!(upload(&world, vec![named("fejl.png"), chunk(&content)]).await.unwrap(), first);
    let declared = pb::EvidenceHeader {
        size_bytes: i64::try_from(content.len()).unwrap(),
        sha256: hex::encode(Sha256::digest(&content)),
        ..header(&id, &case.number, "fejl.png")
    };
    assert_eq!(upload(&world, vec![Part::Header(declared)]).await.unwrap(), first);

    for other in [
        vec![named("andet.png"), chunk(&content)],
        vec![named("fejl.png"), chunk(&[content.as_slice(), b"!"].concat())],
    ] {
        let status = upload(&world, other).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
    }
    assert_eq!((world.evidence().len(), world.shown(&case.number).await.evidence.len()), (1, 1));
    let stored = world.lasting.log.read_stream(case.case_id.parse().unwrap(), 0, 99).await.unwrap();
    let readable =
        |name: &str| stored.iter().any(|fact| String::from_utf8_lossy(&fact.payload).contains(name));
    assert!(readable("image/png") && !readable("fejl.png"), "the name is personal");
    assert!(readable("evidence_id") && readable(&hex::encode(Sha256::digest(&content))));
}

#[tokio::test]
async fn what_is_refused_is_not_kept() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let (id, content) = (|| world.request_id(), png(40));
    let head = |name: &str| Part::Header(header(&id(), &case.number, name));
    let mut large = vec![head("stor.png"), chunk(&content)];
    large.extend((0..11).map(|_| chunk(&vec![0; 1_000_000])));
    for parts in [large, vec![head("tekst.png"), chunk(b"I am a text")], vec![head("tom.png")]] {
        let status = upload(&world, parts).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["chunk".to_owned()]));
    }
    let declared = |size_bytes, sha256: &str, offset| {
        let sha256 = sha256.to_owned();
        Part::Header(pb::EvidenceHeader {
            size_bytes,
            sha256,
            offset,
            ..header(&id(), &case.number, "x.png")
        })
    };
    let digest = "ab".repeat(32);
    for (part, field) in [
        (chunk(&content), "header"),
        (Part::Header(header(&id(), "", "x.png")), "header.case"),
        (head(" "), "header.file_name"),
        (Part::Header(header("", &case.number, "x.png")), "request_id"),
        (declared(0, &digest, 0), "header.size_bytes"),
        (declared(-1, &digest, 0), "header.size_bytes"),
        (declared(9, "ab", 0), "header.sha256"),
        (declared(9, &digest, 10), "header.offset"),
        (declared(9, &digest, -1), "header.offset"),
        (declared(11_000_000, &digest, 0), "chunk"),
    ] {
        let status = upload(&world, vec![part, chunk(&content)]).await.unwrap_err();
        assert_eq!(fields(&status), [field]);
    }
    assert_eq!(fields(&upload(&world, vec![head("x.png"), head("x.png")]).await.unwrap_err()), ["header"]);
    let nowhere = vec![Part::Header(header(&id(), &id(), "x.png")), chunk(&content)];
    assert_eq!(reason(&upload(&world, nowhere).await.unwrap_err()), "CASE_NOT_FOUND");

    // Another player's case.
    let parts = whole(header(&id(), &case.number, "x.png"), &content);
    let parts: Vec<_> =
        parts.into_iter().map(|part| pb::UploadEvidenceRequest { part: Some(part) }).collect();
    let mut request = by_service(futures_util::stream::iter(parts));
    request.metadata_mut().insert("casetrail-actor", "player:p-2".parse().unwrap());
    let status = world.client.clone().upload_evidence(request).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(world.evidence(), Vec::<std::path::PathBuf>::new());
    assert!(world.folded(&case.case_id).await.intake.evidence.is_empty());
}

#[tokio::test]
async fn a_refused_file_is_a_fact_on_the_case_once() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let id = world.request_id();
    for _ in 0..2 {
        let parts = whole(header(&id, &case.number, "x.pdf"), b"PK\x03\x04 an archive");
        let status = upload(&world, parts).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "EVIDENCE_ARCHIVE"));
    }
    let refused: Vec<String> = world
        .facts(&case.case_id)
        .await
        .iter()
        .filter_map(|fact| match fact {
            case::CaseEvent::Intake(case::intake::Event::UploadRefused(refused)) => {
                Some(refused.reason.clone())
            }
            _ => None,
        })
        .collect();
    assert_eq!(refused, ["EVIDENCE_ARCHIVE"]);
}

/// Where an upload stands.
async fn standing(world: &World, request_id: &str, case: &str) -> (i64, bool) {
    let asked = pb::GetUploadRequest { upload_request_id: request_id.to_owned(), case: case.to_owned() };
    let answer = world.client.clone().get_upload(by_service(asked)).await.unwrap().into_inner();
    (answer.next_offset, answer.taken)
}

#[tokio::test]
async fn an_upload_that_broke_off_goes_on_from_where_it_was() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let (id, content) = (world.request_id(), png(300_000));
    let size = content.len();
    assert!(size > 800_000, "{size}");
    let declared = |offset: usize| pb::EvidenceHeader {
        size_bytes: i64::try_from(size).unwrap(),
        sha256: hex::encode(Sha256::digest(&content)),
        offset: i64::try_from(offset).unwrap(),
        ..header(&id, &case.number, "fejl.png")
    };
    assert_eq!(standing(&world, &id, &case.number).await, (0, false));

    // The caller stops in the middle.
    let status = upload(&world, whole(declared(0), &content[..500_000])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "UPLOAD_INCOMPLETE"));
    assert_eq!(metadata(&status, "next_offset"), "500_000".replace('_', ""));
    assert_eq!(standing(&world, &id, &case.number).await, (500_000, false));

    // The connection breaks in the middle, some time after a piece was written down.
    let parts = whole(declared(500_000), &content[500_000..800_000]);
    let sent: Vec<_> = parts.into_iter().map(|part| pb::UploadEvidenceRequest { part: Some(part) }).collect();
    let without_end = futures_util::stream::iter(sent);
    let without_end = futures_util::StreamExt::chain(without_end, futures_util::stream::pending());
    let written_down = async {
        while standing(&world, &id, &case.number).await.0 <= 500_000 {
            tokio::task::yield_now().await;
        }
    };
    let mut client = world.client.clone();
    tokio::select! {
        answer = client.upload_evidence(by_service(without_end)) => panic!("it was answered: {answer:?}"),
        kept = tokio::time::timeout(Duration::from_secs(20), written_down) => kept.expect("a piece is kept"),
    }
    assert!(world.shown(&case.number).await.evidence.is_empty(), "half a file is none");

    let status = upload(&world, whole(declared(1), &content[1..])).await.unwrap_err();
    assert_eq!(reason(&status), "UPLOAD_OFFSET_WRONG");
    // As a client does: the call that broke off may still write down its last bytes.
    let (taken, next) = loop {
        let (next, _) = standing(&world, &id, &case.number).await;
        let next = usize::try_from(next).unwrap();
        assert!(next > 500_000, "what was written down is sent again: {next}");
        match upload(&world, whole(declared(next), &content[next..])).await {
            Ok(taken) => break (taken, next),
            Err(status) => assert_eq!(reason(&status), "UPLOAD_OFFSET_WRONG"),
        }
    };
    assert_eq!(standing(&world, &id, &case.number).await, (0, true));
    assert_eq!(world.evidence().len(), 1, "nothing is left in quarantine");
    // The answer was lost: asked again, wherever from.
    for offset in [0, next, size] {
        assert_eq!(upload(&world, vec![Part::Header(declared(offset))]).await.unwrap(), taken);
    }
}

#[tokio::test]
async fn other_bytes_than_were_announced_are_not_taken() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let content = png(40);
    let declared = pb::EvidenceHeader {
        size_bytes: i64::try_from(content.len()).unwrap(),
        sha256: "ab".repeat(32),
        ..header(&world.request_id(), &case.number, "fejl.png")
    };
    let status = upload(&world, whole(declared.clone(), &content)).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::InvalidArgument, "EVIDENCE_DIGEST_MISMATCH")
    );
    let longer = pb::EvidenceHeader { sha256: hex::encode(Sha256::digest(&content)), ..declared };
    let status = upload(&world, whole(longer, &[content.as_slice(), b"!"].concat())).await.unwrap_err();
    assert_eq!(fields(&status), ["chunk"]);
    assert_eq!(world.evidence(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn an_upload_that_was_left_alone_is_removed_after_a_day() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let content = png(40);
    let declared = pb::EvidenceHeader {
        size_bytes: i64::try_from(content.len()).unwrap(),
        sha256: "ab".repeat(32),
        ..header(&world.request_id(), &case.number, "fejl.png")
    };
    let status = upload(&world, whole(declared, &content[..20])).await.unwrap_err();
    assert_eq!(reason(&status), "UPLOAD_INCOMPLETE");
    assert_eq!(world.evidence().len(), 1);
    let gone = async {
        while !world.evidence().is_empty() {
            world.lasting.clock.advance(Duration::from_hours(1));
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("it is removed");
    let day = "2026-03-03T09:00:00Z".parse().unwrap();
    assert!(ambient::Clock::now(&world.lasting.clock) >= day, "not before its time");
}

#[tokio::test]
async fn nothing_is_taken_while_the_scanner_is_away_and_malware_never() {
    // The test file of the European Institute for Computer Antivirus Research, in two parts: scanners on the
    // machines of developers know it too.
    let eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat();
    let mut daemon = scratch::Clamd::start(&format!("Eicar-Test:0:*:{}", hex::encode(&eicar))).await.unwrap();
    let world = World::start_with(&format!("[intake.evidence]\nclamav = '{}'", daemon.tcp())).await;
    let case = world.opened(world.opening("p-1")).await;
    let infected = format!("%PDF-1.7\n1 0 obj\n({eicar})\nendobj\n%%EOF\n");
    let parts = whole(header(&world.request_id(), &case.number, "x.pdf"), infected.as_bytes());
    let status = upload(&world, parts).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "EVIDENCE_MALWARE"));
    assert_eq!(metadata(&status, "signature"), "Eicar-Test.UNOFFICIAL");

    daemon.kill().await.unwrap();
    let parts = whole(header(&world.request_id(), &case.number, "x.png"), &png(40));
    let status = upload(&world, parts.clone()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "UNAVAILABLE"));
    assert!(status.get_error_details().retry_info().is_some());
    assert_eq!(world.evidence(), Vec::<std::path::PathBuf>::new());
    assert!(world.folded(&case.case_id).await.intake.evidence.is_empty());

    daemon.start_again().await.unwrap();
    upload(&world, parts).await.unwrap();
    let facts = world.facts(&case.case_id).await;
    let scanned = facts.iter().any(|fact| match fact {
        case::CaseEvent::Intake(case::intake::Event::EvidenceScreened(screened)) => {
            screened.scanned_by.as_ref().is_some_and(|by| by.starts_with("ClamAV "))
        }
        _ => false,
    });
    assert!(scanned, "{facts:?}");
}
