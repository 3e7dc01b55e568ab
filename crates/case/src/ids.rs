//! Ids that people or other systems see, each checked where it enters.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::intake::{MaskedKind, mask};

/// A text that is no valid id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not 2 to 4 letters.
    #[error("'{0}' is not a brand; use its 2 to 4 capital letters, such as NB")]
    Brand(String),
    /// Not `BRAND-YEAR-SEQUENCE-CHECK`.
    #[error("'{0}' is not a case number; it looks like NB-2026-000412-K")]
    CaseNumber(String),
    /// The check character does not fit: a letter or digit was misheard or mistyped.
    #[error("the case number '{0}' has a typing error: its last letter does not fit the rest")]
    CheckCharacter(String),
    /// Empty, too long, or with characters other than letters, digits, `-`, `_`, `.`, `:`, `@`, `+`.
    #[error("'{given}' is not a {what}; use 1 to 64 letters, digits and - _ . : @ +")]
    Word {
        /// Which id.
        what: &'static str,
        /// What came.
        given: String,
    },
    /// It reads as a card number, and ids are stored as they are. The number is not repeated.
    #[error(
        "a {what} that reads as a card number is not taken; if it is none, put letters before it, as in TX-1"
    )]
    CardNumber {
        /// Which id.
        what: &'static str,
    },
    /// Not a UUID.
    #[error("'{given}' is not a {what}; use a UUID such as 0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00")]
    Uuid {
        /// Which id.
        what: &'static str,
        /// What came.
        given: String,
    },
}

/// What came, short, and without card data: an error message is shown and may be logged.
fn quoted(text: &str) -> String {
    mask(text).text.chars().take(80).collect()
}

macro_rules! word_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:@+".contains(c);
                if !(1..=64).contains(&text.len()) || !text.chars().all(allowed) {
                    Err(InvalidId::Word { what: $what, given: quoted(text) })
                } else if mask(text).kinds.contains(&MaskedKind::CardNumber) {
                    Err(InvalidId::CardNumber { what: $what })
                } else {
                    Ok(Self(text.to_owned()))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

word_id! {
    /// A player's account id at the brand: a pseudonym, not a name.
    PlayerId, "player id"
}
word_id! {
    /// A support agent's id.
    AgentId, "agent id"
}
word_id! {
    /// A payment's id at the gateway.
    TransactionId, "transaction id"
}

/// A brand: the tenant that a case belongs to, and the prefix of its case numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Brand(String);

impl Brand {
    /// The capital letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Brand {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if (2..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId::Brand(quoted(text)))
        }
    }
}

impl TryFrom<String> for Brand {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Brand> for String {
    fn from(brand: Brand) -> Self {
        brand.0
    }
}

impl fmt::Display for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A case's id: the id of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CaseId(pub Uuid);

impl CaseId {
    /// The id of the case that the request `request_id` opens at `brand`. The same request always
    /// opens the same case, so a repeat finds it. Keeps the time part of a UUIDv7, so that ids stay
    /// time-ordered (random ids cost a third of the log's throughput).
    ///
    /// Its last byte is its shard, one of `shards` (1 to 256): the id alone tells where the case is, and it stays
    /// there when shards are added.
    pub fn of_request(brand: &Brand, request_id: Uuid, shards: u16) -> Self {
        let id = derive("case", request_id, brand.as_str());
        let shard = u16::from(id.as_bytes()[15]) % shards.max(1);
        Self(in_shard(id, u8::try_from(shard).unwrap_or(0)))
    }
}

impl FromStr for CaseId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Uuid::parse_str(text).map(Self).map_err(|_| InvalidId::Uuid { what: "case id", given: quoted(text) })
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An id determined by a cause and a purpose, such as the command a reaction sends for an event: a
/// repeat gives the same id. Keeps the cause's time part.
pub fn derive(purpose: &str, cause: Uuid, detail: &str) -> Uuid {
    let digest = Sha256::new()
        .chain_update(purpose.as_bytes())
        .chain_update([0])
        .chain_update(cause.as_bytes())
        .chain_update(detail.as_bytes())
        .finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    if cause.get_version_num() == 7 || cause.get_version_num() == 8 {
        bytes[..6].copy_from_slice(&cause.as_bytes()[..6]);
    }
    // Version 8: "custom" (RFC 9562), because the random part is not random.
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The id with `shard` as its last byte: that is where the log keeps the stream.
pub(crate) fn in_shard(id: Uuid, shard: u8) -> Uuid {
    let mut bytes = id.into_bytes();
    bytes[15] = shard;
    Uuid::from_bytes(bytes)
}

/// The number people use: brand, year, sequence, check character. Without confusion over a phone (the
/// check letters leave out I, O and U) and safe in an e-mail's subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct CaseNumber {
    brand: Brand,
    year: u16,
    sequence: u32,
}

/// 23 letters, a prime number of them: with position weights every single wrong digit and every swap of
/// two neighbouring digits changes the check letter.
const CHECK_LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

impl CaseNumber {
    /// The number of the `sequence`-th case (from 1) that `brand` opened in `year`.
    pub fn new(brand: Brand, year: u16, sequence: u32) -> Self {
        Self { brand, year, sequence }
    }

    /// The brand it belongs to.
    pub fn brand(&self) -> &Brand {
        &self.brand
    }

