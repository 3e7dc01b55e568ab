//! A whole case, opened: every fact with its sentence and its texts, for handing out what is held on a player.

use case::{Actor, Case};
use jiff::Timestamp;
use serde_json::Value;
use service_kit::execute::Executor;
use service_kit::{Failure, Parts};
use uuid::Uuid;

use crate::chain::Chain;
use crate::narrator::Narrator;

/// A fact of a case, told.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldFact {
    /// Its version in the case.
    pub version: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Its stored name.
    pub event_type: String,
    /// Who caused it.
    pub actor: Actor,
    /// It in a sentence.
    pub summary: String,
    /// Everything in it, with personal texts as plain strings.
    pub details: Value,
}

/// A case with all of its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The case as it stands after the last fact told.
    pub case: Case,
    /// Its facts, oldest first.
    pub facts: Vec<ToldFact>,
}

/// Reads a case from its first fact to its last.
///
/// # Errors
/// The log or the keys do not answer.
pub async fn dossier(parts: &Parts, executor: &Executor<Case>, stream: Uuid) -> Result<Dossier, Failure> {
    let mut narrator = Narrator::after(parts, executor, stream, 0).await?;
    let mut chain = Chain::new(parts.log.as_ref(), stream, 0);
    let mut facts = Vec::new();
    loop {
        let page = chain.next().await?;
        if page.is_empty() {
            return Ok(Dossier { case: narrator.into_case(), facts });
        }
        for committed in &page {
            facts.push(narrator.tell_whole(committed).await?);
        }
    }
}
