//! A fact's payload as JSON for people and programs: personal texts as plain strings.

use case::{CaseEvent, Personal, StoredEvent};
use serde_json::Value;
use service_kit::Failure;

/// The payload of an event whose personal texts were opened. Those of an erased player read `[erased]`; one that
/// this build does not know is shown as it is.
pub(crate) fn details(event: &CaseEvent) -> Result<Value, Failure> {
    let mut details: Value = serde_json::from_slice(&event.encode()?)
        .map_err(|error| Failure::Internal(format!("a payload is no JSON: {error}")))?;
    event.clone().visit_personal(&mut |field, personal: &mut Personal| {
        let pointer: String = field.split('.').flat_map(|part| ["/", part.trim()]).collect();
        if let Some(place) = details.pointer_mut(&pointer) {
            *place = Value::from(personal.text_or_placeholder());
        }
    });
    Ok(details)
}

#[cfg(test)]
mod tests {
    use case::intake::{CaseOpened, Player};
    use case::{Channel, Language, Tier};

    use super::*;

    fn opened(username: Personal, email: Option<Personal>) -> CaseEvent {
        CaseEvent::Intake(
            CaseOpened {
                brand: "NB".parse().unwrap(),
                channel: Channel::Chat,
                player: Player {
                    player_id: "p-1001".parse().unwrap(),
                    username,
                    email,
                    time_zone: None,
                    tier: Tier::Standard,
                    marketing_consent: false,
                },
                language: Language::Da,
                product: None,
                previous_case: None,
            }
            .into(),
        )
    }

    #[test]
    fn personal_texts_are_plain_strings_and_erased_ones_say_so() {
        let event = opened(Personal::new("freja"), Some(Personal::Erased));
        let details = details(&event).unwrap();
        assert_eq!(details["player"]["username"], "freja");
        assert_eq!(details["player"]["email"], "[erased]");
        assert_eq!(details["channel"], "chat");
    }

    #[test]
    fn a_text_that_is_not_there_stays_null() {
        let details = details(&opened(Personal::new("freja"), None)).unwrap();
        assert_eq!(details["player"]["email"], Value::Null);
    }

    #[test]
    fn an_unknown_fact_shows_its_payload_as_it_is() {
        let event = CaseEvent::Unknown {
            name: "routing.case_teleported".to_owned(),
            schema_version: 1,
            payload: br#"{"to":"mars"}"#.to_vec(),
        };
        assert_eq!(details(&event).unwrap(), serde_json::json!({"to": "mars"}));
    }
}