    /// The year it was given in (UTC).
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The running number within brand and year.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    fn body(&self) -> String {
        format!("{}-{:04}-{:06}", self.brand, self.year, self.sequence)
    }

    fn check_letter(body: &str) -> char {
        let sum: usize = body
            .bytes()
            .filter(u8::is_ascii_alphanumeric)
            .enumerate()
            .map(|(index, byte)| {
                let value = if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' + 10 };
                (index + 2) * usize::from(value)
            })
            .sum();
        // The offset only makes the example in the documentation, NB-2026-000412, end in K.
        char::from(CHECK_LETTERS[(sum + 5) % CHECK_LETTERS.len()])
    }

    /// Finds the first case number in a text, such as an e-mail's subject (R11). Wrong check
    /// characters are passed over.
    pub fn find_in(text: &str) -> Option<Self> {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).find_map(|word| word.parse().ok())
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body();
        write!(f, "{body}-{}", Self::check_letter(&body))
    }
}

impl FromStr for CaseNumber {
    type Err = InvalidId;

    /// Reads a number as people write it: small letters are taken as capitals.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::CaseNumber(quoted(text));
        let upper = text.trim().to_ascii_uppercase();
        let parts: Vec<&str> = upper.split('-').collect();
        let [brand, year, sequence, check] = parts.as_slice() else { return Err(invalid()) };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || !(6..=9).contains(&sequence.len()) || !digits(year) || !digits(sequence) {
            return Err(invalid());
        }
        let number = Self {
            brand: brand.parse().map_err(|_| invalid())?,
            year: year.parse().map_err(|_| invalid())?,
            sequence: sequence.parse().map_err(|_| invalid())?,
        };
        let right = Self::check_letter(&number.body());
        if number.body().len() + 2 != upper.len() {
            Err(invalid())
        } else if *check == right.to_string() {
            Ok(number)
        } else {
            Err(InvalidId::CheckCharacter(upper))
        }
    }
}

impl TryFrom<String> for CaseNumber {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<CaseNumber> for String {
    fn from(number: CaseNumber) -> Self {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(sequence: u32) -> CaseNumber {
        CaseNumber::new("NB".parse().unwrap(), 2026, sequence)
    }

    #[test]
    fn a_case_number_reads_back_and_is_found_in_a_subject() {
        let text = number(412).to_string();
        assert_eq!(text, "NB-2026-000412-K");
        assert_eq!(text.to_lowercase().parse(), Ok(number(412)));
        assert_eq!(CaseNumber::find_in("Re: [NB-2026-000412-K] Din sag"), Some(number(412)));
        assert_eq!(number(1_000_412).to_string().parse(), Ok(number(1_000_412)));
    }

    #[test]
    fn every_single_wrong_digit_and_every_swap_of_neighbours_is_noticed() {
        for sequence in [1, 412, 98_765, 120_000] {
            let right = number(sequence).to_string();
            let bytes = right.as_bytes();
            for index in 3..14 {
                for digit in b'0'..=b'9' {
                    let mut wrong = bytes.to_vec();
                    if bytes[index] == b'-' || bytes[index] == digit {
                        continue;
                    }
                    wrong[index] = digit;
                    assert!(String::from_utf8(wrong).unwrap().parse::<CaseNumber>().is_err());
                }
                let mut swapped = bytes.to_vec();
                swapped.swap(index, index - 1);
                if swapped != bytes {
                    assert!(String::from_utf8(swapped).unwrap().parse::<CaseNumber>().is_err());
                }
            }
        }
    }

    #[test]
    fn ids_with_spaces_or_nothing_in_them_are_refused() {
        assert!("".parse::<PlayerId>().is_err());
        assert!("a b".parse::<TransactionId>().is_err());
        assert!("nb".parse::<Brand>().is_err());
        assert!("x".repeat(65).parse::<AgentId>().is_err());
    }

    #[test]
    fn a_card_number_is_no_id_and_is_not_repeated() {
        for text in ["4111111111111111", "4111-1111-1111-1111", "p.4111111111111111"] {
            let refused = text.parse::<TransactionId>().unwrap_err();
            assert_eq!(refused, InvalidId::CardNumber { what: "transaction id" });
        }
        assert!("TX-4111111111111111".parse::<TransactionId>().is_ok());
        for refused in [
            "card 4111 1111 1111 1111".parse::<PlayerId>().unwrap_err(),
            "4111 1111 1111 1111".parse::<Brand>().unwrap_err(),
            "4111 1111 1111 1111".parse::<CaseNumber>().unwrap_err(),
            "4111 1111 1111 1111".parse::<CaseId>().unwrap_err(),
        ] {
            assert!(refused.to_string().contains("411111******1111"), "{refused}");
        }
    }

    #[test]
    fn the_same_request_opens_the_same_case_and_keeps_its_time() {
        let brand: Brand = "NB".parse().unwrap();
        let request = uuid::Builder::from_unix_timestamp_millis(1_800_000_000_000, &[7; 10]).into_uuid();
        let case = CaseId::of_request(&brand, request, 1);
        assert_eq!(case, CaseId::of_request(&brand, request, 1));
        assert_ne!(case, CaseId::of_request(&"DK".parse().unwrap(), request, 1));
        assert_eq!(case.0.as_bytes()[..6], request.as_bytes()[..6]);
    }
}
