//! Files that are kept as they came too, where the brand wants that, and who is shown them.

use contracts::intake::v1 as pb;
use pb::upload_evidence_request::Part;
use sha2::{Digest, Sha256};
use tonic::{Code, Request, Status};

use crate::uploads::{header, png, upload};
use crate::world::{World, reason};

const KEPT: &str = "[intake.evidence]\nkeep_originals = ['image/png']";

async fn uploaded(world: &World, case: &str, content: &[u8]) -> pb::UploadEvidenceResponse {
    let head = Part::Header(header(&world.request_id(), case, "fejl.png"));
    upload(world, vec![head, Part::Chunk(content.to_vec().into())]).await.unwrap()
}

/// The file as it came, asked for by an agent with a second factor or without one.
async fn fetched(world: &World, case: &str, evidence_id: &str, proven: bool) -> Result<Vec<u8>, Status> {
    use ambient::Clock;
    let asked = pb::DownloadOriginalRequest { case: case.to_owned(), evidence_id: evidence_id.to_owned() };
    let mut request = Request::new(asked);
    request.metadata_mut().insert("casetrail-actor", "agent:viggo".parse().unwrap());
    request.metadata_mut().insert("casetrail-teams", "verification".parse().unwrap());
    if proven {
        let now = world.lasting.clock.now().to_string();
        request.metadata_mut().insert("casetrail-second-factor-time", now.parse().unwrap());
    }
    let mut pieces = world.client.clone().download_original(request).await?.into_inner();
    let mut content = Vec::new();
    while let Some(piece) = pieces.message().await? {
        content.extend(piece.chunk);
    }
    Ok(content)
}

#[tokio::test]
async fn a_file_that_is_kept_as_it_came_is_shown_to_whom_a_second_factor_was_proven_and_erased_with_its_player()
 {
    let world = World::start_with(KEPT).await;
    let case = world.opened(world.opening("p-1")).await;
    let content = png(40);
    let taken = uploaded(&world, &case.number, &content).await;
    assert_ne!(taken.sha256, hex::encode(Sha256::digest(&content)), "what is kept was written anew");
    let facts = world.facts(&case.case_id).await;
    let names: Vec<&str> = facts.iter().map(case::StoredEvent::stored_name).collect();
    assert!(names.contains(&"intake.evidence_original_kept"), "{names:?}");

    let files = world.evidence();
    assert_eq!(files.len(), 2);
    for file in &files {
        let lies = std::fs::read(file).unwrap();
        assert!(!lies.windows(8).any(|part| part == &content[..8]), "{} is not sealed", file.display());
    }
    assert_eq!(fetched(&world, &case.number, &taken.evidence_id, true).await.unwrap(), content);
    let refused = fetched(&world, &case.number, &taken.evidence_id, false).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::PermissionDenied, "SECOND_FACTOR_REQUIRED")
    );

    world.parts.sealer.destroy("NB", "p-1").await.unwrap();
    let erased = fetched(&world, &case.number, &taken.evidence_id, true).await.unwrap_err();
    assert_eq!(reason(&erased), "PLAYER_ERASED");
}

#[tokio::test]
async fn one_does_not_open_in_the_place_of_the_other() {
    let world = World::start_with(KEPT).await;
    let case = world.opened(world.opening("p-1")).await;
    let taken = uploaded(&world, &case.number, &png(40)).await;
    let is_original = |file: &std::path::PathBuf| file.to_string_lossy().contains("original-");
    let files = world.evidence();
    let original = files.iter().find(|file| is_original(file)).unwrap();
    let other = files.iter().find(|file| !is_original(file)).unwrap();
    std::fs::copy(other, original).unwrap();
    assert!(fetched(&world, &case.number, &taken.evidence_id, true).await.is_err());
}

#[tokio::test]
async fn nothing_is_kept_as_it_came_unless_the_brand_wants_it_for_that_kind() {
    for settings in ["", "[intake.evidence]\nkeep_originals = ['image/jpeg']"] {
        let world = World::start_with(settings).await;
        let case = world.opened(world.opening("p-1")).await;
        let taken = uploaded(&world, &case.number, &png(40)).await;
        assert_eq!(world.evidence().len(), 1, "{settings}");
        let refused = fetched(&world, &case.number, &taken.evidence_id, true).await.unwrap_err();
        assert_eq!(reason(&refused), "EVIDENCE_ORIGINAL_NOT_KEPT", "{settings}");
    }
}

/// Of HEIC nothing is written anew: what tells too much is wiped in its place.
#[tokio::test]
async fn a_picture_that_is_only_wiped_is_kept_as_it_came_too() {
    let world = World::start_with("[intake.evidence]\nkeep_originals = ['image/heic']").await;
    let case = world.opened(world.opening("p-1")).await;
    let content = include_bytes!("../../../../fuzz/corpus/pictures/heic_with_place");
    let taken = uploaded(&world, &case.number, content).await;
    assert_ne!(taken.sha256, hex::encode(Sha256::digest(content)), "a place was wiped");
    assert_eq!(fetched(&world, &case.number, &taken.evidence_id, true).await.unwrap(), content);
}
