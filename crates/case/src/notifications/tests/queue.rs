//! Queueing, suppressing, putting off.

use super::*;
use crate::notifications::event::{Audience, SuppressionReason};
use crate::notifications::{
    NotificationDeferred, NotificationStanding, NotificationSuppressed, SuppressOffers,
};

#[test]
fn what_is_queued_carries_channel_address_language_and_words() {
    let mut given = Given::default_case();
    let command = tell(&given, NotificationKind::Resolved);
    let events = given.run(&command.clone().into()).unwrap();
    let [Event::NotificationQueued(queued)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(queued.notification_id, resolved_id());
    assert_eq!(queued.channel, DeliveryChannel::Email);
    assert_eq!(queued.recipient, Some(Personal::new("freja@example.dk")));
    assert_eq!(queued.language, Language::Da);
    assert_eq!(queued.arguments.get("case_number").map(String::as_str), Some("NB-2026-000412-K"));
}

#[test]
fn the_same_id_again_records_nothing_even_with_other_words() {
    let given = Given::default_case();
    let given = given.clone().after(tell(&given, NotificationKind::Resolved));
    let other = tell(&given, NotificationKind::Resolved).argument("case_number", "another");
    assert_eq!(given.decide(&other.into()), Ok(Vec::new()));
}

#[test]
fn ids_differ_by_cause_kind_and_audience_and_by_nothing_else() {
    let team = Audience::Team("payments".to_owned());
    let agent = Audience::Agent("payments".to_owned());
    let id = |number, kind, audience: &Audience| notification_id(cause(number), kind, audience);
    let all = [
        id(1, NotificationKind::SlaWarning, &team),
        id(1, NotificationKind::SlaWarning, &agent),
        id(1, NotificationKind::SlaWarning, &Audience::Player),
        id(1, NotificationKind::SlaBreach, &team),
        id(2, NotificationKind::SlaWarning, &team),
    ];
    let distinct: std::collections::BTreeSet<_> = all.into_iter().collect();
    assert_eq!(distinct.len(), all.len());
    assert_eq!(id(1, NotificationKind::SlaWarning, &team), all[0]);
}

#[test]
fn receipts_go_by_mail_where_there_is_an_address_and_the_conversation_stays_where_it_is() {
    use Channel::{Chat, Email, Form, HelpCentre, MemberArea, Phone};
    use NotificationKind::{AgentIntroduction, CaseReceived, EvidenceReceived, Reply, Resolved};
    let (mail, hook) = (DeliveryChannel::Email, DeliveryChannel::Webhook);
    let address = Some("freja@example.dk");
    // given: channel, address, preferred; when: kind; then: channel
    let table = [
        (Chat, address, None, CaseReceived, mail),
        (Chat, None, None, CaseReceived, hook),
        (Chat, address, Some(hook), CaseReceived, hook),
        (Chat, address, Some(mail), EvidenceReceived, mail),
        (Chat, address, None, Reply, hook),
        (Chat, address, Some(mail), Reply, hook),
        (Chat, address, None, AgentIntroduction, hook),
        (Phone, address, None, Reply, hook),
        (MemberArea, address, None, Reply, hook),
        (HelpCentre, address, None, Reply, hook),
        (Email, address, None, Reply, mail),
        (Form, address, None, Reply, mail),
        (Email, address, Some(hook), Reply, mail),
        (Email, address, Some(hook), Resolved, hook),
        (Form, None, None, Resolved, mail),
    ];
    for (channel, email, preferred, kind, expected) in table {
        let mut given = Given::opened(Opening { channel, email, ..Opening::default() });
        if let Some(channel) = preferred {
            given = given.after(SetPreferences { channel, ..preferences(true, None) });
        }
        let command = tell(&given, kind);
        assert_eq!(command.channel, expected, "{kind:?} on {channel:?}, preferring {preferred:?}");
        assert_eq!(command.recipient.is_some(), expected == mail && email.is_some());
    }
    let chat = Given::opened(Opening { channel: Chat, ..Opening::default() });
    let by_mail =
        QueueNotification::to_player_in(&chat.case, cause(50), Reply, Some(Email), Circumstances::default());
    assert_eq!(by_mail.channel, mail, "a reply written for another channel than the case's");
}

#[test]
fn marketing_is_suppressed_and_service_mail_is_not() {
    use SuppressionReason::{NoAddress, NoConsent, PlayerExcluded};
    let consenting = Given::default_case;
    let silent = || Given::opened(Opening { marketing_consent: false, ..Opening::default() });
    let circumstances = Circumstances::default;
    let excluded_elsewhere = || Circumstances { player_excluded: true, ..circumstances() };
    let withdrawn_elsewhere = || Circumstances { consent_withdrawn: true, ..circumstances() };
    let table = [
        ("consents", consenting(), circumstances(), None),
        ("excluded on this case", consenting().excluded(), circumstances(), Some(PlayerExcluded)),
        ("excluded on another case", consenting(), excluded_elsewhere(), Some(PlayerExcluded)),
        ("never agreed", silent(), circumstances(), Some(NoConsent)),
        ("never agreed and excluded", silent().excluded(), circumstances(), Some(PlayerExcluded)),
        ("withdrew it here", consenting().after(preferences(false, None)), circumstances(), Some(NoConsent)),
        ("withdrew it elsewhere", consenting(), withdrawn_elsewhere(), Some(NoConsent)),
        ("agreed here later", silent().after(preferences(true, None)), circumstances(), None),
        (
            "has no address",
            Given::opened(Opening { email: None, ..Opening::default() }),
            circumstances(),
            Some(NoAddress),
        ),
    ];
    for (what, mut given, circumstances, expected) in table {
        let command = QueueNotification { circumstances: circumstances.clone(), ..offer(&given) };
        let events = given.run(&command.into()).unwrap();
        match (&expected, events.as_slice()) {
            (None, [Event::NotificationQueued(_)]) => {}
            (Some(reason), [Event::NotificationSuppressed(suppressed)]) => {
                assert_eq!(suppressed.reason, *reason, "{what}");
            }
            _ => panic!("{what}: {events:?}"),
        }
        let service_mail = QueueNotification { circumstances, ..tell(&given, NotificationKind::Resolved) };
        if expected != Some(NoAddress) {
            assert_eq!(names(&given.run(&service_mail.into()).unwrap()), ["notification_queued"], "{what}");
        }
    }
}

#[test]
fn an_erased_player_can_be_told_nothing() {
    let given = Given::opened(Opening { channel: Channel::Chat, ..Opening::default() });
    let by_mail = tell(&given, NotificationKind::Resolved);
    let in_chat = tell(&given, NotificationKind::Reply);
    assert_eq!(in_chat.channel, DeliveryChannel::Webhook);
    let erased = [
        QueueNotification { recipient: Some(Personal::Erased), ..by_mail },
        QueueNotification { kind: NotificationKind::Resolved, ..in_chat.text(Personal::Erased) },
    ];
    for command in erased {
        let suppressed = NotificationSuppressed {
            notification_id: command.notification_id,
            kind: NotificationKind::Resolved,
            reason: SuppressionReason::NoAddress,
        };
        assert_eq!(given.clone().run(&command.into()), Ok(vec![suppressed.into()]));
    }
}

#[test]
fn an_exclusion_suppresses_every_offer_that_was_not_sent_and_nothing_else() {
    let given = Given::default_case();
    let given = given.clone().after(offer(&given)).after(tell(&given, NotificationKind::Resolved));
    let early = QueueNotification { notification_id: cause(41), ..offer(&given) };
    let mut given = given.after(early);
    given = given.clone().after(sent(cause(41), &given));
    let mut given = given.excluded();
    let events = given.run(&SuppressOffers {}.into()).unwrap();
    let suppressed = NotificationSuppressed {
        notification_id: offer_id(),
        kind: NotificationKind::Offer,
        reason: SuppressionReason::PlayerExcluded,
    };
    assert_eq!(events, [suppressed.into()]);
    let standing = |id: &Uuid| given.case.notifications.notifications[id].standing;
    assert_eq!(standing(&cause(41)), NotificationStanding::Sent);
    assert_eq!(standing(&resolved_id()), NotificationStanding::Queued);
}

#[test]
fn quiet_hours_put_off_what_can_wait() {
    use NotificationKind::{EvidenceRejected, Reply, Resolved};
    let night = "2026-03-11T23:30:00+01:00";
    let morning = "2026-03-12T07:00:00+01:00";
    // given: quiet hours, now; when: kind, not before; then: put off until
    let table = [
        (None, night, Resolved, None, None),
        (Some((21, 7)), night, Resolved, None, Some(morning)),
        (Some((21, 7)), night, EvidenceRejected, None, Some(morning)),
        (Some((21, 7)), night, Reply, None, None),
        (Some((21, 7)), AFTERNOON, Resolved, None, None),
        (Some((21, 7)), AFTERNOON, Resolved, Some("2026-03-12T02:00:00+01:00"), Some(morning)),
        (Some((12, 16)), AFTERNOON, Resolved, None, Some("2026-03-11T16:00:00+01:00")),
        (Some((21, 7)), night, Resolved, Some(AFTERNOON), Some(morning)),
    ];
    for (quiet, now, kind, send_after, expected) in table {
        let mut given = Given::default_case().after(preferences(true, quiet)).at(now);
        let command = QueueNotification {
            send_after: send_after.map(at),
            text: Some(Personal::new("Hej")),
            ..tell(&given, kind)
        };
        let events = given.run(&command.into()).unwrap();
        let deferred = events.iter().find_map(|event| match event {
            Event::NotificationDeferred(deferred) => Some(deferred.until),
            _ => None,
        });
        assert_eq!(deferred, expected.map(at), "{kind:?} at {now} with {quiet:?}, not before {send_after:?}");
    }
}

#[test]
fn marketing_rests_from_22_to_8_in_the_players_own_zone() {
    // given: player's quiet hours, now; then: put off until
    let table = [
        (None, AFTERNOON, None),
        (None, "2026-03-11T21:59:59+01:00", None),
        (None, "2026-03-11T22:00:00+01:00", Some("2026-03-12T08:00:00+01:00")),
        (None, "2026-03-11T07:59:59+01:00", Some("2026-03-11T08:00:00+01:00")),
        (Some((8, 12)), "2026-03-11T23:00:00+01:00", Some("2026-03-12T12:00:00+01:00")),
        // The night on which clocks go forward is an hour shorter, not the rest an hour longer.
        (None, "2026-03-28T23:00:00+01:00", Some("2026-03-29T08:00:00+02:00")),
    ];
    for (quiet, now, expected) in table {
        let mut given = Given::default_case().after(preferences(true, quiet)).at(now);
        let command = offer(&given);
        let events = given.run(&command.into()).unwrap();
        let expected = expected
            .map(|until| Event::from(NotificationDeferred { notification_id: offer_id(), until: at(until) }));
        assert_eq!(events.get(1).cloned(), expected, "at {now} with {quiet:?}");
    }
}

#[test]
fn an_offer_for_which_the_day_has_no_moment_is_suppressed() {
    let mut given = Given::default_case().after(preferences(true, Some((8, 22))));
    let command = offer(&given);
    let events = given.run(&command.into()).unwrap();
    assert!(matches!(
        events.as_slice(),
        [Event::NotificationSuppressed(one)] if one.reason == SuppressionReason::Preference
    ));
}

#[test]
fn still_working_is_said_only_while_the_players_word_is_unanswered() {
    let mut given = Given::default_case();
    let command = Command::from(tell(&given, NotificationKind::StillWorking));
    assert_eq!(given.decide(&command), Ok(Vec::new()), "nothing waits for an answer");
    given.take_in(intake::Event::MessageReceived(intake::MessageReceived {
        message_id: cause(2),
        channel: Channel::Email,
        text: Personal::new("Hvor er mine penge?"),
    }));
    let over = given
        .clone()
        .fact(intake::Event::CaseRejected(intake::CaseRejected { reason: Personal::new("spam") }));
    assert_eq!(over.decide(&command), Ok(Vec::new()), "the case is over");
    assert_eq!(names(&given.run(&command).unwrap()), ["notification_queued"]);
}

#[test]
fn words_are_checked_before_anything_is_queued() {
    let given = Given::default_case();
    let reply = tell(&given, NotificationKind::Reply);
    let long = "ø".repeat(20_001);
    let table = [
        (reply.clone(), Refusal::EmptyText),
        (reply.clone().text(Personal::new(" \n")), Refusal::EmptyText),
        (reply.text(Personal::new(long)), Refusal::TextTooLong { length: 20_001, limit: 20_000 }),
        (offer(&given).argument("title", ""), Refusal::InvalidTitle { limit: 150 }),
        (offer(&given).argument("title", "a\nBcc: all@example.dk"), Refusal::InvalidTitle { limit: 150 }),
        (offer(&given).argument("title", "x".repeat(151)), Refusal::InvalidTitle { limit: 150 }),
    ];
    for (command, refusal) in table {
        assert_eq!(given.decide(&command.into()), Err(refusal));
    }
}

#[test]
fn card_data_in_an_offer_is_masked_before_it_is_queued() {
    let mut given = Given::default_case();
    let command = offer(&given)
        .argument("title", "Bonus to 4111 1111 1111 1111")
        .text(Personal::new("For your card 4111111111111111"));
    let events = given.run(&command.into()).unwrap();
    let [Event::NotificationQueued(queued), Event::SensitiveDataMasked(masked)] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(masked.kinds, [crate::intake::MaskedKind::CardNumber; 2]);
    let title = queued.arguments.get("title").cloned().unwrap();
    let text = queued.text.as_ref().and_then(Personal::text).unwrap();
    for words in [title.as_str(), text] {
        assert_eq!(words, crate::intake::mask(words).text);
        assert!(!words.replace(' ', "").contains("4111111111111111"), "{words}");
    }
}

#[test]
fn players_change_their_own_preferences_only_and_bots_none() {
    let given = Given::default_case();
    let bot = Actor { kind: crate::ActorKind::Bot, ..Actor::service("player-7") };
    let command = Command::from(preferences(false, None));
    let table = [
        (Actor::player("player-7"), true),
        (Actor::player("player-8"), false),
        (bot, false),
        (Actor::agent("mette", &[]), true),
        (Actor::service("crm"), true),
    ];
    for (actor, allowed) in table {
        let answer = given.decide_for(&actor, &command);
        assert_eq!(answer == Err(Refusal::ActorNotAllowed), !allowed, "{actor:?}: {answer:?}");
    }
}

#[test]
fn preferences_are_checked_and_withdrawn_consent_suppresses_what_waits() {
    use crate::notifications::InvalidQuietHours;
    let given = Given::default_case();
    let half = SetPreferences { quiet_until_hour: None, ..preferences(true, Some((21, 7))) };
    let table = [
        (preferences(true, Some((24, 7))), InvalidQuietHours::NoHour(24)),
        (preferences(true, Some((7, 7))), InvalidQuietHours::AllDay(7)),
        (half, InvalidQuietHours::Half),
    ];
    for (command, reason) in table {
        assert_eq!(given.decide(&command.into()), Err(Refusal::InvalidQuietHours(reason)));
    }
    let mut given = given.clone().after(offer(&given));
    let events = given.run(&preferences(false, None).into()).unwrap();
    assert_eq!(names(&events), ["preferences_changed", "notification_suppressed"]);
}
