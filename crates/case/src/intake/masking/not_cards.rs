//! Numbers that look like a card number and are none: IBANs, UUIDs, digests, phone numbers, and
//! numbers marked as an order's or a transaction's. The support teams need them readable.

use std::sync::LazyLock;

use super::Span;
use super::digits::digit;
use crate::intake::terms::{Term, terms, words};

/// IBAN country codes with the length of an IBAN there (ISO 13616 registry).
const IBAN_LENGTHS: &str = "\
     AD24 AL28 AT20 BA20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 \
     GR27 HR21 HU28 IE22 IL23 IS26 IT27 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MT31 NL18 NO15 PL28 PT25 \
     RO24 RS22 SA24 SE24 SI19 SK24 SM27 TR26 UA29 VA22 XK20";

/// What systems put before the ids they give out.
const ID_PREFIXES: &[&str] = &[
    "tx", "txn", "trx", "trn", "trans", "ord", "order", "ref", "inv", "id", "pay", "pmt", "wd", "dep",
    "case", "ticket", "bet", "round", "session", "po", "so",
];

/// No id's prefix is longer than this, in characters.
const LONGEST_PREFIX: usize = 32;

/// Words after which a number is an order's, a transaction's or an account's, not a card's.
static LABELS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    terms(
        "ref, order*, ordre*, transaktion*, transaksjon*, transac*, transaz*, transak*, transazion*, tapahtuma*, \
         maksutunnus*, maksutapahtuma*, tilaus*, tilausnumero*, reference*, referens*, referanse*, \
         referenc*, referenz*, referen*, riferimento, viite*, zamówieni*, bestell*, beställning*, \
         bestilling*, pedido*, encomenda*, commande*, ordine*, faktura*, invoice*, rechnung*, factura*, \
         facture*, fattura*, fatura*, lasku*, kvittering*, kvitto*, betalings id, betalnings id, payment \
         id, iban, imei, ocr, kid, sagsnummer*, saksnummer*, ärendenummer*, numer sprawy, case number, \
         kontonummer*, kundennummer*, kundenummer*, kundnummer*, medlemsnummer*, bilag*, id giocata, numer \
         zakładu, apuesta*",
    )
});

/// Words that may stand between such a label and its number.
const FILLERS: &[&str] = &[
    "nr", "no", "num", "number", "nummer", "nummeret", "numret", "numer", "numero", "id", "er", "ar", "is",
    "to", "jest", "ist", "es", "est", "e", "on", "lyder", "med", "the", "was", "var", "my",
];

/// Words that say it is a card's number after all.
static CARD_WORDS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    terms("*kort*, *card*, *karta*, *karty*, *karte*, tarjeta*, carte*, carta*, cartao*, visa*, amex*")
});

/// Stretches that are an IBAN, a UUID or a digest as a whole.
pub(super) fn find(characters: &[char]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = 0;
    while start < characters.len() {
        let at_word = start == 0 || !characters[start - 1].is_alphanumeric();
        let found = at_word
            .then(|| iban_at(characters, start).or_else(|| hexadecimal_at(characters, start)))
            .flatten();
        match found {
            Some(end) => {
                spans.push(Span { start, end });
                start = end;
            }
            None => start += 1,
        }
    }
    spans
}

/// The end of the IBAN that begins here.
fn iban_at(characters: &[char], start: usize) -> Option<usize> {
    let country: String = characters.get(start..start + 2)?.iter().collect::<String>().to_ascii_uppercase();
    let length: usize =
        IBAN_LENGTHS.split(' ').find_map(|entry| entry.strip_prefix(&country))?.parse().ok()?;
    let mut body = Vec::with_capacity(length);
    let mut position = start;
    while body.len() < length {
        let character = *characters.get(position)?;
        if character.is_ascii_alphanumeric() {
            body.push(character.to_ascii_uppercase());
        } else if !matches!(character, ' ' | '\u{a0}') || characters.get(position - 1) == Some(&character) {
            return None;
        }
        position += 1;
    }
    let ends = characters.get(position).is_none_or(|next| !next.is_alphanumeric());
    let remainder = body[4..].iter().chain(&body[..4]).try_fold(0_u32, |remainder, character| {
        let value = character.to_digit(36)?;
        Some((remainder * if value < 10 { 10 } else { 100 } + value) % 97)
    })?;
    (ends && remainder == 1).then_some(position)
}

/// The end of the UUID, or of the hexadecimal digest of 24 characters or more, that begins here.
fn hexadecimal_at(characters: &[char], start: usize) -> Option<usize> {
    let length = characters[start..]
        .iter()
        .take_while(|character| character.is_ascii_hexdigit() || **character == '-')
        .count();
    let word = &characters[start..start + length];
    let parts: Vec<usize> = word.split(|character| *character == '-').map(<[char]>::len).collect();
    let letters = word.iter().filter(|character| character.is_ascii_alphabetic()).count();
    let is_uuid = parts == [8, 4, 4, 4, 12];
    let is_digest = parts.len() == 1 && length >= 24 && letters >= 3;
    let ends = characters.get(start + length).is_none_or(|next| !next.is_alphanumeric());
    (ends && (is_uuid || is_digest)).then_some(start + length)
}

/// Whether the digits that begin at `start` are a phone number by the `+` before them.
pub(super) fn is_phone(characters: &[char], start: usize, digits: usize) -> bool {
    // E.164: at most 15 digits after the plus.
    digits <= 15 && start > 0 && characters[start - 1] == '+'
}

/// Whether the unbroken digits that begin at `start` are marked as somebody's id: by a prefix that
/// belongs to them (`TX-...`) or by the words before them (`order number ...`).
pub(super) fn is_marked_as_id(characters: &[char], start: usize) -> bool {
    has_id_prefix(characters, start) || is_labelled(characters, start)
}

/// Whether the digits that begin at `start` continue an id such as `TX-` or `a1b2-`.
pub(super) fn has_id_prefix(characters: &[char], start: usize) -> bool {
    let length = characters[..start]
        .iter()
        .rev()
        .take(LONGEST_PREFIX)
        .take_while(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '#'))
        .count();
    let prefix: String = characters[start - length..start].iter().collect::<String>().to_ascii_lowercase();
    if ["kort", "card", "kart", "visa", "cv"].iter().any(|card| prefix.contains(card)) {
        return false;
    }
    let mut parts = prefix.split(['-', '_', '#']).filter(|part| !part.is_empty());
    let Some(first) = parts.next() else { return false };
    let is_joined = parts.next().is_some() || prefix.ends_with(['-', '_', '#']);
    let is_mixed = first.len() <= 12
        && first.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && first.bytes().any(|byte| byte.is_ascii_digit());
    ID_PREFIXES.contains(&first) || (is_joined && is_mixed)
}

/// Whether the words right before `start` say that an order's or a transaction's number follows.
fn is_labelled(characters: &[char], start: usize) -> bool {
    let from = start.saturating_sub(60);
    let before: String = characters[from..start]
        .iter()
        .rev()
        .take_while(|character| !matches!(character, '\n' | '!' | '?' | ';') && digit(**character).is_none())
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let words = words(&before);
    (0..words.len()).rev().take(4).any(|first| {
        LABELS.iter().any(|label| {
            label.begins(&words[first..])
                && words[first + label.len()..].iter().all(|word| FILLERS.contains(&word.as_str()))
                && !CARD_WORDS.iter().any(|card| card.occurs(&words[first..]))
        })
    })
}
