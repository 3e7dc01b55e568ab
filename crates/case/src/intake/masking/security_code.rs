//! Finds security codes: 3 or 4 digits beside a word for them, or right behind a card number.

use std::sync::LazyLock;

use super::Span;
use super::card_number::Card;
use super::digits::digit;
use super::not_cards::has_id_prefix;
use crate::intake::terms::{Term, fold_into, is_invisible, is_mark, terms};

/// What a security code is called, in all languages of support, and what card schemes call it.
static CODE_WORDS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    terms(
        "cvv*, cvc*, cv2, cid, csc, cvn, cav2, cvd, cvx2, kontrolcif*, kontrolkode*, kontrolciffer*, \
         sikkerhedskode*, sikkerhedsnummer*, sikkerhedscif*, säkerhetskod*, säkerhetsnummer*, \
         kontrollsiffr*, kontrollsifr*, kontrollkod*, sikkerhetskode*, sikkerhetsnummer*, sikkerhetssiff*, kod zabezpieczaj*, kodu \
         zabezpieczaj*, kodem zabezpieczaj*, kod bezpieczeństwa, kodu bezpieczeństwa, security code*, \
         security number, securitycode, card code, verification value, verification code, card \
         verification, prüfziffer*, kartenprüf*, prüfnummer*, sicherheitscode*, sicherheitsnummer*, código \
         de seguridad, clave de seguridad, código de verificación, cryptogramme*, code de sécurité, code de \
         vérification, codice di sicurezza, codice di verifica, código de segurança, código de verificação, \
         turvakood*, turvaluku*, turvanumero*, varmenne*, tarkistusnumero*, varmistuskood*, tarkistusluku*, tarkiste*, código de control, code de contrôle, \
         codice di controllo, número de segurança, código verificador, pinkode*, pin kod*, pin code*, \
         pinkod*, kod pin, pin",
    )
});

/// The code by where it stands on a card, in all languages of support.
static PLACE_WORDS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    terms(
        "cifre* på bagside*, tal på bagside*, tallene på bagside*, kode* på bagside*, siffr* på baksida*, kod* \
         på baksida*, siffer* på bakside*, sifre* på bakside*, kode* på bakside*, digits on the back, numbers on \
         the back, figures on the back, code on the back, ziffern auf der rückseite, zahlen auf der rückseite, \
         code auf der rückseite, dígitos del reverso, números del reverso, dígitos de atrás, números de atrás, \
         código del reverso, chiffres au dos, chiffres au verso, code au dos, code au verso, cifre sul retro, \
         numeri sul retro, codice sul retro, dígitos no verso, números no verso, código no verso, dígitos atrás, \
         takana olevat numerot, takana oleva koodi, takapuolen numerot, cyfry z tyłu, cyfry na odwrocie, kod z \
         tyłu, kod na odwrocie, kode* bagpå, cifre* bagpå, code hinten, ziffern hinten, cifras de atrás, chiffres \
         derrière, dreistellige code, signature strip",
    )
});

/// What codes are called in short, as written letter by letter: `C.V.V.`.
const SPELLED: &[&str] = &["cvv", "cvc", "cid", "csc", "pin"];

/// What a number of digits is a number of: `the code (3 digits) is`.
static DIGIT_WORDS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    terms(
        "cifre*, ciffer*, siffr*, siffer*, sifre*, digit*, ziffer*, stellig*, stellen, zahlen, dígito*, chiffre*, \
         cifra*, cyfr*, numero*, números, numrar, numbers",
    )
});

/// Words that may stand between a code and the word after it, as in `123 er min CVV`.
const LINKS: &[&str] = &[
    "er", "ar", "is", "to", "jest", "ist", "es", "est", "e", "on", "my", "min", "mit", "mitt", "moj", "mein",
    "mi", "mon", "mio", "meu", "the", "as", "som", "jako", "als", "como", "comme", "come", "der", "den",
    "el", "le", "la", "il", "o", "det", "kortets", "card", "s", "kode", "kod", "code", "codice", "codigo",
];

