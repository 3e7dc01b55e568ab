//! How a case ends, and how it comes back.

use jiff::SignedDuration;

use super::{Decision, Situation};
use crate::ids::derive;
use crate::intake::classification::{Classification, classify_danger};
use crate::intake::command::{GiveFeedback, RejectCase, ReopenCase, ResolveCase};
use crate::intake::event::{
    CaseAbandoned, CaseClassified, CaseClosed, CaseRejected, CaseReopened, CaseResolved, Event,
    FeedbackGiven, SelfExclusionRequested,
};
use crate::intake::limits;
use crate::intake::refusal::Refusal;
use crate::intake::texts::Texts;
use crate::journey::CaseState;
use crate::personal::Personal;
use crate::vocabulary::Channel;

/// Accepted from the case's owner while no payment is under way.
pub(super) fn resolve(at: Situation<'_>, resolve: &ResolveCase) -> Decision {
    if at.is(CaseState::Resolved) && at.case.intake.resolution == Some(resolve.resolution) {
        return Ok(Vec::new());
    }
    at.owner()?;
    at.exclusion_allows()?;
    at.no_payment_under_way()?;
    let mut texts = Texts::of(at.case, at.case.id.0);
    let summary = texts.personal("summary", &resolve.summary, limits::REASON_CHARACTERS)?;
    let resolved = Event::from(CaseResolved { resolution: resolve.resolution, summary });
    Ok(texts.masked().into_iter().chain([resolved]).collect())
}

/// Accepted in Resolved, from everybody but players (agents, or a timer).
pub(super) fn close(at: Situation<'_>) -> Decision {
    at.not_a_player()?;
    match at.case.state {
        CaseState::Closed => Ok(Vec::new()),
        CaseState::Resolved => Ok(vec![CaseClosed {}.into()]),
        state => Err(Refusal::CaseNotResolved { state }),
    }
}

/// Accepted within the window after the work ended (R34).
pub(super) fn reopen(at: Situation<'_>, reopen: &ReopenCase) -> Decision {
    at.for_the_player()?;
    let found = classify_danger(&reopen.reason);
    let wishes_exclusion = found.as_ref().is_some_and(|found| found.wishes_exclusion);
    if at.is(CaseState::Reopened) {
        // A repeat; but a wish that was not there before is heard, once.
        let is_new = wishes_exclusion && !at.case.intake.self_exclusion_requested;
        return Ok(found.filter(|_| is_new).map_or_else(Vec::new, |found| heard(at, &found, "reopen")));
    }
    if !wishes_exclusion || at.is(CaseState::Merged) || !at.case.state.is_over() {
        may_reopen(at)?;
    }
    let mut texts = Texts::of(at.case, at.case.id.0);
    let reason = texts.personal("reason", &reopen.reason, limits::REASON_CHARACTERS)?;
    let heard = found.map_or_else(Vec::new, |found| heard(at, &found, "reopen"));
    Ok(std::iter::once(CaseReopened { reason }.into()).chain(texts.masked()).chain(heard).collect())
}

/// What a text that is no message says of danger counts as a message's would. No message holds a wish
/// heard here: its id is derived from the case and from where it was said.
fn heard(at: Situation<'_>, found: &Classification, said_in: &str) -> Vec<Event> {
    let intake = &at.case.intake;
    let mut events = Vec::new();
    if intake.topic != Some(found.topic) {
        events.push(CaseClassified { topic: found.topic, source: found.source() }.into());
    }
    let is_new = found.wishes_exclusion && !intake.self_exclusion_requested;
    if let Some(player) = intake.player.as_ref().filter(|_| is_new) {
        let message_id = derive("self_exclusion", at.case.id.0, said_in);
        events.push(SelfExclusionRequested { message_id, player_id: player.player_id.clone() }.into());
    }
    events
}

/// A message on a case whose work is over. A wish for self-exclusion is never turned away.
pub(super) fn reopened_by_message(
    at: Situation<'_>,
    masked_text: &str,
    wishes_exclusion: bool,
) -> Result<Event, Refusal> {
    if !wishes_exclusion || at.is(CaseState::Merged) {
        may_reopen(at)?;
    }
    let quoted: String = masked_text.chars().take(limits::QUOTED_CHARACTERS).collect();
    Ok(CaseReopened { reason: Personal::new(quoted) }.into())
}

