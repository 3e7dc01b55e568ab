//! Evidence: asked for once, received at any time, accepted or rejected (R17 to R22).

use super::{Decision, Situation, self_service};
use crate::intake::command::{
    AcceptEvidence, RecordRefusedUpload, RejectEvidence, RequestEvidence, UploadEvidence,
};
use crate::intake::event::{
    Event, EvidenceAccepted, EvidenceOriginalKept, EvidenceReceived, EvidenceRejected, EvidenceRequested,
    EvidenceScreened, UploadRefused,
};
use crate::intake::limits;
use crate::intake::refusal::Refusal;
use crate::intake::state::{Evidence, EvidenceStanding, Original};
use crate::intake::texts::Texts;
use crate::journey::Case;
use crate::payments_escalation::SECOND_FACTOR_WINDOW;
use crate::stage::Context;
use crate::vocabulary::{EvidenceKind, Team, Topic};
use uuid::Uuid;

/// Accepted from the case's owner. What is outstanding already is not asked for again.
pub(super) fn request(at: Situation<'_>, request: &RequestEvidence) -> Decision {
    at.owner()?;
    if request.kinds.is_empty() {
        return Err(Refusal::NothingRequested);
    }
    let mut kinds: Vec<EvidenceKind> = Vec::new();
    for &kind in &request.kinds {
        if at.case.intake.evidence_requested.contains(&kind) || kinds.contains(&kind) {
            continue;
        }
        may_ask(at, kind)?;
        kinds.push(kind);
    }
    Ok(if kinds.is_empty() { Vec::new() } else { vec![EvidenceRequested { kinds }.into()] })
}

/// Never more than is needed (R13), and a withdrawal is no occasion to demand identity papers.
fn may_ask(at: Situation<'_>, kind: EvidenceKind) -> Result<(), Refusal> {
    let is_identity = matches!(kind, EvidenceKind::Identity | EvidenceKind::Address);
    if is_identity && at.case.intake.topic == Some(Topic::Withdrawal) {
        return Err(Refusal::EvidenceNotJustified { kind });
    }
    let is_document = is_identity || kind == EvidenceKind::PaymentMethod;
    let is_good = |one: &Evidence| one.kind == kind && !matches!(one.standing, EvidenceStanding::Rejected(_));
    if is_document && at.case.intake.evidence.iter().any(is_good) {
        return Err(Refusal::EvidenceAtHand { kind });
    }
    Ok(())
}

/// Accepted while the case is open. The file lies in the store before this is decided.
pub(super) fn upload(at: Situation<'_>, upload: &UploadEvidence) -> Decision {
    at.for_the_player()?;
    if at.case.intake.evidence(upload.evidence_id).is_some() {
        return Ok(Vec::new());
    }
    may_upload(at.case, at.context)?;
    check_file(&upload.media_type, upload.screening.received_size_bytes)?;
    let mut texts = Texts::of(at.case, upload.evidence_id);
    let received = EvidenceReceived {
        evidence_id: upload.evidence_id,
        kind: upload.kind,
        media_type: upload.media_type.clone(),
        size_bytes: upload.size_bytes,
        sha256: hexadecimal(&upload.sha256),
        file_name: texts.personal("file_name", &upload.file_name, limits::NAME_CHARACTERS)?,
    };
    let screened = EvidenceScreened {
        evidence_id: upload.evidence_id,
        received_sha256: hexadecimal(&upload.screening.received_sha256),
        received_size_bytes: upload.screening.received_size_bytes,
        reencoded: upload.screening.reencoded,
        scanned_by: upload.screening.scanned_by.clone(),
    };
    let original = upload.screening.original_kept.then(|| {
        Event::from(EvidenceOriginalKept {
            evidence_id: upload.evidence_id,
            sha256: screened.received_sha256.clone(),
            size_bytes: screened.received_size_bytes,
        })
    });
    let events = [Event::from(received), Event::from(screened)].into_iter().chain(original);
    Ok(events.chain(texts.masked()).chain(self_service::hand_over(at)).collect())
}

/// Whether a file may be sent now: asked before its bytes are read.
///
/// # Errors
/// The case is not the caller's, or over, or has as many files as it may.
pub fn may_upload(case: &Case, context: Context<'_>) -> Result<(), Refusal> {
    let at = Situation { case, context };
    at.for_the_player()?;
    at.require_open()?;
    let files = case.intake.evidence.len();
    let size_bytes: u64 = case.intake.evidence.iter().map(|evidence| evidence.size_bytes).sum();
    if files >= limits::CASE_FILES || size_bytes >= limits::CASE_BYTES {
        return Err(Refusal::EvidenceQuotaReached { of: "case", limit_files: limits::CASE_FILES as u64 });
    }
    Ok(())
}

