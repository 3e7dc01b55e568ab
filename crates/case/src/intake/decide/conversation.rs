//! Messages, replies, notes, the topic, the channel, callbacks.

use super::{Decision, Situation, ending, self_service};
use crate::actor::ActorKind;
use crate::intake::classification::{Classification, classify, classify_danger};
use crate::intake::command::{
    AddNote, ClassifyCase, CompleteCallback, ReceiveMessage, RequestCallback, SendReply, SwitchChannel,
};
use crate::intake::event::{
    Author, CallbackCompleted, CallbackRequested, CaseClassified, ChannelSwitched, Event, MessageReceived,
    NoteAdded, ReplySent, SelfExclusionRequested, Source,
};
use crate::intake::limits;
use crate::intake::masking::mask;
use crate::intake::refusal::Refusal;
use crate::intake::texts::Texts;
use crate::personal::Personal;
use crate::vocabulary::{Language, Topic};

/// Accepted while the case is open. Once the work is over the message reopens the case within the
/// window; a wish for self-exclusion does so whenever it comes.
pub(super) fn receive_message(at: Situation<'_>, receive: &ReceiveMessage) -> Decision {
    at.for_the_player()?;
    let intake = &at.case.intake;
    if intake.texts.contains(&receive.message_id) {
        return Ok(Vec::new());
    }
    let mut texts = Texts::of(at.case, receive.message_id);
    texts.passing(receive.subject.as_deref());
    let text = texts.required("text", &receive.text, limits::MESSAGE_CHARACTERS)?;
    let found = overheard(at, &text);
    let wishes_exclusion = found.as_ref().is_some_and(|found| found.wishes_exclusion);

    let mut events = Vec::new();
    if at.case.state.is_over() {
        events.push(ending::reopened_by_message(at, &text, wishes_exclusion)?);
    }
    events.push(
        MessageReceived {
            message_id: receive.message_id,
            channel: receive.channel,
            text: Personal::new(text),
        }
        .into(),
    );
    events.extend(texts.masked());
    if let Some(found) = found.filter(|found| intake.topic != Some(found.topic)) {
        events.push(CaseClassified { topic: found.topic, source: found.source() }.into());
    }
    if let Some(player) =
        intake.player.as_ref().filter(|_| wishes_exclusion && !intake.self_exclusion_requested)
    {
        let player_id = player.player_id.clone();
        events.push(SelfExclusionRequested { message_id: receive.message_id, player_id }.into());
    }
    events.extend(self_service::hand_over(at));
    Ok(events)
}

/// What a later message says about the topic: danger always counts; a topic only as long as none is
/// known and nobody has taken the case (`Hello?` comes first, the matter second).
fn overheard(at: Situation<'_>, text: &str) -> Option<Classification> {
    let intake = &at.case.intake;
    classify_danger(text).or_else(|| {
        let is_unknown = matches!(intake.topic, None | Some(Topic::Other)) && at.case.routing.owner.is_none();
        is_unknown
            .then(|| classify(text, intake.language.unwrap_or(Language::En)))
            .filter(|found| found.topic != Topic::Other)
    })
}

/// Accepted from the agent who owns the case, and from bots.
pub(super) fn send_reply(at: Situation<'_>, send: &SendReply) -> Decision {
    if at.case.intake.texts.contains(&send.message_id) {
        return Ok(Vec::new());
    }
    let author = if at.context.actor.kind == ActorKind::Bot {
        at.require_open()?;
        Author::Bot
    } else {
        Author::Agent(at.owner()?)
    };
    let channel = at.case.intake.channel.ok_or(Refusal::CaseNotFound)?;
    let mut texts = Texts::of(at.case, send.message_id);
    let text = texts.personal("text", &send.text, limits::MESSAGE_CHARACTERS)?;
    let reply = ReplySent {
        message_id: send.message_id,
        channel,
        author,
        text,
        machine_translated: send.machine_translated,
    };
    Ok(std::iter::once(reply.into()).chain(texts.masked()).collect())
}

/// Accepted in every state, from everybody but players.
pub(super) fn add_note(at: Situation<'_>, add: &AddNote) -> Decision {
    at.not_a_player()?;
    if at.case.intake.texts.contains(&add.note_id) {
        return Ok(Vec::new());
    }
    let mut texts = Texts::of(at.case, add.note_id);
    let text = texts.personal("text", &add.text, limits::MESSAGE_CHARACTERS)?;
    Ok(std::iter::once(NoteAdded { note_id: add.note_id, text }.into()).chain(texts.masked()).collect())
}

/// Accepted from agents while the case is open.
pub(super) fn classify_case(at: Situation<'_>, classify: &ClassifyCase) -> Decision {
    at.agent()?;
    at.require_open()?;
    if at.case.intake.topic == Some(classify.topic) {
        return Ok(Vec::new());
    }
    at.exclusion_allows()?;
    Ok(vec![CaseClassified { topic: classify.topic, source: Source::Agent }.into()])
}

/// Accepted while the case is open.
pub(super) fn switch_channel(at: Situation<'_>, switch: &SwitchChannel) -> Decision {
    at.for_the_player()?;
    at.require_open()?;
    match at.case.intake.channel {
        Some(from) if from != switch.to => Ok(vec![ChannelSwitched { from, to: switch.to }.into()]),
        _ => Ok(Vec::new()),
    }
}

/// Accepted while the case is open; one callback at a time.
pub(super) fn request_callback(at: Situation<'_>, request: &RequestCallback) -> Decision {
    at.for_the_player()?;
    at.require_open()?;
    let phone = request.phone.trim();
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let is_phone = (5..=15).contains(&digits)
        && phone.len() <= 32
        && phone.chars().all(|character| character.is_ascii_digit() || "+-() ./".contains(character))
        && mask(phone).kinds.is_empty();
    if !is_phone {
        return Err(Refusal::PhoneInvalid);
    }
    let requested = CallbackRequested { phone: Personal::new(phone), not_before: request.not_before };
    match &at.case.intake.callback {
        Some(owed) if *owed == requested => return Ok(Vec::new()),
        Some(_) => return Err(Refusal::CallbackAlreadyRequested),
        None => {}
    }
    Ok(std::iter::once(Event::from(requested)).chain(self_service::hand_over(at)).collect())
}

/// Accepted from agents while a callback is owed.
pub(super) fn complete_callback(at: Situation<'_>, complete: &CompleteCallback) -> Decision {
    at.agent()?;
    at.require_open()?;
    if at.case.intake.callback.is_none() {
        return Err(Refusal::NoCallbackRequested);
    }
    Ok(vec![CallbackCompleted { reached: complete.reached }.into()])
}
