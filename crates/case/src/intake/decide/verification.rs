//! The identity check: approved only when every part passes (R23).

use super::{Decision, Situation};
use crate::ids::PlayerId;
use crate::intake::command::{RecordVerificationQuestions, RefuseVerification};
use crate::intake::event::{Event, PlayerRefused, PlayerVerified, VerificationQuestionsAnswered};
use crate::intake::limits;
use crate::intake::refusal::Refusal;
use crate::intake::state::{Evidence, EvidenceStanding, State};
use crate::intake::texts::Texts;
use crate::vocabulary::EvidenceKind;

/// Accepted from the case's owner until the check has ended.
pub(super) fn record_questions(at: Situation<'_>, record: &RecordVerificationQuestions) -> Decision {
    at.owner()?;
    let is_possible = (limits::QUESTIONS_LEAST..=limits::QUESTIONS_MOST).contains(&record.asked)
        && record.correct <= record.asked;
    if !is_possible {
        return Err(Refusal::QuestionsOutOfRange);
    }
    if at.case.intake.verification_questions == Some((record.asked, record.correct)) {
        return Ok(Vec::new());
    }
    still_open(at)?;
    Ok(vec![VerificationQuestionsAnswered { asked: record.asked, correct: record.correct }.into()])
}

/// Accepted from the case's owner when every part has passed.
pub(super) fn approve(at: Situation<'_>) -> Decision {
    at.owner()?;
    if at.case.intake.verified == Some(true) {
        return Ok(Vec::new());
    }
    still_open(at)?;
    let missing = missing_parts(&at.case.intake);
    if !missing.is_empty() {
        return Err(Refusal::VerificationIncomplete { missing });
    }
    Ok(vec![PlayerVerified { player_id: player_id(at)? }.into()])
}

/// Accepted from the case's owner until the check has ended.
pub(super) fn refuse(at: Situation<'_>, refuse: &RefuseVerification) -> Decision {
    at.owner()?;
    if at.case.intake.verified == Some(false) {
        return Ok(Vec::new());
    }
    still_open(at)?;
    let mut texts = Texts::of(at.case, at.case.id.0);
    let reason = texts.personal("reason", &refuse.reason, limits::REASON_CHARACTERS)?;
    let refused = Event::from(PlayerRefused { player_id: player_id(at)?, reason });
    Ok(std::iter::once(refused).chain(texts.masked()).collect())
}

/// The parts of the identity check that have not passed: always the identity paper, the address and the
/// questions; the payment method if it was asked for or sent.
fn missing_parts(intake: &State) -> Vec<&'static str> {
    let of_kind = |kind: EvidenceKind| intake.evidence.iter().filter(move |one: &&Evidence| one.kind == kind);
    let outstanding = |kind: EvidenceKind| intake.evidence_requested.contains(&kind);
    let passed = |kind: EvidenceKind| {
        of_kind(kind).any(|one| one.standing == EvidenceStanding::Accepted) && !outstanding(kind)
    };
    let payment_method = EvidenceKind::PaymentMethod;
    let wants_payment_method = outstanding(payment_method) || of_kind(payment_method).next().is_some();
    let questions = intake.verification_questions.is_some_and(|(asked, correct)| {
        asked >= limits::QUESTIONS_LEAST && asked - correct <= limits::QUESTIONS_WRONG
    });
    [
        ("identity", !passed(EvidenceKind::Identity)),
        ("address", !passed(EvidenceKind::Address)),
        ("payment_method", wants_payment_method && !passed(payment_method)),
        ("questions", !questions),
    ]
    .into_iter()
    .filter_map(|(part, is_missing)| is_missing.then_some(part))
    .collect()
}

fn still_open(at: Situation<'_>) -> Result<(), Refusal> {
    at.case.intake.verified.map_or(Ok(()), |verified| Err(Refusal::VerificationAlreadyDecided { verified }))
}

fn player_id(at: Situation<'_>) -> Result<PlayerId, Refusal> {
    at.case.intake.player.as_ref().map(|player| player.player_id.clone()).ok_or(Refusal::CaseNotFound)
}
