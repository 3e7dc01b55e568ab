//! Tokens for development: a key pair in the data folder signs them, and the key set beside it is what the
//! server there trusts. Its key id says that it is one for development; production mode refuses it.

use std::io::Write;
use std::path::{Path, PathBuf};

use ambient::Ids;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;

use crate::role::Role;

/// Who issues development tokens.
pub const ISSUER: &str = "casetrail-development";
/// For whom tokens are, unless configured otherwise.
pub const AUDIENCE: &str = "casetrail";
/// What `acr` says of a proven second factor in development tokens (the word of `OpenID`'s profile for
/// phishing-resistant ones).
pub const SECOND_FACTOR: &str = "phr";
/// The id of a development key begins with this.
pub const KEY_PREFIX: &str = "development-";
/// The file with the private key, in a data folder.
const KEY_FILE: &str = "development-signing.key";
/// The file with the public key set, in a data folder.
const JWKS_FILE: &str = "development-jwks.json";

/// What a token is to say.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Whose it is.
    pub subject: String,
    /// What they are there for.
    pub roles: Vec<Role>,
    /// Their teams.
    pub teams: Vec<String>,
    /// Their brands, or `*`.
    pub brands: Vec<String>,
    /// How they proved who they are; [`SECOND_FACTOR`] with a second factor, just now.
    pub acr: Option<String>,
    /// How long it is valid.
    pub lifetime: SignedDuration,
}

/// Why there are no development tokens.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// A file of the key.
    #[error("{path} cannot be used", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The key's file holds something else.
    #[error("{path} holds no key; delete it, and a new one is made at the next start", path = .0.display())]
    Damaged(PathBuf),
}

/// A key that signs tokens for development.
pub struct Mint {
    pair: Ed25519KeyPair,
    key_id: String,
    jwks: PathBuf,
}

impl Mint {
    /// The key in a data folder; makes it, and writes the key set, if there is none.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open_or_create(folder: &Path, ids: &dyn Ids) -> Result<Self, MintError> {
        let path = folder.join(KEY_FILE);
        if !path.exists() {
            let mut seed = [0_u8; 32];
            ids.fill(&mut seed);
            private(&path, &hex::encode(seed))?;
        }
        let mint = Self::open(folder)?;
        let set = json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": mint.key_id,
            "x": URL_SAFE_NO_PAD.encode(mint.pair.public_key()),
        }]});
        std::fs::write(&mint.jwks, format!("{set:#}\n"))
            .map_err(|source| MintError::File { path: mint.jwks.clone(), source })?;
        Ok(mint)
    }

    /// The key in a data folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(folder: &Path) -> Result<Self, MintError> {
        let path = folder.join(KEY_FILE);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| MintError::File { path: path.clone(), source })?;
        let seed = hex::decode(text.trim()).map_err(|_| MintError::Damaged(path.clone()))?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| MintError::Damaged(path))?;
        let key_id = format!("{KEY_PREFIX}{}", &hex::encode(pair.public_key())[..16]);
        Ok(Self { pair, key_id, jwks: folder.join(JWKS_FILE) })
    }

    /// The file with the key set that a server is to trust.
    pub fn jwks(&self) -> &Path {
        &self.jwks
    }

    /// A token.
    pub fn token(&self, wish: &Wish, now: Timestamp) -> String {
        let seconds = now.as_second();
        let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.key_id});
        let mut claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": wish.subject,
            "iat": seconds,
            "nbf": seconds,
            "exp": seconds + wish.lifetime.as_secs(),
            "roles": wish.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
            "teams": wish.teams,
            "brands": wish.brands,
        });
        if let Some(acr) = &wish.acr {
            claims["acr"] = json!(acr);
            claims["auth_time"] = json!(seconds);
        }
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Writes a file that only its owner can read.
fn private(path: &Path, text: &str) -> Result<(), MintError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| MintError::File { path: path.to_owned(), source })
}
