//! Takes in a file, piece by piece: the header first, then its bytes. It is examined, stored, and only then is the
//! fact that it arrived recorded; and only when the case takes it.

use case::intake::{Refusal, Screening, UploadEvidence, limits, may_upload};
use case::{Case, Context, EvidenceKind};
use contracts::intake::v1 as pb;
use evidence::MediaType;
use pb::upload_evidence_request::Part;
use sealing::DataKey;
use service_kit::Failure;
use service_kit::request::{Checks, actor, fingerprint};
use sha2::{Digest, Sha256};
use tonic::{Request, Status, Streaming};
use uuid::Uuid;

use super::Api;
use super::mutation::{Mutation, upload_id};
use super::refused_upload::RefusedUpload;
use super::view::case_ref;
use super::words::{Word, word};
use crate::evidence_store::{self, Owner, Upload};

type Parts = Streaming<pb::UploadEvidenceRequest>;

/// What the header says, checked.
struct Asked {
    header: pb::EvidenceHeader,
    request_id: Uuid,
    kind: EvidenceKind,
    file_name: String,
    /// What makes it an upload that can be resumed.
    declared: Option<Declared>,
}

/// What the caller says about the whole file.
#[derive(Debug, Clone, Copy)]
struct Declared {
    size_bytes: u64,
    sha256: [u8; 32],
    offset: u64,
}

