//! Reading requests: every field checked where it enters, all wrong fields reported at once.

use std::str::FromStr;

use case::intake::mask;
use case::{Actor, Brand};
use contracts::FreeTexts;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tonic::Request;
use uuid::Uuid;

use crate::auth::{Caller, Scope};
use crate::failure::{Failure, Violation};

/// How many entries a page has when the caller does not say (AIP-158).
pub const DEFAULT_PAGE_SIZE: u32 = 50;
/// The most entries a page has; larger wishes are cut to this (AIP-158).
pub const MAX_PAGE_SIZE: u32 = 200;

/// Collects what is wrong with a request, field by field.
#[derive(Debug, Default)]
pub struct Checks {
    violations: Vec<Violation>,
    is_foreign: bool,
}

impl Checks {
    /// Nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `field` is wrong.
    pub fn fail(&mut self, field: &str, description: impl ToString) {
        self.violations.push(Violation { field: field.to_owned(), description: description.to_string() });
    }

    /// Keeps the value, or notes why there is none.
    pub fn take<T, E: ToString>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.fail(field, error)).ok()
    }

    /// Reads a required word or id.
    pub fn parse<T: FromStr>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T::Err: ToString,
    {
        if text.is_empty() {
            self.fail(field, "is required");
            return None;
        }
        self.take(field, text.parse())
    }

    /// Reads an optional word or id: empty means none.
    pub fn parse_optional<T: FromStr>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T::Err: ToString,
    {
        if text.is_empty() { None } else { self.take(field, text.parse()) }
    }

    /// A brand that the caller works for. Every method that is asked about a brand reads it with this.
    pub fn brand(&mut self, field: &str, text: &str) -> Option<Brand> {
        let brand: Brand = self.parse(field, text)?;
        self.is_foreign |= !Scope::current().includes_brand(brand.as_str());
        Some(brand)
    }

    /// The player a new case is about: players open only their own.
    pub fn player_of(&mut self, brand: &Brand, player_id: &str) {
        self.is_foreign |= !Scope::current().includes(Some(brand.as_str()), Some(player_id), None);
    }

    /// A required text of at most `max` characters, trimmed.
    pub fn text(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if trimmed.is_empty() {
            self.fail(field, "is required");
            None
        } else if length > max {
            self.fail(field, format!("has {length} characters; at most {max} are allowed"));
            None
        } else {
            Some(trimmed.to_owned())
        }
    }

    /// An optional text of at most `max` characters: empty means none.
    pub fn optional_text(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        if text.trim().is_empty() { None } else { self.text(field, text, max) }
    }

    /// The `request_id` of a mutation (AIP-155).
    pub fn request_id(&mut self, text: &str) -> Option<Uuid> {
        if text.is_empty() {
            self.fail("request_id", "is required: a new UUID for every new request, the same for a retry");
            return None;
        }
        match Uuid::parse_str(text) {
            Ok(id) if !id.is_nil() => Some(id),
            _ => {
                self.fail("request_id", "is not a UUID; a time-ordered one (version 7) is best");
                None
            }
        }
    }

    /// The `etag` of a mutation (AIP-154): a quoted version, or nothing.
    pub fn etag(&mut self, text: &str) -> Option<u64> {
        if text.is_empty() {
            return None;
        }
        let version =
            text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|rest| rest.parse().ok());
        if version.is_none() {
            self.fail("etag", "is not one of ours; send it back exactly as it came, with its quotes");
        }
        version
    }

    /// A word sent as a protobuf enum: `name` is the value's name (`CHANNEL_MEMBER_AREA`), `prefix` its
    /// enum's (`CHANNEL_`), and the word is what follows, in small letters.
    pub fn word<T: FromStr>(&mut self, field: &str, prefix: &str, name: &str) -> Option<T>
    where
        T::Err: ToString,
    {
        let word = name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase();
        if word == "unspecified" {
            self.fail(field, "is required");
            return None;
        }
        self.take(field, word.parse())
    }

    /// As [`Checks::word`]; unspecified means none.
    pub fn optional_word<T: FromStr>(&mut self, field: &str, prefix: &str, name: &str) -> Option<T>
    where
        T::Err: ToString,
    {
        if name.ends_with("UNSPECIFIED") { None } else { self.word(field, prefix, name) }
    }

    /// The size of a page (AIP-158).
    pub fn page_size(&mut self, wished: i32) -> u32 {
        match u32::try_from(wished) {
            Ok(0) => DEFAULT_PAGE_SIZE,
            Ok(size) => size.min(MAX_PAGE_SIZE),
            Err(_) => {
                self.fail("page_size", "must not be negative");
                DEFAULT_PAGE_SIZE
            }
        }
    }

    /// Ends the checks: nothing, or everything that was wrong.
    pub fn finish(self) -> Result<(), Failure> {
        if self.is_foreign {
            return Err(Failure::Refused {
                reason: "BRAND_NOT_ALLOWED",
                message: "the caller's token is not for this brand, or this player".to_owned(),
                metadata: Vec::new(),
                field: None,
                permission: true,
            });
        }
        if self.violations.is_empty() { Ok(()) } else { Err(Failure::InvalidArgument(self.violations)) }
    }

    /// Ends the checks with the value, which is there exactly when nothing was wrong with it.
    pub fn finish_with<T>(self, value: Option<T>) -> Result<T, Failure> {
        self.finish()?;
        value.ok_or_else(|| Failure::Internal("a check passed without a value".to_owned()))
    }
}

