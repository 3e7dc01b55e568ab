//! Help-centre answers: offered at once, accepted, or handed to a human (R4, R38, R39).

use super::{Decision, Situation};
use crate::intake::command::OpenCase;
use crate::intake::event::{AnswerAccepted, AnswerSuggested, Event, HandedToHuman};
use crate::intake::refusal::Refusal;
use crate::journey::CaseState;
use crate::vocabulary::{Channel, Tier, Topic};

/// The answer to offer on a new case, if one may be offered and is there in the player's language.
///
/// Choice: only questions whose answer does not depend on the account, only to standard players (a VIP
/// talks to people), only where the player does not stand in a conversation (not chat, phone, e-mail), and
/// not to somebody who comes back with the same matter.
pub(super) fn suggestion(open: &OpenCase, topic: Topic) -> Option<AnswerSuggested> {
    let by_topic = matches!(
        topic,
        Topic::Bonus | Topic::GameRules | Topic::Tournament | Topic::Campaign | Topic::Registration
    );
    let by_channel = matches!(open.channel, Channel::HelpCentre | Channel::Form | Channel::MemberArea);
    if !by_topic || !by_channel || open.player.tier != Tier::Standard || open.previous_case.is_some() {
        return None;
    }
    open.articles
        .iter()
        .find(|article| article.topic == topic && article.language == open.language)
        .map(|article| AnswerSuggested { article_id: article.article_id.clone(), language: article.language })
}

/// The fact that a human takes over, if an answer was waiting for the player's word: whoever goes on
/// talking to us was not helped by it.
pub(super) fn hand_over(at: Situation<'_>) -> Option<Event> {
    let article_id = at.case.intake.suggested_article.clone()?;
    Some(HandedToHuman { article_id: Some(article_id) }.into())
}

/// Accepted while an answer is suggested.
pub(super) fn accept_answer(at: Situation<'_>) -> Decision {
    at.for_the_player()?;
    if at.is(CaseState::SelfServed) {
        return Ok(Vec::new());
    }
    at.require_open()?;
    let article_id = at.case.intake.suggested_article.clone().ok_or(Refusal::NoAnswerSuggested)?;
    Ok(vec![AnswerAccepted { article_id }.into()])
}

/// Accepted while the case is open. Without a suggestion a human has the case already.
pub(super) fn request_human(at: Situation<'_>) -> Decision {
    at.for_the_player()?;
    at.require_open()?;
    Ok(hand_over(at).into_iter().collect())
}
