//! Colours by meaning. Always written; `anstream` takes them out where the reader is no terminal, or has
//! `NO_COLOR` set.

use owo_colors::OwoColorize;

/// What the eye should find first.
pub(crate) fn strong(text: &str) -> String {
    text.bold().to_string()
}

/// What is there for completeness.
pub(crate) fn faint(text: &str) -> String {
    text.dimmed().to_string()
}

/// What went wrong.
pub(crate) fn error(text: &str) -> String {
    text.red().bold().to_string()
}

/// What is as it should be.
pub(crate) fn good(text: &str) -> String {
    text.green().to_string()
}

/// A stage's name, in its own colour.
pub(crate) fn stage(name: &str) -> String {
    match name {
        "intake" => name.cyan().to_string(),
        "routing" => name.yellow().to_string(),
        "payments-escalation" => name.magenta().to_string(),
        "notifications" => name.blue().to_string(),
        _ => name.to_owned(),
    }
}

/// A state (of a case, a delivery, an agent), coloured by what it means for those who wait.
pub(crate) fn state(word: &str) -> String {
    match word {
        "new" | "triaged" | "queued" | "offered" | "reopened" => word.cyan().to_string(),
        "assigned" | "in progress" | "available" => word.green().to_string(),
        "waiting player" | "waiting third party" | "away" => word.yellow().to_string(),
        "escalated" => word.magenta().to_string(),
        "dead lettered" => word.red().to_string(),
        _ => word.dimmed().to_string(),
    }
}
