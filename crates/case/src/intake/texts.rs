//! The one way by which a free text gets into a fact: measured, trimmed, card data masked.
//!
//! Each text is looked at together with the end of the one before it, in the command or on the case: a card
//! number may begin in the one and end in the other.

use uuid::Uuid;

use super::event::{Event, MaskedKind, SensitiveDataMasked};
use super::masking::mask_after;
use super::refusal::Refusal;
use crate::journey::Case;
use crate::personal::Personal;

/// The end of what was last written on the case, as far as it can be read.
fn last_text(case: &Case) -> &str {
    case.intake.last_text.as_ref().and_then(Personal::text).unwrap_or_default()
}

/// The text without card data, and what was masked in it: for the facts of later stages.
pub(crate) fn masked(case: &Case, text: &Personal) -> (Personal, Vec<MaskedKind>) {
    match text {
        Personal::Clear(clear) => {
            let masked = mask_after(last_text(case), clear);
            (Personal::Clear(masked.text), masked.kinds)
        }
        Personal::Sealed(_) | Personal::Erased => (text.clone(), Vec::new()),
    }
}

/// Collects what is masked in the texts of one command.
pub(super) struct Texts {
    subject_id: Uuid,
    kinds: Vec<MaskedKind>,
    /// The text before the next one: a card number may begin in the one and end in the other.
    before: String,
}

impl Texts {
    /// For texts of the message, note, evidence or case with this id, after what was last said on the case.
    pub(super) fn of(case: &Case, subject_id: Uuid) -> Self {
        Self { subject_id, kinds: Vec::new(), before: last_text(case).to_owned() }
    }

    /// For the texts of something else in the same command.
    pub(super) fn then(&self, subject_id: Uuid) -> Self {
        Self { subject_id, kinds: Vec::new(), before: self.before.clone() }
    }

    /// A text that is not kept, but that the next one may go on from.
    pub(super) fn passing(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.before = mask_after(&self.before, text).text;
        }
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
        let masked = mask_after(&self.before, text);
        self.kinds.extend(masked.kinds);
        self.before.clone_from(&masked.text);
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
        SensitiveDataMasked::of(self.subject_id, self.kinds).map(Event::from)
    }
}
