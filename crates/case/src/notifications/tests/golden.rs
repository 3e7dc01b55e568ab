//! One golden file for every stored event and version: added, never edited.

use super::{at, cause};
use crate::notifications::{
    Audience, DeliveryChannel, Event, NotificationDeadLettered, NotificationDeferred, NotificationFailed,
    NotificationKind, NotificationQueued, NotificationRedriven, NotificationSent, NotificationSuppressed,
    PreferencesChanged, SuppressionReason,
};
use crate::personal::Personal;
use crate::stage::StoredEvent;
use crate::stage::tests::golden::{self, Stored};
use crate::vocabulary::Language;

fn samples() -> Vec<Event> {
    let notification_id = cause(0x0199_f2a4_7c1e_7d3a_9b5e_2f6d_8c4a_1b00);
    let moment = at("2026-03-11T13:00:00.000001Z");
    vec![
        NotificationQueued {
            notification_id,
            kind: NotificationKind::HorizonExtended,
            audience: Audience::Player,
            channel: DeliveryChannel::Email,
            recipient: Some(Personal::new("freja@example.dk")),
            language: Language::Da,
            arguments: [("case_number".to_owned(), "NB-2026-000412-K".to_owned())].into(),
            text: Some(Personal::new("Hej Freja")),
            send_after: Some(moment),
        }
        .into(),
        NotificationSuppressed {
            notification_id,
            kind: NotificationKind::Offer,
            reason: SuppressionReason::PlayerExcluded,
        }
        .into(),
        NotificationDeferred { notification_id, until: moment }.into(),
        NotificationSent {
            notification_id,
            kind: NotificationKind::HorizonExtended,
            attempt: 1,
            decided_on_version: 17,
        }
        .into(),
        NotificationFailed {
            notification_id,
            attempt: 1,
            code: "connection_refused".to_owned(),
            retry_at: moment,
        }
        .into(),
        NotificationDeadLettered { notification_id, attempts: 5, code: "mailbox_unknown".to_owned() }.into(),
        NotificationRedriven { notification_id }.into(),
        PreferencesChanged {
            channel: DeliveryChannel::Webhook,
            marketing_consent: false,
            quiet_from_hour: Some(21),
            quiet_until_hour: Some(7),
        }
        .into(),
        crate::intake::SensitiveDataMasked {
            subject_id: notification_id,
            kinds: vec![crate::intake::MaskedKind::SecurityCode],
        }
        .into(),
    ]
}

#[test]
fn every_stored_event_reads_and_writes_as_its_golden_file() {
    golden::assert_true(&Stored {
        stage: "notifications",
        written: Event::STORED,
        older: Event::UPCAST,
        samples: samples(),
    });
}

#[test]
fn what_is_personal_in_a_notification_is_reached_for_sealing() {
    let mut fields = Vec::new();
    for mut event in samples() {
        event.visit_personal(&mut |field, _| fields.push(field));
    }
    assert_eq!(fields, ["recipient", "text"]);
}

#[test]
fn kinds_and_reasons_are_stored_as_the_words_they_are_called_by() {
    for kind in NotificationKind::ALL {
        assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{}\"", kind.as_str()));
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
    for reason in [
        SuppressionReason::PlayerExcluded,
        SuppressionReason::NoConsent,
        SuppressionReason::Preference,
        SuppressionReason::NoAddress,
    ] {
        assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.as_str()));
    }
}
