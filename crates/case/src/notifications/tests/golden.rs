//! One golden file for every stored event and version: added, never edited.

use std::path::PathBuf;

use super::{at, cause};
use crate::journey::CaseEvent;
use crate::notifications::{
    Audience, DeliveryChannel, Event, NotificationDeadLettered, NotificationDeferred, NotificationFailed,
    NotificationKind, NotificationQueued, NotificationRedriven, NotificationSent, NotificationSuppressed,
    PreferencesChanged, SuppressionReason,
};
use crate::personal::Personal;
use crate::stage::StoredEvent;
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
    ]
}

fn golden_file(event: &Event) -> PathBuf {
    let name = format!("{}.v{}.json", event.stored_name(), event.schema_version());
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

#[test]
fn every_stored_event_reads_and_writes_as_its_golden_file() {
    for event in samples() {
        let file = golden_file(&event);
        let encoded = event.encode().unwrap();
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !file.exists() {
            std::fs::write(&file, &encoded).unwrap();
        }
        let golden = std::fs::read(&file).unwrap_or_else(|error| {
            panic!("{}: {error}; UPDATE_GOLDEN=1 writes missing golden files", file.display())
        });
        assert_eq!(
            String::from_utf8_lossy(&golden),
            String::from_utf8_lossy(&encoded),
            "{} is written differently now: add a version, never change one",
            file.display()
        );
        let read = CaseEvent::decode(event.stored_name(), event.schema_version(), &golden).unwrap();
        assert_eq!(read, CaseEvent::from(event));
    }
}

#[test]
fn no_stored_event_is_without_a_sample() {
    let sampled: Vec<_> =
        samples().iter().map(|event| (event.stored_name().to_owned(), event.schema_version())).collect();
    for (name, version) in Event::STORED {
        assert!(sampled.contains(&((*name).to_owned(), *version)), "{name} v{version} has no sample");
    }
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
