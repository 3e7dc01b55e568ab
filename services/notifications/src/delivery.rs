//! The way out: hands a finished message to a mail server, a webhook or, in development, a folder.
//!
//! This is the last step of the journey's last stage. A transport knows nothing of cases beyond their
//! number, keeps nothing, and tries once: when to try again and when to give up is decided by facts,
//! not here. Every message carries its notification's id in a form that the receiver can recognise a
//! repeat by. Never here: texts, preferences, retries, and personal data in errors or logs.
//!
//! To add one more way out, write a file here with a type that implements [`Transport`].

mod email;
mod outbox;
mod secret;
mod smtp;
mod transport;
mod webhook;

pub use outbox::{Outbox, OutboxConfig};
pub use secret::Secret;
pub use smtp::{SmtpConfig, SmtpTls, SmtpTransport};
pub use transport::{ConfigError, DeliveryError, Outgoing, Receipt, Transport};
pub use webhook::{WebhookConfig, WebhookTransport};
