//! Notifications' facts in words.

use case::Case;
use case::notifications::{
    Audience, DeliveryChannel, Event, NotificationKind, NotificationQueued, NotificationSuppressed,
    PreferencesChanged, SuppressionReason,
};
use uuid::Uuid;

use super::Sentence;
use super::intake::mask;
use super::wording::{agent_name, language, moment, spoken};

pub(super) fn describe(event: &Event, case: &Case) -> Sentence {
    let fact = Sentence::Fact;
    match event {
        Event::NotificationQueued(queued) => fact(queue(queued)),
        Event::NotificationSuppressed(suppressed) => fact(suppress(suppressed)),
        Event::NotificationDeferred(deferred) => {
            let what = named(case, deferred.notification_id);
            fact(format!("{what} waits until {}: quiet hours", moment(deferred.until)))
        }
        Event::NotificationSent(sent) => {
            let how = case.notifications.notifications.get(&sent.notification_id);
            let how = how.and_then(|one| one.queued.as_ref()).map_or("", |queued| by(queued.channel));
            let tries = if sent.attempt > 1 { format!(", at try {}", sent.attempt) } else { String::new() };
            fact(format!("{} was sent{how}{tries}", kind(sent.kind)))
        }
        Event::NotificationFailed(failed) => {
            let (what, again) = (named(case, failed.notification_id), moment(failed.retry_at));
            fact(format!("try {} to send {what} failed ({}); again {again}", failed.attempt, failed.code))
        }
        Event::NotificationDeadLettered(dead) => {
            let what = named(case, dead.notification_id);
            fact(format!("{what} was given up after {} tries ({})", dead.attempts, dead.code))
        }
        Event::NotificationRedriven(redriven) => {
            Sentence::Act(format!("had {} tried again", named(case, redriven.notification_id)))
        }
        Event::PreferencesChanged(preferences) => Sentence::Act(prefer(preferences)),
        Event::SensitiveDataMasked(masked) => fact(mask(masked)),
    }
}

fn queue(queued: &NotificationQueued) -> String {
    let whom = match &queued.audience {
        Audience::Player => "the player".to_owned(),
        Audience::Team(team) => format!("team {}", spoken(team)),
        Audience::Agent(agent) => agent_name(agent),
    };
    let after = queued.send_after.map_or_else(String::new, |at| format!(", not before {}", moment(at)));
    let (what, how, language) = (kind(queued.kind), by(queued.channel), language(queued.language));
    format!("{what} is to be sent to {whom}{how}, in {language}{after}")
}

fn suppress(suppressed: &NotificationSuppressed) -> String {
    let why = match suppressed.reason {
        SuppressionReason::PlayerExcluded => "the player asked to be excluded",
        SuppressionReason::NoConsent => "the player never agreed to offers",
        SuppressionReason::Preference => "the player does not want it",
        SuppressionReason::NoAddress => "there is no address",
    };
    format!("{} is not sent: {why}", kind(suppressed.kind))
}

fn prefer(preferences: &PreferencesChanged) -> String {
    let offers = if preferences.marketing_consent { "offers welcome" } else { "no offers" };
    let quiet = match (preferences.quiet_from_hour, preferences.quiet_until_hour) {
        (Some(from), Some(until)) => format!(", quiet from {from}:00 to {until}:00"),
        _ => String::new(),
    };
    format!("changed the preferences: {}, {offers}{quiet}", by(preferences.channel).trim_start())
}

fn named(case: &Case, notification_id: Uuid) -> String {
    let known = case.notifications.notifications.get(&notification_id);
    known.map_or_else(|| "a notification".to_owned(), |one| kind(one.kind))
}

fn by(channel: DeliveryChannel) -> &'static str {
    match channel {
        DeliveryChannel::Email => " by e-mail",
        DeliveryChannel::Webhook => " by webhook",
    }
}

fn kind(kind: NotificationKind) -> String {
    format!("“{}”", spoken(kind.as_str()))
}
