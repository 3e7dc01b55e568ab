//! Masking against the slow reference: nothing but card numbers and codes changes, no plain card number stays,
//! and masking again changes nothing.

use case::intake::{mask, mask_after};

#[path = "../../../crates/case/tests/masking/reference.rs"]
mod reference;

/// The reference takes time with the square of a text's length.
const CHARACTERS: usize = 120;

/// A text; after a zero byte, one that comes behind it.
pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (first, second) = text.split_once('\0').unwrap_or((&text, ""));
    let first: String = first.chars().take(CHARACTERS).collect();
    let second: String = second.chars().take(CHARACTERS).collect();
    let masked = mask(&first);
    assert!(reference::could_come_from(&first, &masked.text), "{first:?} became {:?}", masked.text);
    assert!(reference::plain_cards(&masked.text).is_empty(), "{first:?} became {:?}", masked.text);
    assert_eq!(mask(&masked.text).text, masked.text, "{first:?}, masked twice");
    let after = mask_after(&first, &second);
    assert!(reference::plain_cards(&after.text).is_empty(), "{first:?}, then {second:?}");
    assert!(after.kinds.len() >= mask(&second).kinds.len(), "{first:?}, then {second:?}: less is masked");
}
