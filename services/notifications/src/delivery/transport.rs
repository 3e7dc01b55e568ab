//! What every way out has in common.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

/// Hands a message over. One try; the caller decides about another.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Delivers `message`, or says whether trying again can help. Delivering the same message twice is
    /// recognisable for the receiver by the notification's id.
    async fn deliver(&self, message: &Outgoing) -> Result<Receipt, DeliveryError>;
}

/// A finished message. Its `Debug` leaves out what is personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The notification: the same at every try.
    pub notification_id: Uuid,
    /// The case's number, such as `NB-2026-000412-K`.
    pub case_number: String,
    /// Where to: an e-mail address, or the address of a webhook.
    pub to: String,
    /// The sender's e-mail address, with or without a name.
    pub from: String,
    /// The subject, with the case number in it.
    pub subject: String,
    /// The text, with `\n` between lines.
    pub text: String,
    /// The language of the text (BCP 47), such as `nb`.
    pub language: String,
    /// The kind of notification, such as `case_received`.
    pub kind: String,
    /// When the notification was queued: the date that the player sees.
    pub created_at: Timestamp,
    /// The W3C trace context to go on with, if there is one.
    pub traceparent: Option<String>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("notification_id", &self.notification_id)
            .field("case_number", &self.case_number)
            .field("kind", &self.kind)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// The receiver's confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What the receiver calls the message, or said about it; without personal data.
    pub reference: String,
}

/// Why a message was not delivered: a short stable code, and an explanation without personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Trying again later can help.
    #[error("not delivered for now ({0}): {1}")]
    Temporary(String, String),
    /// Trying again cannot help.
    #[error("cannot be delivered ({0}): {1}")]
    Permanent(String, String),
}

impl DeliveryError {
    pub(crate) fn temporary(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::Temporary(code.into(), without_addresses(&message.to_string()))
    }

    pub(crate) fn permanent(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::Permanent(code.into(), without_addresses(&message.to_string()))
    }

    /// The code, such as `550` or `connection`.
    pub fn code(&self) -> &str {
        match self {
            Self::Temporary(code, _) | Self::Permanent(code, _) => code,
        }
    }
}

/// A transport that cannot be set up as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    /// The setting at fault.
    pub setting: &'static str,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// Mail servers quote the recipient in their answers, and answers end up in facts and logs: whatever
/// holds an `@` is left out, and the rest is cut to a line.
pub(crate) fn without_addresses(message: &str) -> String {
    let words = message.split_whitespace().map(|word| if word.contains('@') { "[address]" } else { word });
    words.collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

#[cfg(test)]
pub(super) fn sample() -> Outgoing {
    Outgoing {
        notification_id: Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001),
        case_number: "NB-2026-000412-K".to_owned(),
        to: "søren@example.com".to_owned(),
        from: "Spillersupport <support@nordbet.example>".to_owned(),
        subject: "[NB-2026-000412-K] Vi har modtaget din henvendelse – tak".to_owned(),
        text: "Hej!\n\nDu får svar senest 22.11.2026 kl. 14.30.\n".to_owned(),
        language: "da".to_owned(),
        kind: "case_received".to_owned(),
        created_at: "2026-11-21T13:30:00Z".parse().unwrap(),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_does_not_show_in_debug_or_errors() {
        let shown = format!("{:?}", sample());
        assert!(!shown.contains("søren") && !shown.contains("Hej"), "{shown}");
        let error = DeliveryError::permanent("550", "5.1.1 <søren@example.com>: user\r\nunknown");
        assert_eq!(error.to_string(), "cannot be delivered (550): 5.1.1 [address] user unknown");
    }
}
