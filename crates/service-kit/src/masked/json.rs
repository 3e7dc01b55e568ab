//! A fact's JSON with nothing in it that people wrote or that says who they are.
//!
//! Numbers and marks stay. A text stays only when it can be nothing else than an id, a moment or a word of a list: a
//! field that nobody thought of here is hidden.

use std::collections::HashSet;
use std::sync::LazyLock;

use case::CaseNumber;
use jiff::Timestamp;
use prost::Message as _;
use prost_types::{EnumDescriptorProto, FileDescriptorSet};
use serde_json::Value;
use uuid::Uuid;

use super::MASKED;

/// Fields beside ids that hold words of ours or of a standard.
const SHOWN: &[&str] =
    &["brand", "calendar", "code", "currency", "jurisdiction", "language", "media_type", "sha256", "status"];
/// The longest id or word.
const MOST: usize = 64;

/// Every word of every list in the contracts, as it is stored: `waiting_player`.
static WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let files = FileDescriptorSet::decode(contracts::FILE_DESCRIPTOR_SET).unwrap_or_default();
    files.file.iter().flat_map(|file| &file.enum_type).flat_map(words).collect()
});

fn words(list: &EnumDescriptorProto) -> Vec<String> {
    let mut prefix = String::new();
    for letter in list.name().chars() {
        if letter.is_uppercase() && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.extend(letter.to_uppercase());
    }
    prefix.push('_');
    let stored = |name: &str| name.strip_prefix(&prefix).map(str::to_ascii_lowercase);
    list.value.iter().filter_map(|value| stored(value.name())).collect()
}

/// The same JSON, masked; what is none is hidden as a whole.
pub(super) fn masked(text: &str) -> String {
    let mut value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(MASKED));
    hide("", &mut value);
    value.to_string()
}

fn hide(key: &str, value: &mut Value) {
    match value {
        Value::String(text) if !text.is_empty() && !is_shown(key, text) => MASKED.clone_into(text),
        // A whole personal text that has a shape of its own, such as a sealed one, has no parts to show.
        Value::Object(_) | Value::Array(_) | Value::Number(_) if contracts::is_confidential(key) => {
            *value = Value::from(MASKED);
        }
        Value::Array(values) => values.iter_mut().for_each(|value| hide(key, value)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| hide(key, value)),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

fn is_shown(key: &str, text: &str) -> bool {
    if contracts::is_confidential(key) {
        return false;
    }
    let is_id = ["_id", "_ids", "_code"].iter().any(|ending| key.ends_with(ending)) || SHOWN.contains(&key);
    WORDS.contains(text)
        || Uuid::parse_str(text).is_ok()
        || text.parse::<Timestamp>().is_ok()
        || text.parse::<CaseNumber>().is_ok()
        || (is_id && is_word(text))
}

/// Letters, digits and a few signs: no spaces, and no `@`, which an address would have.
fn is_word(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/+".contains(letter);
    text.len() <= MOST && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(value: &Value) -> Value {
        serde_json::from_str(&masked(&value.to_string())).unwrap()
    }

    #[test]
    fn texts_and_players_are_hidden_and_what_helps_to_find_a_fault_stays() {
        let id = "0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00";
        let fact = json!({
            "player": {"player_id": "p-1001", "username": "freja", "email": null, "tier": "vip"},
            "text": "chat", "channel": "chat", "topic": "withdrawal", "team": "payments",
            "amount": {"minor": 1_250_000, "currency": "DKK"}, "agent_id": "mette", "message_id": id,
            "horizon": "2026-11-22T10:00:00Z", "transaction_id": "TX-1001-SETTLED", "vip": true,
            "recipient": "freja@example.org", "arguments": {"agent": "Freja Hansen"}, "product": "Book",
            "tags": ["angry"], "linked": [id], "code": "mailbox_full", "reason": {"sealed": {"key": "k"}},
        });
        let hidden = json!({
            "player": {"player_id": MASKED, "username": MASKED, "email": null, "tier": "vip"},
            "text": MASKED, "channel": "chat", "topic": "withdrawal", "team": "payments",
            "amount": {"minor": 1_250_000, "currency": "DKK"}, "agent_id": "mette", "message_id": id,
            "horizon": "2026-11-22T10:00:00Z", "transaction_id": "TX-1001-SETTLED", "vip": true,
            "recipient": MASKED, "arguments": {"agent": MASKED}, "product": MASKED,
            "tags": MASKED, "linked": [id], "code": "mailbox_full", "reason": MASKED,
        });
        assert_eq!(shown(&fact), hidden);
    }

    #[test]
    fn what_nobody_thought_of_is_hidden() {
        for text in ["freja", "Freja Hansen", "+45 12 34 56 78", "freja@example.org", "1990-01-01"] {
            assert_eq!(
                shown(&json!({"new_field": [{"deep": text}]})),
                json!({"new_field": [{"deep": MASKED}]})
            );
        }
        assert_eq!(shown(&json!({"agent_id": "freja@example.org"})), json!({"agent_id": MASKED}));
        assert_eq!(masked("no JSON but words of a player"), format!("\"{MASKED}\""));
        assert_eq!(masked("\"a word\""), format!("\"{MASKED}\""));
    }

    /// Every personal text of a fact as it is stored, and where a player's id stands; each replaced by a word that
    /// would stay if nobody knew the field.
    fn plant(key: &str, value: &mut Value) -> usize {
        match value {
            Value::Object(fields) if fields.contains_key("clear") => *value = Value::from("withdrawal"),
            Value::String(_) if key == "player_id" => *value = Value::from("withdrawal"),
            Value::Object(fields) => return fields.iter_mut().map(|(key, value)| plant(key, value)).sum(),
            Value::Array(values) => return values.iter_mut().map(|value| plant(key, value)).sum(),
            _ => return 0,
        }
        1
    }

    fn masks(value: &Value) -> usize {
        match value {
            Value::String(text) => usize::from(text == MASKED),
            Value::Array(values) => values.iter().map(masks).sum(),
            Value::Object(fields) => fields.values().map(masks).sum(),
            _ => 0,
        }
    }

    #[test]
    fn every_personal_text_of_every_fact_is_hidden_whatever_it_says() {
        let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../case/golden");
        let mut planted_in_all = 0;
        for entry in std::fs::read_dir(golden).unwrap() {
            let path = entry.unwrap().path();
            let mut fact: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let before = masks(&shown(&fact));
            let planted = plant("", &mut fact);
            // None of the words stayed: as many are hidden as before, when they said something else.
            assert_eq!(masks(&shown(&fact)), before, "{}", path.display());
            planted_in_all += planted;
        }
        assert!(planted_in_all > 20, "only {planted_in_all} texts were planted");
    }

    #[test]
    fn the_words_of_the_contracts_are_known() {
        for word in ["waiting_player", "withdrawal", "dead_lettered", "resolution"] {
            assert!(WORDS.contains(word), "{word}");
        }
    }
}
