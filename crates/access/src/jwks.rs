//! A JSON Web Key Set (RFC 7517): the public keys that tokens are checked with. Each key is for one
//! algorithm, whatever a token says, so no key can be taken for one of another kind.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::{Map, Value};

use crate::strict_json;

/// How a token may be signed: with a key pair only. A shared secret would let every service that checks
/// tokens make them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA PKCS#1 1.5 with SHA-256.
    Rs256,
    /// RSA PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 5] = [Self::Rs256, Self::Ps256, Self::Es256, Self::Es384, Self::EdDsa];

    /// The word in `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// There is no such algorithm, or it is none with a key pair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no algorithm for tokens; there are {}", Algorithm::ALL.map(Algorithm::as_str).join(", "))]
pub struct UnknownAlgorithm;

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or(UnknownAlgorithm)
    }
}

/// One public key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) algorithm: Algorithm,
    material: Material,
}

#[derive(Debug, Clone)]
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Point(Vec<u8>),
}

impl Key {
    /// Whether `signed` was signed with the private half.
    pub(crate) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        let checked = match (&self.material, self.algorithm) {
            (Material::Rsa { modulus, exponent }, algorithm) => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                let scheme = match algorithm {
                    Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
                    _ => &signature::RSA_PKCS1_2048_8192_SHA256,
                };
                key.verify(scheme, signed, signature)
            }
            (Material::Point(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
            (Material::Point(point), Algorithm::Es384) => {
                UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point).verify(signed, signature)
            }
            (Material::Point(point), _) => {
                UnparsedPublicKey::new(&signature::ED25519, point).verify(signed, signature)
            }
        };
        checked.is_ok()
    }
}

/// Public keys by their id.
#[derive(Debug, Clone, Default)]
pub struct Jwks {
    keys: BTreeMap<String, Key>,
}

/// Why a key set cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// No JSON of the right form.
    #[error("is no JSON Web Key Set: an object with a list of 'keys'")]
    Form,
    /// A private key lies where everybody reads.
    #[error("holds the private half of key '{0}': replace that key, and publish the public half only")]
    Private(String),
    /// Two keys have one name.
    #[error("holds two keys with the id '{0}'")]
    Twice(String),
    /// Nothing that can check a token.
    #[error("holds no key with a 'kid' that can check tokens ({})", Algorithm::ALL.map(Algorithm::as_str).join(", "))]
    Empty,
}

impl Jwks {
    /// Reads a key set. Keys of other kinds and for other uses are passed over: publishers mix them.
    ///
    /// # Errors
    /// When it is none, or holds what must not be there.
    pub fn parse(bytes: &[u8]) -> Result<Self, JwksError> {
        let set = strict_json::object(bytes).ok_or(JwksError::Form)?;
        let listed = set.get("keys").and_then(Value::as_array).ok_or(JwksError::Form)?;
        let mut keys = BTreeMap::new();
        for entry in listed {
            let entry = entry.as_object().ok_or(JwksError::Form)?;
            let id = entry.get("kid").and_then(Value::as_str).unwrap_or_default();
            if entry.contains_key("d") || entry.contains_key("k") {
                return Err(JwksError::Private(id.chars().take(80).collect()));
            }
            if let Some(key) = read(entry).filter(|_| !id.is_empty())
                && keys.insert(id.to_owned(), key).is_some()
            {
                return Err(JwksError::Twice(id.chars().take(80).collect()));
            }
        }
        if keys.is_empty() { Err(JwksError::Empty) } else { Ok(Self { keys }) }
    }

    pub(crate) fn key(&self, id: &str) -> Option<&Key> {
        self.keys.get(id)
    }

    /// The ids of its keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }
}

fn read(entry: &Map<String, Value>) -> Option<Key> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let (natural, material) = match (text("kty")?, text("crv")) {
        ("RSA", _) => (Algorithm::Rs256, Material::Rsa { modulus: bytes("n")?, exponent: bytes("e")? }),
        ("EC", Some("P-256")) => (Algorithm::Es256, Material::Point(point(&bytes("x")?, &bytes("y")?, 32)?)),
        ("EC", Some("P-384")) => (Algorithm::Es384, Material::Point(point(&bytes("x")?, &bytes("y")?, 48)?)),
        ("OKP", Some("Ed25519")) => (Algorithm::EdDsa, Material::Point(bytes("x")?)),
        _ => return None,
    };
    let algorithm = match text("alg") {
        None => natural,
        Some("PS256") if natural == Algorithm::Rs256 => Algorithm::Ps256,
        // The name that RFC 9864 gives it.
        Some("Ed25519") if natural == Algorithm::EdDsa => natural,
        Some(word) if word == natural.as_str() => natural,
        Some(_) => return None,
    };
    Some(Key { algorithm, material })
}

/// An uncompressed point of a curve with coordinates of `length` bytes.
fn point(x: &[u8], y: &[u8], length: usize) -> Option<Vec<u8>> {
    (x.len() == length && y.len() == length).then(|| [&[4], x, y].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<String>, JwksError> {
        Jwks::parse(text.as_bytes()).map(|set| set.ids().map(str::to_owned).collect())
    }

    #[test]
    fn what_must_not_lie_there_is_named_and_what_is_not_ours_passed_over() {
        let key = |more: &str| format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"AAAA"{more}}}"#);
        let set = |keys: &[String]| format!(r#"{{"keys":[{}]}}"#, keys.join(","));
        let good = key(r#","kid":"a""#);
        let enc = key(r#","kid":"b","use":"enc""#);
        let other = r#"{"kty":"EC","crv":"secp256k1","kid":"c","x":"AA","y":"AA"}"#.to_owned();
        let wrong = key(r#","kid":"d","alg":"RS256""#);
        let nameless = key("");
        assert_eq!(
            parsed(&set(&[good.clone(), enc.clone(), other, wrong, nameless])),
            Ok(vec!["a".to_owned()])
        );
        assert_eq!(parsed(&set(&[good.clone(), good])), Err(JwksError::Twice("a".to_owned())));
        assert_eq!(parsed(&set(&[key(r#","kid":"a","d":"AA""#)])), Err(JwksError::Private("a".to_owned())));
        let shared = r#"{"kty":"oct","kid":"s","k":"AA"}"#.to_owned();
        assert_eq!(parsed(&set(&[shared])), Err(JwksError::Private("s".to_owned())));
        assert_eq!(parsed(&set(&[enc])), Err(JwksError::Empty));
        assert_eq!(parsed("[]"), Err(JwksError::Form));
        assert_eq!(parsed(r#"{"keys":[],"keys":[]}"#), Err(JwksError::Form));
    }
}
