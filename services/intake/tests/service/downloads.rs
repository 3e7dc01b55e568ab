//! Files on their way out: with leave, for a few minutes, and for nobody else.

use std::time::Duration;

use contracts::intake::v1 as pb;
use tonic::{Code, Request, Status};

use crate::uploads::{header, png, upload};
use crate::world::{World, reason};

/// A call by an agent of these teams.
fn by<T>(agent: &str, team: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("casetrail-actor", format!("agent:{agent}").parse().unwrap());
    request.metadata_mut().insert("casetrail-teams", team.parse().unwrap());
    request
}

async fn granted(world: &World, team: &str, file: &File) -> Result<pb::GrantEvidenceResponse, Status> {
    let asked = pb::GrantEvidenceRequest { case: file.case.clone(), evidence_id: file.evidence_id.clone() };
    Ok(world.client.clone().grant_evidence(by("mette", team, asked)).await?.into_inner())
}

async fn fetched(world: &World, agent: &str, grant: &str, file: &File) -> Result<Vec<u8>, Status> {
    let asked = pb::DownloadEvidenceRequest {
        case: file.case.clone(),
        evidence_id: file.evidence_id.clone(),
        grant: grant.to_owned(),
    };
    let mut pieces =
        world.client.clone().download_evidence(by(agent, "verification", asked)).await?.into_inner();
    let mut content = Vec::new();
    while let Some(piece) = pieces.message().await? {
        content.extend(piece.chunk);
    }
    Ok(content)
}

struct File {
    case: String,
    evidence_id: String,
}

async fn uploaded(world: &World, case: &str, pixels: u32) -> File {
    let parts = vec![
        pb::upload_evidence_request::Part::Header(header(&world.request_id(), case, "fejl.png")),
        pb::upload_evidence_request::Part::Chunk(png(pixels).into()),
    ];
    let taken = upload(world, parts).await.unwrap();
    File { case: case.to_owned(), evidence_id: taken.evidence_id }
}

#[tokio::test]
async fn a_file_is_served_whole_to_whom_leave_was_given() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let file = uploaded(&world, &case.number, 100_000).await;
    let grant = granted(&world, "verification", &file).await.unwrap();
    let content = fetched(&world, "mette", &grant.grant, &file).await.unwrap();
    assert_eq!(i64::try_from(content.len()).unwrap(), grant.size_bytes);
    assert_eq!(hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&content)), grant.sha256);
    assert_eq!(image::load_from_memory(&content).unwrap(), image::load_from_memory(&png(100_000)).unwrap());
}

#[tokio::test]
async fn stale_foreign_and_altered_grants_are_refused() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let (file, other) = (uploaded(&world, &case.number, 40).await, uploaded(&world, &case.number, 50).await);
    let grant = granted(&world, "verification", &file).await.unwrap().grant;
    let mut altered = grant.clone();
    altered.replace_range(40..41, if &grant[40..41] == "A" { "B" } else { "A" });
    for (what, agent, grant, file) in [
        ("foreign", "bo", &grant, &file),
        ("for another file", "mette", &grant, &other),
        ("altered", "mette", &altered, &file),
    ] {
        let status = fetched(&world, agent, grant, file).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::PermissionDenied, "GRANT_INVALID"),
            "{what}"
        );
    }
    world.lasting.clock.advance(Duration::from_mins(5));
    let status = fetched(&world, "mette", &grant, &file).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "GRANT_EXPIRED"));
}

#[tokio::test]
async fn leave_is_given_to_those_whose_work_it_is() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let file = uploaded(&world, &case.number, 40).await;
    for team in ["verification", "complaints", "payments", "responsible_gambling"] {
        granted(&world, team, &file).await.unwrap();
    }
    let status = granted(&world, "general", &file).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "NOT_CASE_OWNER"));
    let nothing = File { evidence_id: world.request_id(), case: file.case.clone() };
    assert_eq!(reason(&granted(&world, "verification", &nothing).await.unwrap_err()), "EVIDENCE_NOT_FOUND");
}

#[tokio::test]
async fn after_erasure_nobody_gets_the_file_any_more() {
    let world = World::start().await;
    let case = world.opened(world.opening("p-1")).await;
    let file = uploaded(&world, &case.number, 40).await;
    let grant = granted(&world, "verification", &file).await.unwrap().grant;
    world.parts.sealer.destroy("NB", "p-1").await.unwrap();
    assert_eq!(reason(&fetched(&world, "mette", &grant, &file).await.unwrap_err()), "PLAYER_ERASED");
    assert_eq!(reason(&granted(&world, "verification", &file).await.unwrap_err()), "PLAYER_ERASED");
}
