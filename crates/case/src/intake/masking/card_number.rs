//! Finds card numbers, however they are written.

use super::digits::{digit, luhn};
use super::{Span, not_cards};
use crate::intake::terms::is_invisible;

/// A card number found in a text.
#[derive(Debug, Clone)]
pub(super) struct Card {
    /// Where it stands.
    pub(super) span: Span,
    digits: Vec<u8>,
}

impl Card {
    /// What may be shown of it: the first six and the last four digits.
    pub(super) fn shown(&self) -> String {
        let last = self.digits.len() - 4;
        let shown = |(index, digit): (usize, &u8)| {
            if index < 6 || index >= last { char::from(b'0' + digit) } else { '*' }
        };
        self.digits.iter().enumerate().map(shown).collect()
    }
}

/// Digits with nothing visible between them.
struct Group {
    span: Span,
    digits: Vec<u8>,
}

/// A stretch of digits that passes every check, with how far it is from what a card looks like.
struct Candidate {
    card: Card,
    /// Smaller is more like a card: how it is grouped, whether it leaves digits over, how long it is.
    unlikeliness: (u8, bool, u8),
}

/// More visible separators than this between two digits: they do not belong together.
const SEPARATORS_IN_A_ROW: usize = 4;

/// All card numbers in a text, in order, without overlap.
pub(super) fn find(characters: &[char]) -> Vec<Card> {
    let groups = groups(characters);
    let excluded = not_cards::find(characters);
    let mut candidates: Vec<Candidate> = Vec::new();
    for first in 0..groups.len() {
        candidates.extend(glued(characters, &groups[first], &excluded));
        let mut is_odd = false;
        for last in first..groups.len() {
            if last > first {
                match between(&characters[groups[last - 1].span.end..groups[last].span.start]) {
                    Between::Separators => {}
                    Between::OddSeparators => is_odd = true,
                    Between::Other => break,
                }
            }
            let window = &groups[first..=last];
            let length: usize = window.iter().map(|group| group.digits.len()).sum();
            if length > 19 {
                break;
            }
            if length >= 13
                && (!is_odd || is_printed_so(window))
                && let Some(card) = card(characters, window, &excluded)
            {
                let leaves_over = leaves_over(characters, &groups, first, last);
                let unlikeliness = unlikeliness(window, leaves_over);
                candidates.push(Candidate { card, unlikeliness });
            }
        }
    }
    candidates.sort_by_key(|candidate| (candidate.unlikeliness, candidate.card.span.start));
    let mut cards: Vec<Card> = Vec::new();
    for Candidate { card, .. } in candidates {
        if !cards.iter().any(|taken| taken.span.overlaps(card.span)) {
            cards.push(card);
        }
    }
    cards.sort_by_key(|card| card.span.start);
    cards
}

/// All groups of digits.
fn groups(characters: &[char]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, &character) in characters.iter().enumerate() {
        let Some(value) = digit(character) else { continue };
        match groups.last_mut() {
            Some(group) if characters[group.span.end..index].iter().all(|&between| is_invisible(between)) => {
                group.span.end = index + 1;
                group.digits.push(value);
            }
            _ => groups.push(Group { span: Span { start: index, end: index + 1 }, digits: vec![value] }),
        }
    }
    groups
}

/// What stands between two groups of digits.
#[derive(PartialEq, Eq)]
enum Between {
    /// What people put into numbers.
    Separators,
    /// What they seldom do: only a number that looks like a card in every other way is one.
    OddSeparators,
    /// Something else: the groups do not belong together.
    Other,
}

fn between(characters: &[char]) -> Between {
    let is_usual = |character: char| {
        character.is_whitespace()
            || matches!(
                character,
                '-' | '.' | '/' | '_' | '>' | '\u{b7}' | '\u{2010}'
                    ..='\u{2015}' | '\u{2022}' | '\u{2212}' | '\u{ff0d}'
            )
    };
    let visible = || characters.iter().copied().filter(|character| !is_invisible(*character));
    if visible().count() > SEPARATORS_IN_A_ROW {
        Between::Other
    } else if visible().all(is_usual) {
        Between::Separators
    } else if visible().all(|character| !character.is_alphanumeric() && character != '*') {
        Between::OddSeparators
    } else {
        Between::Other
    }
}

/// Whether the digits are grouped as they are on cards.
fn is_printed_so(window: &[Group]) -> bool {
    window.len() > 1 && layout(&sizes(window)) == 0
}

fn sizes(window: &[Group]) -> Vec<usize> {
    window.iter().map(|group| group.digits.len()).collect()
}

/// Whether there are more digits right before or behind these groups.
fn leaves_over(characters: &[char], groups: &[Group], first: usize, last: usize) -> bool {
    let joined = |left: usize| match &groups.get(left..left + 2) {
        Some([left, right]) => between(&characters[left.span.end..right.span.start]) == Between::Separators,
        _ => false,
    };
    joined(last) || first.checked_sub(1).is_some_and(joined)
}