/// The etag of a version: quoted (AIP-154).
pub fn etag_of(version: u64) -> String {
    format!("\"{version}\"")
}

/// The name of the protobuf enum value for a word: the inverse of [`Checks::word`].
pub fn enum_name(prefix: &str, word: &str) -> String {
    format!("{prefix}{}", word.to_ascii_uppercase())
}

/// A request as it is digested: its name, and where people's texts are in it.
pub trait Body: prost::Name + Clone + FreeTexts {}

impl<M: prost::Name + Clone + FreeTexts> Body for M {}

fn name_of<M: prost::Name>(_: &M) -> String {
    M::full_name()
}

/// Digest of a request, name and body: the same request id with another digest is refused. The name
/// belongs to it because requests of two methods may have the same fields.
///
/// It is stored, so it is taken without card data: from a digest beside a number's first six and last four
/// digits the six between are soon guessed (PCI DSS 3.5.1).
pub fn fingerprint(message: &impl Body) -> [u8; 32] {
    let mut message = message.clone();
    message.free_texts(&mut |text| *text = mask(text).text);
    Sha256::new()
        .chain_update(name_of(&message))
        .chain_update([0])
        .chain_update(message.encode_to_vec())
        .finalize()
        .into()
}

/// Who made this call.
pub fn actor<T>(request: &Request<T>) -> Result<Actor, Failure> {
    request
        .extensions()
        .get::<Caller>()
        .map(|caller| caller.0.clone())
        .ok_or_else(|| Failure::Internal("a call without a caller got past the server".to_owned()))
}

/// A moment as protobuf has it.
pub fn timestamp(moment: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: moment.as_second(), nanos: moment.subsec_nanosecond() }
}

/// A moment from protobuf, cut to microseconds.
pub fn moment(checks: &mut Checks, field: &str, given: &prost_types::Timestamp) -> Option<Timestamp> {
    let read = Timestamp::new(given.seconds, given.nanos)
        .and_then(|moment| Timestamp::from_microsecond(moment.as_microsecond()));
    checks.take(field, read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_wrong_fields_are_reported_at_once() {
        let mut checks = Checks::new();
        checks.request_id("x");
        checks.etag("12");
        checks.text("text", " ", 10);
        checks.parse::<case::Channel>("channel", "pigeon");
        let Err(Failure::InvalidArgument(violations)) = checks.finish() else { panic!("refused") };
        let fields: Vec<&str> = violations.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["request_id", "etag", "text", "channel"]);
    }

    #[test]
    fn a_fingerprint_tells_requests_apart_but_nothing_about_a_card() {
        let reply = |text: &str| contracts::intake::v1::SendReplyRequest {
            text: text.to_owned(),
            ..contracts::intake::v1::SendReplyRequest::default()
        };
        let of = |text: &str| fingerprint(&reply(text));
        assert_eq!(of("hej"), of("hej"));
        assert_ne!(of("hej"), of("hej igen"));
        assert_eq!(of("kort 4111 1111 1111 1111"), of("kort 411111******1111"));
        assert_eq!(of("cvv 123"), of("cvv 987"));
        assert_ne!(of("order 4711"), of("order 4712"));
    }

    #[test]
    fn an_etag_reads_back() {
        assert_eq!(Checks::new().etag(&etag_of(42)), Some(42));
    }
}
