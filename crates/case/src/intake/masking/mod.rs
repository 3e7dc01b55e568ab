//! Takes card data out of a text before anything is stored (PCI DSS; reliability invariant I9).
//!
//! Stands at the very start of the journey: `decide` masks every free text before it becomes part of a
//! fact, so a card number or security code is never appended, published, logged or traced. A card
//! number keeps its first six and last four digits; a security code is removed. In doubt a number is
//! masked: a garbled order number can be asked for again, a stored security code cannot be unstored.
//!
//! Must never be here: storing, hashing or returning what was masked.

mod card_number;
mod digits;
mod not_cards;
mod security_code;
#[cfg(test)]
mod tests;

use super::event::MaskedKind;

/// A text without card data, and what was taken out, once per occurrence and in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The text that may be stored.
    pub text: String,
    /// What was masked.
    pub kinds: Vec<MaskedKind>,
}

/// A stretch of characters, from `start` up to but without `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Masks card numbers and security codes. Masking a masked text changes nothing.
///
/// A card number is 13 to 19 decimal digits of any script that pass the Luhn check, with spaces,
/// hyphens, dots, slashes, line breaks or invisible characters between them. Left alone are IBANs,
/// UUIDs, phone numbers with `+`, and unbroken numbers that are marked as an order's or a
/// transaction's. A security code is 3 or 4 digits beside a word for it, or right behind a card number
/// (an expiry date may stand between).
pub fn mask(text: &str) -> Masked {
    if text.chars().filter(|&character| digits::digit(character).is_some()).count() < 3 {
        return Masked { text: text.to_owned(), kinds: Vec::new() };
    }
    let characters: Vec<char> = text.chars().collect();
    let cards = card_number::find(&characters);
    let codes = security_code::find(&characters, &cards);
    let mut hidden: Vec<(Span, MaskedKind, String)> = cards
        .iter()
        .map(|card| (card.span, MaskedKind::CardNumber, card.shown()))
        .chain(codes.into_iter().map(|span| (span, MaskedKind::SecurityCode, "***".to_owned())))
        .collect();
    hidden.sort_by_key(|(span, ..)| span.start);

    let mut masked = Masked { text: String::with_capacity(text.len()), kinds: Vec::new() };
    let mut position = 0;
    for (span, kind, shown) in hidden {
        if span.start < position {
            continue; // Two rules found the same digits; the first has hidden them.
        }
        masked.text.extend(&characters[position..span.start]);
        masked.text.push_str(&shown);
        masked.kinds.push(kind);
        position = span.end;
    }
    masked.text.extend(&characters[position..]);
    masked
}
