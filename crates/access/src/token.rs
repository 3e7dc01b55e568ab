//! A bearer token (RFC 9068: a JWT access token) and everything that must be right about it.
//!
//! In this order: its size, its form, its algorithm and key, its signature, for whom and for when it is, and
//! last what it says. Nothing of it is believed, or named in a refusal, before its signature was checked.

use std::collections::BTreeSet;
use std::sync::Arc;

use ambient::Clock;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use case::{Actor, ActorKind, AgentId, Brand, Team};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::identity::{Brands, Identity};
use crate::jwks::Algorithm;
use crate::keys::Keys;
use crate::mint::KEY_PREFIX;
use crate::role::Role;
use crate::strict_json;

/// The largest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// Header fields that bring a key along, or ask for something we do not do.
const NOT_FROM_CALLERS: [&str; 6] = ["jku", "jwk", "x5u", "x5c", "crit", "b64"];

/// What tokens must be like.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Who issues them (`iss`).
    pub issuer: String,
    /// For whom they must be (`aud`).
    pub audience: String,
    /// How they may be signed.
    pub algorithms: Vec<Algorithm>,
    /// How far the issuer's clock may be from ours.
    pub leeway: SignedDuration,
    /// What `acr` says when a second factor was proven.
    pub second_factor: Vec<String>,
    /// Whether tokens signed with a development key are believed.
    pub development_keys: bool,
}

/// Why a token is not believed. Says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is none.
    #[error("send a token: metadata 'authorization' with 'Bearer' and the token")]
    Missing,
    /// More bytes than any token of ours has.
    #[error("the token is larger than {MAX_TOKEN_BYTES} bytes")]
    TooLarge,
    /// No JWT, or one that can be read in two ways.
    #[error("the token is no well-formed JWT")]
    Malformed,
    /// Its type, algorithm, key or signature is not one that is trusted.
    #[error("the token is not signed by a key that is trusted, in a way that is accepted")]
    Untrusted,
    /// From another issuer or for somebody else.
    #[error("the token is from another issuer, or for another audience")]
    NotForUs,
    /// It was valid once.
    #[error("the token has expired; ask for a new one")]
    Expired,
    /// It will be valid.
    #[error("the token is not valid yet; check the clocks")]
    NotYetValid,
    /// A claim is missing or of a wrong kind.
    #[error("a claim of the token is missing, or is not of the right kind")]
    Claims,
}

impl Refused {
    /// The stable reason.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "TOKEN_MISSING",
            Self::TooLarge => "TOKEN_TOO_LARGE",
            Self::Malformed => "TOKEN_MALFORMED",
            Self::Untrusted => "TOKEN_UNTRUSTED",
            Self::NotForUs => "TOKEN_NOT_FOR_US",
            Self::Expired => "TOKEN_EXPIRED",
            Self::NotYetValid => "TOKEN_NOT_YET_VALID",
            Self::Claims => "TOKEN_CLAIMS_INVALID",
        }
    }
}

/// Checks tokens.
pub struct Verifier {
    rules: Rules,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// Checks tokens by `rules`, with `keys`, at `clock`'s time.
    pub fn new(rules: Rules, keys: Keys, clock: Arc<dyn Clock>) -> Self {
        Self { rules, keys, clock }
    }

    /// The moment by which tokens are judged.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// When anything about it is not as it must be.
    pub async fn verify(&self, token: &str) -> Result<Identity, Refused> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refused::TooLarge);
        }
        let parts = Parts::of(token)?;
        let header = strict_json::object(&parts.header).ok_or(Refused::Malformed)?;
        if NOT_FROM_CALLERS.iter().any(|name| header.contains_key(*name)) {
            return Err(Refused::Untrusted);
        }
        let text = |name: &str| header.get(name).and_then(Value::as_str).ok_or(Refused::Untrusted);
        let kind = text("typ")?.to_ascii_lowercase();
        if !matches!(kind.as_str(), "at+jwt" | "application/at+jwt") {
            return Err(Refused::Untrusted);
        }
        let algorithm: Algorithm = text("alg")?.parse().map_err(|_| Refused::Untrusted)?;
        if !self.rules.algorithms.contains(&algorithm) {
            return Err(Refused::Untrusted);
        }
        let id = text("kid")?;
        if id.starts_with(KEY_PREFIX) && !self.rules.development_keys {
            return Err(Refused::Untrusted);
        }
        let key = self.keys.key(id).await.ok_or(Refused::Untrusted)?;
        if key.algorithm != algorithm || !key.verifies(parts.signed, &parts.signature) {
            return Err(Refused::Untrusted);
        }
        let claims = strict_json::object(&parts.claims).ok_or(Refused::Malformed)?;
        Claims(&claims).identity(&self.rules, self.clock.now())
    }
}

