//! The small words: names, lists, quotations, amounts of time.

use case::{Channel, EvidenceKind, Language, Personal};
use jiff::Timestamp;
use serde::Serialize;

/// The most characters of a quoted text; the rest is in the fact's details.
const QUOTED: usize = 120;

/// A stored word as people say it: `payment_method` is `payment method`.
pub fn spoken(word: &str) -> String {
    word.replace('_', " ")
}

/// The stored word of an enumeration, as people say it.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => spoken(&word),
        _ => "unknown".to_owned(),
    }
}

/// An agent's id as a name: `mette` is `Mette`; what does not look like a name stays as it is, `agent a-17`.
pub fn agent_name(id: &str) -> String {
    if id.len() > 1 && id.bytes().all(|byte| byte.is_ascii_lowercase()) {
        capitalised(id)
    } else {
        format!("agent {id}")
    }
}

pub(super) fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// `a, b and c`.
pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// `1 card number`, `2 card numbers`.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A personal text in quotation marks, on one line, without control characters, and shortened; without the
/// marks when it cannot be read.
pub(super) fn quote(text: &Personal) -> String {
    let Some(text) = text.text() else { return text.text_or_placeholder().to_owned() };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(char::is_control, "");
    if line.chars().count() <= QUOTED {
        return format!("“{line}”");
    }
    let short: String = line.chars().take(QUOTED - 1).collect();
    format!("“{}…”", short.trim_end())
}

/// A moment, to the minute, in UTC: who reads it may be anywhere.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `2 min`, `4 h`, `1 h 30 min`, `14 days`.
pub(super) fn seconds(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600, seconds % 3_600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (3.., _, 0) if seconds.is_multiple_of(86_400) => format!("{days} days"),
        (_, hours, 0) => format!("{hours} h"),
        (_, hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

pub(super) fn by_channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Chat => "by chat",
        Channel::Email => "by e-mail",
        Channel::Phone => "by phone",
        Channel::Form => "with the web form",
        Channel::MemberArea => "from the member area",
        Channel::HelpCentre => "from the help centre",
    }
}

pub(super) fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Chat => "chat",
        Channel::Email => "e-mail",
        Channel::Phone => "phone",
        Channel::Form => "the web form",
        Channel::MemberArea => "the member area",
        Channel::HelpCentre => "the help centre",
    }
}

pub(super) fn evidence(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Identity => "identity document",
        EvidenceKind::Address => "address proof",
        EvidenceKind::PaymentMethod => "payment-method proof",
        EvidenceKind::PaymentProof => "payment proof",
        EvidenceKind::Screenshot => "screenshot",
    }
}

pub(super) fn language(language: Language) -> &'static str {
    match language {
        Language::Da => "Danish",
        Language::Sv => "Swedish",
        Language::Nb => "Norwegian",
        Language::Pl => "Polish",
        Language::En => "English",
        Language::De => "German",
        Language::Es => "Spanish",
        Language::Fr => "French",
        Language::It => "Italian",
        Language::Pt => "Portuguese",
        Language::Fi => "Finnish",
    }
}