fn may_reopen(at: Situation<'_>) -> Result<(), Refusal> {
    let state = at.case.state;
    let Some(ended_at) = at.case.intake.ended_at.filter(|_| state.is_over()) else {
        return Err(Refusal::CaseNotOver { state });
    };
    if matches!(state, CaseState::Merged | CaseState::Rejected) {
        return Err(Refusal::ReopenNotPossible { state, into: at.case.intake.merged_into });
    }
    let window = reopen_window(at.case.intake.complaint_jurisdiction.is_some());
    if at.context.now.duration_since(ended_at) > window {
        return Err(Refusal::ReopenWindowPassed { ended_at, window_days: window.as_hours() / 24 });
    }
    Ok(())
}

/// How long after its end a case may be reopened.
fn reopen_window(is_complaint: bool) -> SignedDuration {
    if is_complaint { limits::COMPLAINT_REOPEN_WINDOW } else { limits::REOPEN_WINDOW }
}

/// Accepted from agents while the case is open and no payment is under way.
pub(super) fn reject(at: Situation<'_>, reject: &RejectCase) -> Decision {
    if at.is(CaseState::Rejected) {
        return Ok(Vec::new());
    }
    at.agent()?;
    at.require_open()?;
    at.exclusion_allows()?;
    at.no_payment_under_way()?;
    let mut texts = Texts::of(at.case, at.case.id.0);
    let reason = texts.personal("reason", &reject.reason, limits::REASON_CHARACTERS)?;
    let rejected = Event::from(CaseRejected { reason });
    Ok(texts.masked().into_iter().chain([rejected]).collect())
}

/// Accepted before the first reply: the chat dropped before anybody could help. Somebody who asked for
/// self-exclusion is helped even if the chat dropped.
pub(super) fn abandon(at: Situation<'_>) -> Decision {
    at.for_the_player()?;
    if at.is(CaseState::Abandoned) {
        return Ok(Vec::new());
    }
    let intake = &at.case.intake;
    at.require_open()?;
    at.exclusion_allows()?;
    let is_unanswered = intake.channel == Some(Channel::Chat)
        && intake.first_reply_at.is_none()
        && intake.callback.is_none()
        && at.case.payments_escalation.progress.is_none();
    if is_unanswered { Ok(vec![CaseAbandoned {}.into()]) } else { Err(Refusal::NotAbandonable) }
}

/// Accepted once, after the work ended well (R41).
pub(super) fn give_feedback(at: Situation<'_>, give: &GiveFeedback) -> Decision {
    at.for_the_player()?;
    if !(1..=5).contains(&give.score) {
        return Err(Refusal::ScoreOutOfRange { score: give.score });
    }
    let intake = &at.case.intake;
    let mut texts = Texts::of(at.case, at.case.id.0);
    let comment = texts.optional("comment", give.comment.as_deref(), limits::REASON_CHARACTERS)?;
    let comment = comment.map(Personal::new);
    match intake.feedback_score {
        Some(score) if score == give.score && intake.feedback_comment == comment => return Ok(Vec::new()),
        Some(_) => return Err(Refusal::FeedbackAlreadyGiven),
        None => {}
    }
    if !matches!(at.case.state, CaseState::Resolved | CaseState::Closed | CaseState::SelfServed) {
        return Err(Refusal::CaseNotResolved { state: at.case.state });
    }
    let said = comment.as_ref().and_then(Personal::text).unwrap_or_default().to_owned();
    let given = Event::from(FeedbackGiven { score: give.score, comment });
    let mut events: Vec<Event> = std::iter::once(given).chain(texts.masked()).collect();
    // As with a message: danger brings the case back within the window, a wish for self-exclusion always.
    if let Some(found) = classify_danger(&said)
        && let Ok(reopened) = reopened_by_message(at, &said, found.wishes_exclusion)
    {
        events.push(reopened);
        events.extend(heard(at, &found, "feedback"));
    }
    Ok(events)
}
