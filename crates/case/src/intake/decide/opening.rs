//! A request becomes a case.

use jiff::tz::TimeZone;

use super::rights::NOT_THE_PLAYER;
use super::{Decision, Situation, self_service};
use crate::actor::ActorKind;
use crate::intake::classification::{Classification, classify};
use crate::intake::command::{LanguageSource, NewPlayer, OpenCase, OtherCase};
use crate::intake::event::{
    CaseClassified, CaseNumberIssued, CaseOpened, Event, LanguageDetected, MessageReceived, Player,
    SelfExclusionRequested, Source,
};
use crate::intake::limits;
use crate::intake::refusal::Refusal;
use crate::intake::texts::Texts;
use crate::personal::Personal;
use crate::vocabulary::Topic;

/// Accepted once; a repeat of the same request records nothing.
pub(super) fn open(at: Situation<'_>, open: &OpenCase) -> Decision {
    let actor = at.context.actor;
    if actor.kind == ActorKind::Player && actor.id != open.player.player_id.as_str() {
        return Err(NOT_THE_PLAYER);
    }
    if let Some(brand) = &at.case.intake.brand {
        let player = at.case.intake.player.as_ref().map(|player| &player.player_id);
        let is_same = *brand == open.brand
            && player == Some(&open.player.player_id)
            && at.case.intake.texts.contains(&open.message_id);
        return if is_same { Ok(Vec::new()) } else { Err(Refusal::CaseAlreadyOpen) };
    }
    if open.number.brand() != &open.brand {
        return Err(Refusal::NumberOfAnotherBrand);
    }

    let mut case_texts = Texts::of(at.case, at.case.id.0);
    let opened = CaseOpened {
        brand: open.brand.clone(),
        channel: open.channel,
        player: player(&open.player, &mut case_texts)?,
        language: open.language,
        product: case_texts.optional("product", open.product.as_deref(), limits::NAME_CHARACTERS)?,
        previous_case: open.previous_case.as_ref().map(|previous| follows(open, previous)).transpose()?,
    };
    let mut message_texts = case_texts.then(open.message_id);
    let text = message_texts.required("text", &open.text, limits::MESSAGE_CHARACTERS)?;
    let found = classify(&text, open.language);
    let classified = classified(open.topic, &found);

    let mut events: Vec<Event> = vec![opened.into(), CaseNumberIssued { number: open.number.clone() }.into()];
    if let LanguageSource::Detected { version } = open.language_source {
        let source = Source::Rules { version, matched: Vec::new() };
        events.push(LanguageDetected { language: open.language, source }.into());
    }
    events.push(
        MessageReceived { message_id: open.message_id, channel: open.channel, text: Personal::new(text) }
            .into(),
    );
    events.extend(case_texts.masked());
    events.extend(message_texts.masked());
    let topic = classified.topic;
    events.push(classified.into());
    if found.wishes_exclusion {
        let player_id = open.player.player_id.clone();
        events.push(SelfExclusionRequested { message_id: open.message_id, player_id }.into());
    }
    events.extend(self_service::suggestion(open, topic).map(Event::from));
    Ok(events)
}

fn player(player: &NewPlayer, texts: &mut Texts) -> Result<Player, Refusal> {
    let email = texts.optional("player.email", player.email.as_deref(), limits::NAME_CHARACTERS)?;
    if email.as_deref().is_some_and(|email| !is_email(email)) {
        return Err(Refusal::EmailInvalid);
    }
    let time_zone = player.time_zone.as_deref().map(str::trim).filter(|zone| !zone.is_empty());
    if let Some(given) = time_zone.filter(|zone| TimeZone::get(zone).is_err()) {
        return Err(Refusal::TimeZoneUnknown { given: given.chars().take(60).collect() });
    }
    Ok(Player {
        player_id: player.player_id.clone(),
        username: texts.personal("player.username", &player.username, limits::NAME_CHARACTERS)?,
        email: email.map(Personal::new),
        time_zone: time_zone.map(str::to_owned),
        tier: player.tier,
        marketing_consent: player.marketing_consent,
    })
}

/// Only what cannot be an address is refused; whether it is one, a mail shows.
fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(|character: char| character.is_whitespace() || character.is_control())
}

/// A case may follow only one of the same player at the same brand.
fn follows(open: &OpenCase, previous: &OtherCase) -> Result<crate::ids::CaseId, Refusal> {
    if previous.brand != open.brand {
        Err(Refusal::OtherBrand)
    } else if previous.player_id != open.player.player_id {
        Err(Refusal::OtherPlayer)
    } else {
        Ok(previous.case)
    }
}

/// What the channel said counts, unless the text shows danger.
fn classified(stated: Option<Topic>, found: &Classification) -> CaseClassified {
    match stated {
        Some(topic) if found.topic != Topic::Limits || topic == Topic::Limits => {
            CaseClassified { topic, source: Source::Stated }
        }
        _ => CaseClassified { topic: found.topic, source: found.source() },
    }
}