/// Words that may stand between a card number and its security code.
static EXPIRY_WORDS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    terms(
        "exp*, valid*, thru, until, til, till, till*, udløb*, utløp*, utgår, utgång*, gyldig*, giltig*, \
         gültig*, bis, data, data ważności, ważn*, do, cad*, venc*, val*, scad*, fin, hasta, jusqu*, \
         voimassa*, kod, koden, kode, code, codice, código, koodi, le, la, el, t, o, m, og, och, and, und, oraz, et, ja, mm, yy, åå, date, dato, datum, med, with, z",
    )
});

/// What follows an amount or a count: then the number before is no code.
static UNITS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    terms(
        "kr, krone, kroner, kronor, kronen, dkk, sek, nok, eur, euro, euros, zl, zloty, zlotych, pln, usd, \
         gbp, dollar, dollars, pounds, spin, spins, freespins, gange, ganger, gang, times, razy, dage, \
         dagar, dager, dni, days, hours, timer, timmar, godzin, minutter, minuter, minutes, minut, \
         spillere, spelare",
    )
});

/// More words than this between a word for the code and a number: they do not belong together.
const WORDS_BETWEEN: usize = 4;

#[derive(Debug)]
enum Kind {
    /// A word, as it is compared.
    Word(String),
    /// Digits with nothing visible between them.
    Number(Vec<u8>),
    /// A card number, shown or already masked; `true` if its code has four digits (American Express).
    Card(bool),
    /// A code that is already masked.
    Hidden,
    /// The end of a sentence.
    Stop,
    /// Any other visible character.
    Mark(char),
}

#[derive(Debug)]
struct Token {
    span: Span,
    kind: Kind,
}

/// All security codes in a text that has these card numbers.
pub(super) fn find(characters: &[char], cards: &[Card]) -> Vec<Span> {
    let tokens = tokens(characters, cards);
    let mut codes: Vec<Span> = Vec::new();
    for index in 0..tokens.len() {
        let found = match &tokens[index].kind {
            Kind::Card(long_code) => behind_card(characters, &tokens, index + 1, *long_code),
            Kind::Word(_) => {
                code_word_at(&tokens, index).and_then(|end| match after_word(characters, &tokens, end) {
                    Found::Code(span) => Some(span),
                    Found::AlreadyHidden => None,
                    Found::Nothing => before_word(characters, &tokens, index),
                })
            }
            _ => None,
        };
        codes.extend(found);
    }
    codes.sort_by_key(|span| span.start);
    codes.dedup();
    codes
}

enum Found {
    Code(Span),
    AlreadyHidden,
    Nothing,
}

/// The token behind the word for a security code that begins at `index`.
fn code_word_at(tokens: &[Token], index: usize) -> Option<usize> {
    let mut words: Vec<&str> = Vec::new();
    let mut ends = Vec::new();
    for (position, token) in tokens.iter().enumerate().skip(index).take(8) {
        match &token.kind {
            Kind::Word(word) => {
                words.push(word);
                ends.push(position + 1);
            }
            Kind::Mark('-' | '\'' | '’') => {}
            _ => break,
        }
    }
    let known = CODE_WORDS.iter().chain(PLACE_WORDS.iter());
    match known.filter(|term| term.begins(&words)).max_by_key(|term| term.len()) {
        Some(term) => ends.get(term.len() - 1).copied(),
        None => spelled_at(tokens, index),
    }
}

/// The token behind `C.V.V.` or its kind, written letter by letter.
fn spelled_at(tokens: &[Token], index: usize) -> Option<usize> {
    let mut spelled = String::new();
    for (position, token) in tokens.iter().enumerate().skip(index).take(6) {
        match &token.kind {
            Kind::Word(letter) if letter.chars().count() == 1 => spelled.push_str(letter),
            Kind::Stop | Kind::Mark('-') => continue,
            _ => return None,
        }
        if SPELLED.contains(&spelled.as_str()) {
            let point = tokens.get(position + 1).is_some_and(|next| matches!(next.kind, Kind::Stop));
            return Some(position + 1 + usize::from(point));
        }
    }
    None
}

