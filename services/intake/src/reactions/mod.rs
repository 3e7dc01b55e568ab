//! What intake does when something happened: one file a fact.

mod on_case_classified;

pub(crate) use on_case_classified::OnCaseClassified;

/// The durable names of all reactions: NATS lets this service take from their consumers only.
pub const NAMES: &[&str] = &["intake.on_case_classified"];