/// The three parts of a token.
struct Parts<'a> {
    header: Vec<u8>,
    claims: Vec<u8>,
    signature: Vec<u8>,
    signed: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self, Refused> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refused::Malformed)?;
        // A fourth part would leave a dot in one of them, which is no letter of base64.
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Malformed);
        Ok(Self {
            header: decode(header)?,
            claims: decode(claims)?,
            signature: decode(signature)?,
            signed: signed.as_bytes(),
        })
    }
}

/// What a token says; its signature is right.
struct Claims<'a>(&'a Map<String, Value>);

impl Claims<'_> {
    fn text(&self, name: &str) -> Result<&str, Refused> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(Refused::Claims)
    }

    /// Whole seconds since 1970.
    fn moment(&self, name: &str) -> Result<Option<Timestamp>, Refused> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let seconds = value.as_i64().ok_or(Refused::Claims)?;
        Timestamp::from_second(seconds).map(Some).map_err(|_| Refused::Claims)
    }

    fn required_moment(&self, name: &str) -> Result<Timestamp, Refused> {
        self.moment(name)?.ok_or(Refused::Claims)
    }

    /// A list of words; none is an empty one.
    fn words(&self, name: &str) -> Result<Vec<&str>, Refused> {
        let Some(value) = self.0.get(name) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or(Refused::Claims)?;
        items.iter().map(|item| item.as_str().ok_or(Refused::Claims)).collect()
    }

    fn is_for(&self, audience: &str) -> Result<bool, Refused> {
        match self.0.get("aud") {
            Some(Value::String(one)) => Ok(one == audience),
            Some(Value::Array(_)) => Ok(self.words("aud")?.contains(&audience)),
            _ => Err(Refused::Claims),
        }
    }

    fn identity(&self, rules: &Rules, now: Timestamp) -> Result<Identity, Refused> {
        if self.text("iss")? != rules.issuer || !self.is_for(&rules.audience)? {
            return Err(Refused::NotForUs);
        }
        let (expires, begins) = (self.required_moment("exp")?, self.required_moment("nbf")?);
        self.moment("iat")?;
        if now.duration_since(expires) >= rules.leeway {
            return Err(Refused::Expired);
        }
        if begins.duration_since(now) > rules.leeway {
            return Err(Refused::NotYetValid);
        }
        let id: AgentId = self.text("sub")?.parse().map_err(|_| Refused::Claims)?;
        // An issuer serves other systems too: words that are not ours give nothing.
        let roles: BTreeSet<Role> =
            self.words("roles")?.iter().filter_map(|word| word.parse().ok()).collect();
        let kind = one_kind(&roles)?;
        let teams = if kind == ActorKind::Agent { self.words("teams")? } else { Vec::new() };
        let teams: Vec<Team> = teams.iter().filter_map(|word| word.parse().ok()).collect();
        let actor =
            Actor { kind, id: id.to_string(), teams, second_factor_at: self.second_factor_at(rules, now)? };
        let until = expires.saturating_add(rules.leeway).unwrap_or(Timestamp::MAX);
        Ok(Identity { actor, roles, brands: self.brands()?, until: Some(until) })
    }

    fn brands(&self) -> Result<Brands, Refused> {
        let words = self.words("brands")?;
        if words == ["*"] {
            return Ok(Brands::All);
        }
        let brands: Result<BTreeSet<Brand>, _> = words.iter().map(|word| word.parse()).collect();
        brands.map(Brands::Only).map_err(|_| Refused::Claims)
    }

    fn second_factor_at(&self, rules: &Rules, now: Timestamp) -> Result<Option<Timestamp>, Refused> {
        let at = self.moment("auth_time")?;
        let acr = match self.0.get("acr") {
            None => return Ok(None),
            Some(value) => value.as_str().ok_or(Refused::Claims)?,
        };
        let is_proven = rules.second_factor.iter().any(|known| known == acr);
        match at {
            Some(at) if at.duration_since(now) > rules.leeway => Err(Refused::Claims),
            // The issuer's clock may be a little ahead; nothing was proven in the future.
            Some(at) if is_proven => Ok(Some(at.min(now))),
            _ => Ok(None),
        }
    }
}

/// Nobody is a player and an agent at once.
fn one_kind(roles: &BTreeSet<Role>) -> Result<ActorKind, Refused> {
    let mut kinds = roles.iter().map(|role| role.kind());
    let first = kinds.next().ok_or(Refused::Claims)?;
    if kinds.all(|kind| kind == first) { Ok(first) } else { Err(Refused::Claims) }
}
