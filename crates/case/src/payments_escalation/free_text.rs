//! Free text before it becomes part of a fact: card data is masked (PCI DSS; reliability invariant I9).

use crate::intake::mask;
use crate::personal::Personal;

/// The text without card data.
pub(super) fn masked(text: &Personal) -> Personal {
    match text {
        Personal::Clear(clear) => Personal::Clear(mask(clear).text),
        Personal::Sealed(_) | Personal::Erased => text.clone(),
    }
}