/// Accepted while the case is open. Somebody who sends bad files without end does not fill the log with them.
pub(super) fn record_refused(at: Situation<'_>, refused: &RecordRefusedUpload) -> Decision {
    at.for_the_player()?;
    at.require_open()?;
    let known = &at.case.intake.uploads_refused;
    if known.contains(&refused.upload_id) || known.len() >= limits::REFUSED_UPLOADS_RECORDED {
        return Ok(Vec::new());
    }
    let fact = UploadRefused {
        upload_id: refused.upload_id,
        kind: refused.kind,
        reason: refused.reason.to_owned(),
        sha256: hexadecimal(&refused.sha256),
        size_bytes: refused.size_bytes,
    };
    Ok(vec![fact.into()])
}

/// The teams whose work it is to look at what players send.
const LOOKS_AT_EVIDENCE: &[Team] =
    &[Team::Verification, Team::Payments, Team::ResponsibleGambling, Team::Complaints];

/// The file that an agent may look at: one on their own case, or any as a member of a team that judges files.
///
/// # Errors
/// There is none, or the case is somebody else's.
pub fn may_see<'a>(case: &'a Case, context: Context<'a>, evidence_id: Uuid) -> Result<&'a Evidence, Refusal> {
    let agent = Situation { case, context }.agent()?;
    let is_theirs = case.routing.owner.as_ref() == Some(&agent);
    if !is_theirs && !context.actor.teams.iter().any(|team| LOOKS_AT_EVIDENCE.contains(team)) {
        return Err(Refusal::NotCaseOwner { owner: case.routing.owner.clone() });
    }
    case.intake.evidence(evidence_id).ok_or(Refusal::EvidenceNotFound)
}

/// The file as it came, for whoever has to tell whether it was tampered with: it may hold what was taken out of the
/// other, so a second factor must have been proven just now. Which roles are told at all is no matter of the case.
///
/// # Errors
/// There is none, or the second factor is missing or too old.
pub fn may_see_original<'a>(
    case: &'a Case,
    context: Context<'a>,
    evidence_id: Uuid,
) -> Result<&'a Original, Refusal> {
    Situation { case, context }.agent()?;
    if !context.actor.has_fresh_second_factor(context.now, SECOND_FACTOR_WINDOW) {
        return Err(Refusal::SecondFactorRequired);
    }
    let evidence = case.intake.evidence(evidence_id).ok_or(Refusal::EvidenceNotFound)?;
    evidence.original.as_ref().ok_or(Refusal::EvidenceOriginalNotKept)
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).into_iter();
    bytes.iter().flat_map(|byte| digit(byte >> 4).chain(digit(byte & 15))).collect()
}

/// Whether a file of this type and size may be evidence. Also asked before a file is stored.
pub fn check_file(media_type: &str, size_bytes: u64) -> Result<(), Refusal> {
    if size_bytes == 0 {
        Err(Refusal::EvidenceEmpty)
    } else if size_bytes > limits::EVIDENCE_BYTES {
        Err(Refusal::EvidenceTooLarge { size_bytes })
    } else if limits::EVIDENCE_MEDIA_TYPES.contains(&media_type) {
        Ok(())
    } else {
        Err(Refusal::EvidenceFormatNotAccepted { media_type: media_type.chars().take(80).collect() })
    }
}

/// Accepted from the case's owner, for evidence nobody has judged yet.
pub(super) fn accept(at: Situation<'_>, accept: &AcceptEvidence) -> Decision {
    at.owner()?;
    let evidence = at.case.intake.evidence(accept.evidence_id).ok_or(Refusal::EvidenceNotFound)?;
    match evidence.standing {
        EvidenceStanding::Received => Ok(vec![EvidenceAccepted { evidence_id: accept.evidence_id }.into()]),
        EvidenceStanding::Accepted => Ok(Vec::new()),
        EvidenceStanding::Rejected(_) => Err(Refusal::EvidenceAlreadyDecided { decided: "rejected" }),
    }
}

/// Accepted from the case's owner, for evidence nobody has judged yet.
pub(super) fn reject(at: Situation<'_>, reject: &RejectEvidence) -> Decision {
    at.owner()?;
    let evidence = at.case.intake.evidence(reject.evidence_id).ok_or(Refusal::EvidenceNotFound)?;
    match evidence.standing {
        EvidenceStanding::Received => {
            Ok(vec![EvidenceRejected { evidence_id: reject.evidence_id, reason: reject.reason }.into()])
        }
        EvidenceStanding::Rejected(reason) if reason == reject.reason => Ok(Vec::new()),
        EvidenceStanding::Rejected(_) => Err(Refusal::EvidenceAlreadyDecided { decided: "rejected" }),
        EvidenceStanding::Accepted => Err(Refusal::EvidenceAlreadyDecided { decided: "accepted" }),
    }
}