fn after_word(characters: &[char], tokens: &[Token], from: usize) -> Found {
    let mut words = 0;
    let mut only_links = true;
    let mut after_stop = false;
    let mut index = from;
    // `CVV2` and its kind: the digit belongs to the word.
    if let (Some(Token { span, kind: Kind::Number(digits) }), Some(word)) =
        (tokens.get(from), tokens.get(from - 1))
        && digits.len() == 1
        && span.start == word.span.end
    {
        index += 1;
    }
    while let Some(token) = tokens.get(index) {
        match &token.kind {
            Kind::Hidden => return Found::AlreadyHidden,
            Kind::Word(_) if words == WORDS_BETWEEN || code_word_at(tokens, index).is_some() => break,
            Kind::Word(word) => {
                words += 1;
                only_links &= LINKS.contains(&word.as_str());
            }
            Kind::Stop if words > 0 => break,
            Kind::Stop => after_stop = true,
            Kind::Mark(_) | Kind::Card(_) => {}
            Kind::Number(digits) if digits.len() == 1 && counts_digits(tokens, index) => index += 1,
            // `... of your CVV. 300 agents ...`: another sentence begins.
            Kind::Number(_) if after_stop && is_followed_by_word(tokens, index) => break,
            Kind::Number(_) => {
                if let Some(end) = expiry_at(tokens, index, true) {
                    index = end;
                    continue;
                }
                let code = code_at(characters, tokens, index, Place::ByWord { not_a_year: !only_links });
                return code.map_or(Found::Nothing, Found::Code);
            }
        }
        index += 1;
    }
    Found::Nothing
}

/// Whether the number only says of how many digits something is: `3 digits`.
fn counts_digits(tokens: &[Token], index: usize) -> bool {
    matches!(tokens.get(index + 1), Some(Token { kind: Kind::Word(word), .. })
        if DIGIT_WORDS.iter().any(|term| term.begins(&[word])))
}

fn is_followed_by_word(tokens: &[Token], index: usize) -> bool {
    matches!(tokens.get(index + 1), Some(Token { kind: Kind::Word(_), .. }))
}

fn before_word(characters: &[char], tokens: &[Token], word: usize) -> Option<Span> {
    let mut words = 0;
    for index in (0..word).rev() {
        match &tokens[index].kind {
            Kind::Word(link) if words < WORDS_BETWEEN && LINKS.contains(&link.as_str()) => words += 1,
            Kind::Mark(_) => {}
            Kind::Number(digits) if (3..=4).contains(&digits.len()) => {
                return code_at(characters, tokens, index, Place::ByWord { not_a_year: true });
            }
            _ => return None,
        }
    }
    None
}

fn behind_card(characters: &[char], tokens: &[Token], from: usize, long_code: bool) -> Option<Span> {
    let mut index = from;
    while let Some(token) = tokens.get(index) {
        match &token.kind {
            Kind::Word(word) if EXPIRY_WORDS.iter().any(|term| term.begins(&[word])) => {}
            Kind::Stop | Kind::Mark(_) => {}
            Kind::Number(digits) => {
                // An expiry date and the code in one piece.
                if let 7 | 8 = digits.len()
                    && is_month(&digits[..2])
                    && token.span.start == tokens[from - 1].span.end
                {
                    return nth_digit(characters, token.span, 4)
                        .map(|start| Span { start, end: token.span.end });
                }
                if let Some(end) = expiry_at(tokens, index, false) {
                    index = end;
                    continue;
                }
                let expiry_or_year = digits.len() == 4
                    && !long_code
                    && (is_month(&digits[..2]) && digits[2] >= 2 || is_year(digits));
                return if expiry_or_year {
                    None
                } else {
                    code_at(characters, tokens, index, Place::BehindCard)
                };
            }
            Kind::Word(_) | Kind::Card(_) | Kind::Hidden => return None,
        }
        index += 1;
    }
    None
}

