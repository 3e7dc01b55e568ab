//! What must hold of intake's part of every case, whatever happened. Asked by property tests, the
//! simulation and checkers.

use std::collections::BTreeSet;

use super::limits;
use super::state::{EvidenceStanding, State};
use crate::ids::CaseNumber;
use crate::journey::{Case, CaseState};
use crate::vocabulary::EvidenceKind;

/// Every broken rule, in words; empty for a sound case.
pub fn violations(case: &Case) -> Vec<String> {
    let intake = &case.intake;
    let ids: BTreeSet<_> = intake.evidence.iter().map(|evidence| evidence.evidence_id).collect();
    let asked: BTreeSet<_> = intake.evidence_requested.iter().collect();
    let is_over = case.state.is_over();
    let brand_of_number = intake.number.as_ref().map(CaseNumber::brand);
    [
        (brand_of_number != intake.brand.as_ref(), "an opened case has a number of its brand"),
        (intake.player.is_some() != intake.brand.is_some(), "an opened case has a player"),
        (case.exists() && intake.messages_received == 0, "a case begins with a message"),
        (ids.len() != intake.evidence.len(), "evidence ids are unique"),
        (asked.len() != intake.evidence_requested.len(), "nothing is asked for twice"),
        (is_over && intake.unanswered_since.is_some(), "a case whose work is over has no unanswered message"),
        (is_over && intake.callback.is_some(), "a case whose work is over owes no callback"),
        (is_over && intake.suggested_article.is_some(), "a case whose work is over suggests nothing"),
        (is_over != intake.ended_at.is_some(), "the end of the work has a time"),
        (is_over && case.routing.owner.is_some(), "a case whose work is over has no owner"),
        (case.state == CaseState::Resolved && intake.resolution.is_none(), "a resolved case tells how"),
        (
            (case.state == CaseState::Merged) != intake.merged_into.is_some(),
            "a merged case tells where it goes on",
        ),
        (case.state == CaseState::Closed && intake.closed_at.is_none(), "a closed case tells when"),
        (
            intake.verified == Some(true) && !was_proved(intake),
            "a player is verified only with an accepted identity paper and address, and the questions answered",
        ),
        (
            intake.self_exclusion_requested && intake.suggested_article.is_some(),
            "who asks for self-exclusion talks to a human",
        ),
        (intake.first_reply_at > intake.last_reply_at, "the first reply is not after the last"),
        (intake.feedback_score.is_some_and(|score| !(1..=5).contains(&score)), "a rating is 1 to 5"),
    ]
    .into_iter()
    .filter(|(is_broken, _)| *is_broken)
    .map(|(_, rule)| rule.to_owned())
    .collect()
}

/// What no later file can take back from an identity check that has passed.
fn was_proved(intake: &State) -> bool {
    let accepted = |kind: EvidenceKind| {
        intake.evidence.iter().any(|one| one.kind == kind && one.standing == EvidenceStanding::Accepted)
    };
    let questions = intake.verification_questions;
    accepted(EvidenceKind::Identity)
        && accepted(EvidenceKind::Address)
        && questions.is_some_and(|(asked, correct)| asked - correct <= limits::QUESTIONS_WRONG)
}
