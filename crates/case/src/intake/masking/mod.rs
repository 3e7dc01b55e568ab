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

use std::sync::OnceLock;

use super::event::MaskedKind;

/// Whether this process lets everything through: see [`let_through`].
static LETS_THROUGH: OnceLock<()> = OnceLock::new();

/// Masks nothing from now on, in this process and for as long as it lives. It is how a benchmark learns what
/// masking costs, on texts that it made up; there is no way back, and no setting leads here. A rule of
/// `tests/tidy` names the only place that may call it.
pub fn let_through() {
    LETS_THROUGH.get_or_init(|| ());
}

/// The text as it is, if this process lets everything through.
fn passed(text: &str) -> Option<Masked> {
    LETS_THROUGH.get().map(|()| Masked { text: text.to_owned(), kinds: Vec::new() })
}

/// A text without card data, and what was taken out, once per occurrence: in order, and behind that what only came
/// to light with it.
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
    passed(text).unwrap_or_else(|| to_the_end(text, once))
}

fn once(text: &str) -> Masked {
    if has_few_digits(text, 3) {
        return Masked { text: text.to_owned(), kinds: Vec::new() };
    }
    let characters: Vec<char> = text.chars().collect();
    without(&characters, hidden(&characters))
}

/// Masks until there is nothing more. What is hidden may have excused what stands beside it, as the beginning of an
/// id; each turn hides digits, so there is an end.
fn to_the_end(text: &str, turn: impl Fn(&str) -> Masked) -> Masked {
    let mut masked = turn(text);
    while !masked.kinds.is_empty() {
        let again = turn(&masked.text);
        if again.kinds.is_empty() {
            break;
        }
        masked.text = again.text;
        masked.kinds.extend(again.kinds);
    }
    masked
}

/// So many characters of the text before are looked at: a number in groups, or a sentence that asks for a code.
pub(super) const LOOKED_BACK: usize = 160;
/// So many digits of a card number may stand in the text before: of the rest the last four are shown, and the
/// whole is no more than PCI DSS lets be kept. With more, nothing of the rest is shown.
const SHOWN_BEFORE: usize = 8;

/// As [`mask`], for a text that comes right behind another one: a card number that began in `before`, or a code
/// whose word stands there, is hidden in `text` too. What was before has been stored and is not changed.
pub fn mask_after(before: &str, text: &str) -> Masked {
    if before.is_empty() || has_few_digits(text, 1) {
        return mask(text);
    }
    passed(text).unwrap_or_else(|| to_the_end(text, |text| once_after(before, text)))
}

fn once_after(before: &str, text: &str) -> Masked {
    let mut joined: Vec<char> = end_of(before, LOOKED_BACK).chars().collect();
    joined.push('\n');
    let seam = joined.len();
    joined.extend(text.chars());

    let characters = joined[seam..].to_vec();
    let mut found = hidden(&characters);
    for Hidden { span, kind, shown } in hidden(&joined) {
        if span.end <= seam {
            continue;
        }
        let shown = if span.start >= seam { shown } else { rest(&joined[span.start..seam], &shown, kind) };
        let span = Span { start: span.start.max(seam) - seam, end: span.end - seam };
        if !found.iter().any(|other| other.span.overlaps(span)) {
            found.push(Hidden { span, kind, shown });
        }
    }
    without(&characters, found)
}

/// The last characters of a text.
pub(super) fn end_of(text: &str, characters: usize) -> &str {
    let start = text.char_indices().rev().take(characters).last().map_or(0, |(start, _)| start);
    &text[start..]
}

/// What is shown of a number's end when its beginning stands in the text before.
fn rest(before: &[char], shown: &str, kind: MaskedKind) -> String {
    let digits = before.iter().filter(|&&character| digits::digit(character).is_some()).count();
    match kind {
        MaskedKind::SecurityCode => shown.to_owned(),
        MaskedKind::CardNumber if digits <= SHOWN_BEFORE => shown.chars().skip(digits).collect(),
        MaskedKind::CardNumber => shown.chars().skip(digits).map(|_| '*').collect(),
    }
}

fn has_few_digits(text: &str, enough: usize) -> bool {
    text.chars().filter(|&character| digits::digit(character).is_some()).take(enough).count() < enough
}

/// A stretch that must not be kept, and what is shown in its place.
struct Hidden {
    span: Span,
    kind: MaskedKind,
    shown: String,
}

/// Everything in a text that must not be kept.
fn hidden(characters: &[char]) -> Vec<Hidden> {
    let cards = card_number::find(characters);
    let codes = security_code::find(characters, &cards);
    let code = |span| Hidden { span, kind: MaskedKind::SecurityCode, shown: "***".to_owned() };
    cards
        .iter()
        .map(|card| Hidden { span: card.span, kind: MaskedKind::CardNumber, shown: card.shown() })
        .chain(codes.into_iter().map(code))
        .collect()
}

/// The text without what must not be kept.
fn without(characters: &[char], mut hidden: Vec<Hidden>) -> Masked {
    hidden.sort_by_key(|hidden| hidden.span.start);
    let mut masked = Masked { text: String::with_capacity(characters.len()), kinds: Vec::new() };
    let mut position = 0;
    for Hidden { span, kind, shown } in hidden {
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