fn unlikeliness(window: &[Group], leaves_over: bool) -> (u8, bool, u8) {
    let sizes = sizes(window);
    let length = sizes.iter().sum();
    // A last group that may be the security code behind a complete number is no part of it.
    let rest: Vec<u8> =
        window[..window.len() - 1].iter().flat_map(|group| group.digits.iter().copied()).collect();
    let code_length = if is_american_express(&rest) { 4 } else { 3 };
    let takes_code = sizes.last() == Some(&code_length) && rest.len() >= 13 && luhn(&rest);
    (layout(&sizes), leaves_over || takes_code, length_rank(length))
}

fn card(characters: &[char], window: &[Group], excluded: &[Span]) -> Option<Card> {
    let span = Span { start: window.first()?.span.start, end: window.last()?.span.end };
    let digits: Vec<u8> = window.iter().flat_map(|group| group.digits.iter().copied()).collect();
    let layout = layout(&sizes(window));
    // Sums in a row are grouped in fours too.
    let needs_issuer = window.len() > 1;
    if digits[0] == 0
        || !luhn(&digits)
        || characters[span.end..].starts_with(&['*'; 3])
        || characters[..span.start].ends_with(&['*'; 3])
        || (needs_issuer && !is_issued(&digits))
        || (layout > 2 && has_date(characters, window))
        || excluded.iter().any(|other| other.overlaps(span))
        || not_cards::is_phone(characters, span.start, digits.len())
        || not_cards::has_id_prefix(characters, span.start)
        || (window.len() == 1 && not_cards::is_marked_as_id(characters, span.start))
    {
        return None;
    }
    Some(Card { span, digits })
}

/// A card number with its security code, or its expiry date, or both, right behind it.
fn glued(characters: &[char], group: &Group, excluded: &[Span]) -> Option<Candidate> {
    let digits = &group.digits;
    let card = if is_american_express(digits) { 15 } else { 16 };
    let behind = digits.get(card..)?;
    let month = |behind: &[u8]| (1..=12).contains(&(behind[0] * 10 + behind[1]));
    let plausible = match behind.len() {
        3 => true,
        4 => card == 15 || month(behind),
        7 | 8 => month(behind),
        _ => false,
    };
    let digits = &digits[..card];
    if !plausible
        || !luhn(digits)
        || !is_issued(digits)
        || luhn(&group.digits) && group.digits.len() <= 19
        || excluded.iter().any(|other| other.overlaps(group.span))
        || not_cards::is_marked_as_id(characters, group.span.start)
    {
        return None;
    }
    let end = (group.span.start..group.span.end)
        .filter(|&index| digit(characters[index]).is_some())
        .nth(card - 1)
        .map(|index| index + 1)?;
    let span = Span { start: group.span.start, end };
    Some(Candidate {
        card: Card { span, digits: digits.to_vec() },
        unlikeliness: (0, false, length_rank(card)),
    })
}

/// 0: in one piece, or as printed on cards; 1: in equal groups of four or more; 2: in equal smaller
/// groups; 3: anyhow.
fn layout(sizes: &[usize]) -> u8 {
    match sizes {
        [_] | [4, 4, 4, 1 | 4] | [4, 4, 4, 4, 1..=3] | [4, 6, 5 | 4] => 0,
        [first @ ..=8, middle @ .., last] if middle.iter().all(|size| size == first) && last <= first => {
            if *first >= 4 {
                1
            } else {
                2
            }
        }
        _ => 3,
    }
}

/// The commonest lengths first, so that a security code behind a number is not taken for its end.
fn length_rank(length: usize) -> u8 {
    match length {
        16 => 0,
        15 => 1,
        14 => 2,
        13 => 3,
        19 => 4,
        18 => 5,
        _ => 6,
    }
}

/// Numbers of 15 digits with codes of 4 digits.
fn is_american_express(digits: &[u8]) -> bool {
    matches!(digits, [3, 4 | 7, ..])
}

/// Whether some card scheme issues numbers that begin so.
fn is_issued(digits: &[u8]) -> bool {
    let first_four = digits[..4].iter().fold(0_u16, |number, digit| number * 10 + u16::from(*digit));
    matches!(first_four, 2221..=2720 | 3000..=3999 | 4000..=4999 | 5000..=5999 | 6000..=6999 | 8100..=8199 | 9792)
}

/// Whether part of the window is a date, such as `12.03.2026`.
fn has_date(characters: &[char], window: &[Group]) -> bool {
    let separator = |before: &Group, after: &Group| match characters[before.span.end..after.span.start] {
        [character @ ('.' | '-' | '/')] => Some(character),
        _ => None,
    };
    // At most four digits matter here.
    let number = |group: &Group| {
        group.digits.iter().take(4).fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    window.windows(3).any(|three| {
        let [first, middle, last] = three else { return false };
        let sizes = [first.digits.len(), middle.digits.len(), last.digits.len()];
        let joined = separator(first, middle).is_some_and(|one| separator(middle, last) == Some(one));
        let is_month = (1..=12).contains(&number(middle));
        joined
            && is_month
            && match sizes {
                [1 | 2, 1 | 2, 2 | 4] => (1..=31).contains(&number(first)),
                [4, 2, 2] => (1900..2100).contains(&number(first)) && (1..=31).contains(&number(last)),
                _ => false,
            }
    })
}