/// The token behind the expiry date that begins at `index`: `12/27`, `12-2027`, `12 27`, and `1227` if
/// another 3 or 4 digits follow. With `marked` a separator must be seen.
fn expiry_at(tokens: &[Token], index: usize, marked: bool) -> Option<usize> {
    let number = |at: usize| match &tokens.get(at)?.kind {
        Kind::Number(digits) => Some(digits.as_slice()),
        _ => None,
    };
    let first = number(index)?;
    let separated = matches!(tokens.get(index + 1)?.kind, Kind::Mark('/' | '-' | '.') | Kind::Stop);
    if first.len() <= 2 && is_month(first) && (separated || !marked) {
        let year = index + 1 + usize::from(separated);
        return matches!(number(year)?.len(), 2 | 4).then_some(year + 1);
    }
    let code_follows = tokens[index + 1..]
        .iter()
        .take(3)
        .find_map(|token| match &token.kind {
            Kind::Number(digits) => Some(matches!(digits.len(), 3 | 4)),
            Kind::Hidden => Some(true),
            _ => None,
        })
        .unwrap_or(false);
    (first.len() == 4 && is_month(&first[..2]) && code_follows).then_some(index + 1)
}

/// Where a number stands that may be a code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Beside a word for it. Whether a year is none there.
    ByWord { not_a_year: bool },
    /// Behind a card number, whatever it and an expiry date look like together with the code.
    BehindCard,
}

/// The code that begins at this number, if it is one: 3 or 4 digits in a row, or each by itself.
fn code_at(characters: &[char], tokens: &[Token], index: usize, place: Place) -> Option<Span> {
    let Kind::Number(digits) = &tokens[index].kind else { return None };
    let singles = tokens[index..]
        .iter()
        .take_while(|token| matches!(&token.kind, Kind::Number(digits) if digits.len() == 1))
        .count();
    let (last, count) = if singles > 1 { (index + singles - 1, singles) } else { (index, digits.len()) };
    let span = Span { start: tokens[index].span.start, end: tokens[last].span.end };
    let is_unit = |token: &Token| match &token.kind {
        Kind::Word(word) => UNITS.iter().any(|unit| unit.begins(&[word])),
        Kind::Mark(mark) => is_money(*mark),
        _ => false,
    };
    let counts = tokens.get(last + 1).is_some_and(is_unit);
    let priced =
        index > 0 && matches!(tokens[index - 1].kind, Kind::Mark(mark) if mark != '%' && is_money(mark));
    let behind_card = place == Place::BehindCard;
    let not_a_year = place == Place::ByWord { not_a_year: true };
    let is_code = (3..=4).contains(&count)
        && !counts
        && !priced
        && (behind_card || !has_id_prefix(characters, span.start))
        && !has_decimals(characters, span)
        && (behind_card || !is_decimals(characters, span))
        && !((not_a_year || is_followed_by_word(tokens, last)) && is_year(digits));
    is_code.then_some(span)
}

fn is_money(mark: char) -> bool {
    matches!(mark, '%' | '€' | '$' | '£')
}

fn is_month(digits: &[u8]) -> bool {
    (1..=12).contains(&digits.iter().fold(0, |number, digit| number * 10 + digit))
}

fn is_year(digits: &[u8]) -> bool {
    matches!(digits, [1, 9, 9, _] | [2, 0, 0..=4, _])
}

/// Whether a point or comma and more digits follow.
fn has_decimals(characters: &[char], span: Span) -> bool {
    matches!(characters.get(span.end), Some('.' | ','))
        && characters.get(span.end + 1).copied().and_then(digit).is_some()
}

/// Whether more digits and a point or comma stand before.
fn is_decimals(characters: &[char], span: Span) -> bool {
    let [.., whole, point] = &characters[..span.start] else { return false };
    matches!(point, '.' | ',') && digit(*whole).is_some()
}

