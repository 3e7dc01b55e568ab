//! Takes in a file, piece by piece: the header first, then its bytes. The file is stored before the fact
//! that it arrived is recorded, and only when the case takes it.

use case::intake::{Intake, UploadEvidence, limits};
use case::{Case, Context, EvidenceKind, Stage};
use contracts::intake::v1 as pb;
use pb::upload_evidence_request::Part;
use service_kit::Failure;
use service_kit::request::{Checks, actor, fingerprint};
use sha2::{Digest, Sha256};
use tonic::{Request, Status, Streaming};
use uuid::Uuid;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;
use super::words::{Word, word};
use crate::evidence::{EvidenceFile, Incoming, Owner};

type Parts = Streaming<pb::UploadEvidenceRequest>;

pub(super) async fn handle(api: &Api, request: Request<Parts>) -> Result<pb::UploadEvidenceResponse, Status> {
    let actor = actor(&request)?;
    let mut parts = request.into_inner();
    let header = header(parts.message().await?)?;
    let (request_id, kind, file_name) = checked(&header)?;
    let stream = api.directory.resolve("header.case", &header.case).await?;
    let case = api.executor.load_existing(stream).await?;

    let file = content(&mut parts).await?;
    let body = Sha256::new().chain_update(fingerprint(&header)).chain_update(file.sha256).finalize().into();
    let mutation = Mutation::new(actor, body, request_id);
    let command = UploadEvidence {
        // By the case too: its key and its place seal the file.
        evidence_id: case::derive("intake.evidence", request_id, &stream.to_string()),
        kind,
        media_type: file.media_type.to_owned(),
        size_bytes: file.content.len() as u64,
        sha256: file.sha256,
        file_name,
    };
    store(api, &case, &mutation, &command, &file).await?;
    let evidence_id = command.evidence_id.to_string();
    let outcome = mutation.execute_on(api, stream, command).await?;
    Ok(pb::UploadEvidenceResponse {
        case: Some(case_ref(&outcome.state)),
        evidence_id,
        media_type: file.media_type.to_owned(),
        size_bytes: i64::try_from(file.content.len()).unwrap_or(i64::MAX),
        sha256: hex::encode(file.sha256),
        still_missing: outcome.state.intake.evidence_requested.iter().map(Word::number).collect(),
    })
}

/// The first part, which must be the header.
fn header(first: Option<pb::UploadEvidenceRequest>) -> Result<pb::EvidenceHeader, Failure> {
    match first.and_then(|first| first.part) {
        Some(Part::Header(header)) => Ok(header),
        Some(Part::Chunk(_)) | None => {
            Err(Failure::invalid("header", "is required, as the first part: what the file is"))
        }
    }
}

fn checked(header: &pb::EvidenceHeader) -> Result<(Uuid, EvidenceKind, String), Failure> {
    let mut checks = Checks::new();
    let request_id = checks.request_id(&header.request_id);
    if header.case.trim().is_empty() {
        checks.fail("header.case", "is required: a case id or number, such as NB-2026-000412-K");
    }
    let kind = word(&mut checks, "header.kind", header.kind);
    let file_name = checks.text("header.file_name", &header.file_name, limits::NAME_CHARACTERS);
    let read = || Some((request_id?, kind?, file_name?));
    checks.finish_with(read())
}

/// Reads the file's bytes to their end, or to the limit.
async fn content(parts: &mut Parts) -> Result<EvidenceFile, Status> {
    let mut incoming = Incoming::default();
    while let Some(part) = parts.message().await? {
        let chunk = match part.part {
            Some(Part::Chunk(chunk)) => chunk,
            Some(Part::Header(_)) => {
                return Err(Failure::invalid("header", "was sent already; send chunks only").into());
            }
            None => return Err(Failure::invalid("chunk", "is required in every part after the first").into()),
        };
        incoming.push(&chunk).map_err(|refusal| Failure::refused(&refusal))?;
    }
    Ok(incoming.finish().map_err(|refusal| Failure::refused(&refusal))?)
}

/// Stores the file, unless the case has it already (a repeat) or would not take it: what is refused is
/// not kept.
async fn store(
    api: &Api,
    case: &Case,
    mutation: &Mutation,
    command: &UploadEvidence,
    file: &EvidenceFile,
) -> Result<(), Failure> {
    if case.intake.evidence(command.evidence_id).is_some() {
        return Ok(());
    }
    let context = Context { actor: mutation.actor(), now: api.clock.now() };
    Intake::decide(case, context, &command.clone().into()).map_err(|refusal| Failure::refused(&refusal))?;
    let (Some(brand), Some(player)) = (case.brand(), &case.intake.player) else {
        return Err(Failure::Internal(format!("case {} was never opened by intake", case.id)));
    };
    let owner = Owner { brand, player_id: &player.player_id, case: case.id };
    api.evidence.put(command.evidence_id, owner, file).await
}
