//! The one way by which a free text gets into a fact: measured, trimmed, card data masked.

use uuid::Uuid;

use super::event::{Event, MaskedKind, SensitiveDataMasked};
use super::masking::mask;
use super::refusal::Refusal;
use crate::personal::Personal;

/// Collects what is masked in the texts of one command.
pub(super) struct Texts {
    subject_id: Uuid,
    kinds: Vec<MaskedKind>,
}

impl Texts {
    /// For texts of the message, note, evidence or case with this id.
    pub(super) fn of(subject_id: Uuid) -> Self {
        Self { subject_id, kinds: Vec::new() }
    }

    /// A text of 1 to `limit` characters.
    pub(super) fn required(
        &mut self,
        field: &'static str,
        text: &str,
        limit: usize,
    ) -> Result<String, Refusal> {
        self.optional(field, Some(text), limit)?.ok_or(Refusal::TextEmpty { field, limit })
    }

    /// A text of at most `limit` characters, or none.
    pub(super) fn optional(
        &mut self,
        field: &'static str,
        text: Option<&str>,
        limit: usize,
    ) -> Result<Option<String>, Refusal> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        let length = text.chars().count();
        if length > limit {
            return Err(Refusal::TextTooLong { field, length, limit });
        }
        let masked = mask(text);
        self.kinds.extend(masked.kinds);
        Ok(Some(masked.text))
    }

    /// A personal text of 1 to `limit` characters.
    pub(super) fn personal(
        &mut self,
        field: &'static str,
        text: &str,
        limit: usize,
    ) -> Result<Personal, Refusal> {
        self.required(field, text, limit).map(Personal::new)
    }

    /// The fact that something was masked, if it was.
    pub(super) fn masked(self) -> Option<Event> {
        let Self { subject_id, kinds } = self;
        (!kinds.is_empty()).then(|| SensitiveDataMasked { subject_id, kinds }.into())
    }
}