/// Where the digit with this index (from 0) stands within a span.
fn nth_digit(characters: &[char], span: Span, index: usize) -> Option<usize> {
    (span.start..span.end).filter(|&at| digit(characters[at]).is_some()).nth(index)
}

fn tokens(characters: &[char], cards: &[Card]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < characters.len() {
        let character = characters[start];
        let (end, kind) = if let Some(card) = cards.iter().find(|card| card.span.start == start) {
            (card.span.end, Some(Kind::Card(has_long_code(characters, card.span))))
        } else if let Some(end) = masked_card_at(characters, start) {
            (end, Some(Kind::Card(has_long_code(characters, Span { start, end }))))
        } else if digit(character).is_some() {
            let card_start = |index: usize| cards.iter().any(|card| card.span.start == index);
            let is_part =
                |index: usize, one: char| (digit(one).is_some() || is_invisible(one)) && !card_start(index);
            let end = end_of(characters, start, is_part);
            // Up to the last digit: what is invisible behind it stays.
            let end = (start..end).rfind(|&at| digit(characters[at]).is_some()).map_or(end, |last| last + 1);
            (end, Some(Kind::Number(characters[start..end].iter().filter_map(|&one| digit(one)).collect())))
        } else if character.is_alphabetic() {
            let end =
                end_of(characters, start, |_, one| one.is_alphabetic() || is_mark(one) || is_invisible(one));
            let mut word = String::new();
            characters[start..end].iter().for_each(|&one| fold_into(&mut word, one));
            (end, Some(Kind::Word(word)))
        } else if character == '*' {
            let end = end_of(characters, start, |_, one| one == '*');
            (end, Some(Kind::Hidden))
        } else {
            let kind = match character {
                '.' | '!' | '?' => Some(Kind::Stop),
                blank if blank.is_whitespace() || is_invisible(blank) => None,
                mark => Some(Kind::Mark(mark)),
            };
            (start + 1, kind)
        };
        if let Some(kind) = kind {
            tokens.push(Token { span: Span { start, end }, kind });
        }
        start = end;
    }
    tokens
}

fn end_of(characters: &[char], start: usize, is_part: impl Fn(usize, char) -> bool) -> usize {
    (start + 1..characters.len())
        .find(|&index| !is_part(index, characters[index]))
        .unwrap_or(characters.len())
}

/// American Express numbers begin with 34 or 37.
fn has_long_code(characters: &[char], span: Span) -> bool {
    let mut digits = characters[span.start..span.end].iter().filter_map(|&one| digit(one));
    digits.next() == Some(3) && matches!(digits.next(), Some(4 | 7))
}

/// The end of a card number somebody masked before us: up to six digits, some of `*`, `x`, `X`,
/// `•` or `#`, four digits; spaces and hyphens anywhere.
fn masked_card_at(characters: &[char], start: usize) -> Option<usize> {
    let is_hider = |character: char| matches!(character, '*' | 'x' | 'X' | '•' | '#');
    let is_blank = |character: char| matches!(character, ' ' | '-' | '\u{a0}');
    if !is_hider(characters[start]) && digit(characters[start]).is_none() {
        return None;
    }
    let (mut leading, mut hidden, mut trailing) = (0, 0, 0);
    let mut end = start;
    for (index, &character) in characters.iter().enumerate().skip(start) {
        if is_hider(character) && trailing == 0 {
            hidden += 1;
        } else if digit(character).is_some() && hidden == 0 {
            leading += 1;
        } else if digit(character).is_some() && trailing < 4 {
            trailing += 1;
        } else if !is_blank(character) || trailing == 4 {
            break;
        }
        end = index + 1;
    }
    let ends = leading == 6 || characters.get(end).is_none_or(|&next| digit(next).is_none());
    // The shortest card numbers have 13 digits: three are hidden between the first six and last four.
    let enough = hidden >= 4 || (leading == 6 && hidden == 3);
    (leading <= 6 && enough && trailing == 4 && ends).then_some(end)
}
