//! Free text before it becomes part of a fact: card data is masked (PCI DSS; reliability invariant I9), and that
//! it was is a fact too.

use uuid::Uuid;

use super::event::Event;
use crate::intake::{SensitiveDataMasked, masked};
use crate::journey::Case;
use crate::personal::Personal;

/// The fact that holds this text, without card data; then the fact that something was masked, if it was.
/// `subject_id` is the question, proposal or case that the text is about.
pub(super) fn recorded(
    case: &Case,
    subject_id: Uuid,
    text: &Personal,
    fact: impl FnOnce(Personal) -> Event,
) -> Vec<Event> {
    let (text, kinds) = masked(case, text);
    let masking = SensitiveDataMasked::of(subject_id, kinds).map(Event::from);
    std::iter::once(fact(text)).chain(masking).collect()
}
