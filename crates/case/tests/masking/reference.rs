//! Masking done slowly and simply, to compare the real one with. It knows less: [`plain_cards`] are numbers
//! that nothing around them can excuse, so each must be hidden; [`could_come_from`] says what masking may
//! have done to a text at most.
//!
//! Also a fuzz target's other half (`fuzz/`).

/// The value of a digit in the scripts that the comparison writes in.
fn digit(character: char) -> Option<u8> {
    ['0', '٠', '०', '０']
        .into_iter()
        .find_map(|zero| u32::from(character).checked_sub(u32::from(zero)))
        .filter(|value| *value < 10)
        .or_else(|| {
            ['0', '٠', '०', '０']
                .into_iter()
                .filter_map(|zero| u32::from(character).checked_sub(u32::from(zero)))
                .find(|value| *value < 10)
        })
        .and_then(|value| u8::try_from(value).ok())
}

/// Luhn as its patent says it: from the right every second digit doubled, and the digits of all that added.
fn passes(digits: &[u8]) -> bool {
    let mut sum = 0_u32;
    let mut doubled = false;
    for digit in digits.iter().rev() {
        let value = u32::from(*digit) * if doubled { 2 } else { 1 };
        sum += value / 10 + value % 10;
        doubled = !doubled;
    }
    sum.is_multiple_of(10)
}

/// The digits of each card number that stands alone on its line, as printed on cards: 16 digits in fours or in
/// one piece, of a scheme, with the same single separator between the groups.
pub(crate) fn plain_cards(text: &str) -> Vec<Vec<u8>> {
    text.split('\n').filter_map(plain_card).collect()
}

fn plain_card(line: &str) -> Option<Vec<u8>> {
    let line = line.trim_matches(' ');
    let digits: Vec<u8> = line.chars().filter_map(digit).collect();
    let others: Vec<(usize, char)> =
        line.chars().enumerate().filter(|(_, character)| digit(*character).is_none()).collect();
    let in_fours = others.iter().map(|(place, _)| *place).eq([4, 9, 14])
        && others.iter().all(|(_, character)| *character == others[0].1 && " -.\u{a0}".contains(*character));
    let is_card = digits.len() == 16
        && (others.is_empty() || in_fours)
        && matches!(digits[0], 4 | 5)
        && passes(&digits);
    is_card.then_some(digits)
}

/// Whether masking may have made `masked` of `text`: everything stays as it is but card numbers (13 to 19
/// digits that pass the check), of which the first six and the last four are left, and codes of 3 or 4
/// digits, of which nothing is.
pub(crate) fn could_come_from(text: &str, masked: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let masked: Vec<char> = masked.chars().collect();
    // reachable[i]: the text's first i characters can have become what is behind us of the masked text.
    let mut reachable = vec![vec![false; masked.len() + 1]; text.len() + 1];
    reachable[0][0] = true;
    for from in 0..=text.len() {
        for to in 0..=masked.len() {
            if !reachable[from][to] {
                continue;
            }
            if from < text.len() && to < masked.len() && text[from] == masked[to] {
                reachable[from + 1][to + 1] = true;
            }
            for (length, shown) in hidden_at(&text[from..]) {
                if masked[to..].starts_with(&shown) {
                    reachable[from + length][to + shown.len()] = true;
                }
            }
        }
    }
    reachable[text.len()][masked.len()]
}

/// Every stretch at the start of `text` that may be hidden, and what is shown in its place.
fn hidden_at(text: &[char]) -> Vec<(usize, Vec<char>)> {
    let mut all = Vec::new();
    let mut digits = Vec::new();
    let any_digit = |character: char| digit(character).or_else(|| rare_digit(character));
    if text.first().copied().and_then(any_digit).is_none() {
        return all;
    }
    for (index, character) in text.iter().enumerate() {
        let Some(value) = any_digit(*character) else {
            if character.is_alphabetic() {
                break;
            }
            continue;
        };
        digits.push(value);
        if (3..=4).contains(&digits.len()) {
            all.push((index + 1, vec!['*'; 3]));
        }
        if (13..=19).contains(&digits.len()) && passes(&digits) {
            let last = digits.len() - 4;
            let shown = digits.iter().enumerate().map(|(place, value)| {
                if place < 6 || place >= last { char::from(b'0' + value) } else { '*' }
            });
            all.push((index + 1, shown.collect()));
        }
        if digits.len() == 19 {
            break;
        }
    }
    all
}

/// Digits of any other script: not asked for by the comparison, but random texts have them.
fn rare_digit(character: char) -> Option<u8> {
    if !character.is_numeric() || character.is_alphabetic() {
        return None;
    }
    let code = u32::from(character);
    // Some stand by themselves: above the line, and zeros in circles and with a point or comma.
    match code {
        0xB2 | 0xB3 => return u8::try_from(code - 0xB0).ok(),
        0xB9 => return Some(1),
        0x2070 | 0x2074..=0x2079 => return u8::try_from(code - 0x2070).ok(),
        0x24EA | 0x24FF | 0x1F100 | 0x1F10B | 0x1F10C => return Some(0),
        _ => {}
    }
    // In circles and brackets and with a point there is no zero, and the row begins with one.
    let ones = [0x2460, 0x2474, 0x2488, 0x24F5, 0x2776, 0x2780, 0x278A];
    if let Some(one) = ones.into_iter().find(|one| (*one..*one + 9).contains(&code)) {
        return u8::try_from(code - one + 1).ok();
    }
    // Decimal digits stand in rows of ten; the first of the row is the zero.
    let zero = (code.saturating_sub(9)..=code)
        .find(|start| (*start..*start + 10).all(|one| char::from_u32(one).is_some_and(char::is_numeric)))?;
    u8::try_from(code - zero).ok()
}