pub(super) async fn handle(api: &Api, request: Request<Parts>) -> Result<pb::UploadEvidenceResponse, Status> {
    let actor = actor(&request)?;
    let mut parts = request.into_inner();
    let asked = checked(header(parts.message().await?)?)?;
    let case = api.case("header.case", &asked.header.case).await?;
    let stream = case.id.0;
    let evidence_id = upload_id(asked.request_id, stream);

    if let Some(known) = case.intake.evidence(evidence_id) {
        // A repeat: it is answered with the first answer, if it is the same request.
        let sha256 = match asked.declared {
            Some(declared) => declared.sha256,
            None => Sha256::digest(content(&mut parts).await?).into(),
        };
        let kept = Kept {
            media_type: known.media_type.clone(),
            size_bytes: known.size_bytes,
            sha256: digest(&known.sha256).unwrap_or_default(),
            reencoded: known.reencoded,
            scanned_by: None,
            original: known.original.is_some(),
        };
        let mutation = Mutation::new(actor, file_fingerprint(&asked.header, &sha256), asked.request_id);
        return record(api, mutation, stream, command(&asked, evidence_id, &kept, sha256, 0)).await;
    }

    let context = Context { actor: &actor, now: api.clock.now() };
    may_upload(&case, context).map_err(|refusal| Failure::refused(&refusal))?;
    let key = api.evidence.key(Owner::of(&case)?).await?;
    api.evidence.check_quota(&key).await?;
    let Some(declared) = asked.declared else {
        let content = content(&mut parts).await?;
        let (sha256, size_bytes) = (Sha256::digest(&content).into(), content.len() as u64);
        let refused =
            RefusedUpload { actor: &actor, stream, evidence_id, kind: asked.kind, sha256, size_bytes };
        let kept = take(api, &case, &key, evidence_id, content, refused).await?;
        let mutation = Mutation::new(actor, file_fingerprint(&asked.header, &sha256), asked.request_id);
        return record(api, mutation, stream, command(&asked, evidence_id, &kept, sha256, size_bytes)).await;
    };

    let mut upload = Upload::resume(&api.evidence, &key, case.id, evidence_id, declared.offset).await?;
    receive(&mut parts, &mut upload, declared).await?;
    let (sha256, size_bytes) = (declared.sha256, declared.size_bytes);
    if <[u8; 32]>::from(Sha256::digest(upload.content())) != sha256 {
        upload.remove().await?;
        return Err(digest_mismatch().into());
    }
    let refused = RefusedUpload { actor: &actor, stream, evidence_id, kind: asked.kind, sha256, size_bytes };
    let kept = match take(api, &case, &key, evidence_id, upload.content().to_vec(), refused).await {
        // The scanner is away, perhaps: what has come can wait for it.
        Err(failure @ (Failure::Unavailable(_) | Failure::Away(_))) => return Err(failure.into()),
        Err(failure) => {
            upload.remove().await?;
            return Err(failure.into());
        }
        Ok(kept) => kept,
    };
    let mutation = Mutation::new(actor, file_fingerprint(&asked.header, &sha256), asked.request_id);
    let command = command(&asked, evidence_id, &kept, sha256, size_bytes);
    let response = record(api, mutation, stream, command).await?;
    upload.remove().await?;
    Ok(response)
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

fn checked(header: pb::EvidenceHeader) -> Result<Asked, Failure> {
    let mut checks = Checks::new();
    let request_id = checks.request_id(&header.request_id);
    if header.case.trim().is_empty() {
        checks.fail("header.case", "is required: a case id or number, such as NB-2026-000412-K");
    }
    let kind = word(&mut checks, "header.kind", header.kind);
    let file_name = checks.text("header.file_name", &header.file_name, limits::NAME_CHARACTERS);
    let declared = declared(&mut checks, &header);
    let too_large = declared.filter(|declared| declared.size_bytes > limits::EVIDENCE_BYTES);
    let read = || Some((request_id?, kind?, file_name?));
    let (request_id, kind, file_name) = checks.finish_with(read())?;
    if let Some(Declared { size_bytes, .. }) = too_large {
        return Err(Failure::refused(&Refusal::EvidenceTooLarge { size_bytes }));
    }
    Ok(Asked { header, request_id, kind, file_name, declared })
}

/// Size and digest go together, and an offset needs both.
fn declared(checks: &mut Checks, header: &pb::EvidenceHeader) -> Option<Declared> {
    if header.size_bytes == 0 && header.sha256.is_empty() && header.offset == 0 {
        return None;
    }
    let size = u64::try_from(header.size_bytes).ok().filter(|size| *size > 0);
    let size =
        checks.take("header.size_bytes", size.ok_or("is required with sha256 and offset, and positive"));
    let sha256 = digest(&header.sha256);
    let sha256 =
        checks.take("header.sha256", sha256.ok_or("is required with size_bytes: 64 hexadecimal digits"));
    let offset = u64::try_from(header.offset).ok().filter(|offset| size.is_none_or(|size| *offset <= size));
    let offset = checks.take("header.offset", offset.ok_or("is between 0 and size_bytes"));
    Some(Declared { size_bytes: size?, sha256: sha256?, offset: offset? })
}

fn digest(hexadecimal: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(hexadecimal, &mut digest).ok().map(|()| digest)
}

/// The next bytes; `None` at the end.
async fn chunk(parts: &mut Parts) -> Result<Option<bytes::Bytes>, Status> {
    match parts.message().await?.map(|part| part.part) {
        None => Ok(None),
        Some(Some(Part::Chunk(chunk))) => Ok(Some(chunk)),
        Some(Some(Part::Header(_))) => {
            Err(Failure::invalid("header", "was sent already; send chunks only").into())
        }
        Some(None) => Err(Failure::invalid("chunk", "is required in every part after the first").into()),
    }
}

/// Reads the file's bytes to their end, or to the limit.
async fn content(parts: &mut Parts) -> Result<Vec<u8>, Status> {
    let mut content = Vec::new();
    while let Some(chunk) = chunk(parts).await? {
        let size_bytes = (content.len() + chunk.len()) as u64;
        if size_bytes > limits::EVIDENCE_BYTES {
            return Err(Failure::refused(&Refusal::EvidenceTooLarge { size_bytes }).into());
        }
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

/// Reads what is still to come, and keeps it whatever happens.
async fn receive(parts: &mut Parts, upload: &mut Upload<'_>, declared: Declared) -> Result<(), Status> {
    loop {
        match chunk(parts).await {
            Ok(Some(chunk)) if upload.length() + chunk.len() as u64 > declared.size_bytes => {
                return Err(Failure::invalid("chunk", "goes beyond header.size_bytes").into());
            }
            Ok(Some(chunk)) => upload.push(&chunk).await?,
            Ok(None) => break,
            Err(broken_off) => {
                upload.keep().await?;
                return Err(broken_off);
            }
        }
    }
    if upload.length() < declared.size_bytes {
        upload.keep().await?;
        return Err(incomplete(upload.length()).into());
    }
    Ok(())
}

fn incomplete(next_offset: u64) -> Failure {
    Failure::Refused {
        reason: "UPLOAD_INCOMPLETE",
        message: format!(
            "{next_offset} bytes have come; send the rest with this offset and the same request_id"
        ),
        metadata: vec![("next_offset", next_offset.to_string())],
        field: None,
        permission: false,
    }
}

fn digest_mismatch() -> Failure {
    Failure::Refused {
        reason: "EVIDENCE_DIGEST_MISMATCH",
        message: "the bytes that came have another digest than header.sha256; begin anew at offset 0"
            .to_owned(),
        metadata: Vec::new(),
        field: Some("header.sha256"),
        permission: false,
    }
}

/// What is kept of a file.
struct Kept {
    media_type: String,
    size_bytes: u64,
    sha256: [u8; 32],
    reencoded: bool,
    scanned_by: Option<String>,
    /// Whether it lies there as it came too.
    original: bool,
}

/// Examines and stores a file.
async fn take(
    api: &Api,
    case: &Case,
    key: &DataKey,
    evidence_id: Uuid,
    content: Vec<u8>,
    refused: RefusedUpload<'_>,
) -> Result<Kept, Failure> {
    let is_wanted = MediaType::of(&content)
        .is_ok_and(|found| api.keep_originals.iter().any(|wanted| wanted == found.as_str()));
    // What comes out of the examination may be another file: what came is only at hand now.
    let came = is_wanted.then(|| content.clone());
    let came_sha256 = refused.sha256;
    let examined = match api.examination.examine(content).await {
        Ok(examined) => examined,
        Err(not_examined) => return Err(refused.because(api, not_examined).await),
    };
    let sha256: [u8; 32] = Sha256::digest(&examined.content).into();
    let original = came.filter(|_| sha256 != came_sha256);
    let kept = Kept {
        media_type: examined.media_type.as_str().to_owned(),
        size_bytes: examined.content.len() as u64,
        sha256,
        reencoded: examined.reencoded,
        scanned_by: examined.scanned_by,
        original: original.is_some(),
    };
    if let Some(original) = original {
        let sha256 = hex::encode(came_sha256);
        api.evidence
            .put(key, case.id, evidence_id, evidence_store::Part::Original, &sha256, original)
            .await?;
    }
    let sha256 = hex::encode(kept.sha256);
    api.evidence
        .put(key, case.id, evidence_id, evidence_store::Part::Content, &sha256, examined.content)
        .await?;
    Ok(kept)
}

fn command(
    asked: &Asked,
    evidence_id: Uuid,
    kept: &Kept,
    received_sha256: [u8; 32],
    received_size_bytes: u64,
) -> UploadEvidence {
    UploadEvidence {
        evidence_id,
        kind: asked.kind,
        media_type: kept.media_type.clone(),
        size_bytes: kept.size_bytes,
        sha256: kept.sha256,
        file_name: asked.file_name.clone(),
        screening: Screening {
            received_sha256,
            received_size_bytes,
            reencoded: kept.reencoded,
            scanned_by: kept.scanned_by.clone(),
            original_kept: kept.original,
        },
    }
}

/// The same file is the same request, in however many calls it came.
fn file_fingerprint(header: &pb::EvidenceHeader, sha256: &[u8; 32]) -> [u8; 32] {
    let header = pb::EvidenceHeader { size_bytes: 0, sha256: String::new(), offset: 0, ..header.clone() };
    Sha256::new().chain_update(fingerprint(&header)).chain_update(sha256).finalize().into()
}

async fn record(
    api: &Api,
    mutation: Mutation,
    stream: Uuid,
    command: UploadEvidence,
) -> Result<pb::UploadEvidenceResponse, Status> {
    let evidence_id = command.evidence_id;
    let outcome = mutation.execute_on(api, stream, command).await?;
    let intake = &outcome.state.intake;
    let evidence = intake.evidence(evidence_id);
    let evidence =
        evidence.ok_or_else(|| Failure::Internal("evidence was recorded and is not there".to_owned()))?;
    Ok(pb::UploadEvidenceResponse {
        case: Some(case_ref(&outcome.state)),
        evidence_id: evidence_id.to_string(),
        media_type: evidence.media_type.clone(),
        size_bytes: i64::try_from(evidence.size_bytes).unwrap_or(i64::MAX),
        sha256: evidence.sha256.clone(),
        still_missing: intake.evidence_requested.iter().map(Word::number).collect(),
        reencoded: evidence.reencoded,
    })
}
