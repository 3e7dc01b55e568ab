//! Data keys wrapped by `HashiCorp` Vault's transit engine (or `OpenBao`'s): the master key never leaves it, and is
//! rotated in it.
//!
//! The key in Vault must be of a type with associated data, such as `aes256-gcm96`. The token needs `update` on
//! `<mount>/encrypt/<key>` and `<mount>/decrypt/<key>` and nothing else.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ambient::Ids;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Error;
use crate::data_key::KEY_BYTES;
use crate::store::WrappedKey;
use crate::wrapping::Wrapper;

/// How long an answer may take. Keys are kept unwrapped for a while, so few calls wait for it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where Vault is, and which key of it wraps.
#[derive(Debug, Clone)]
pub struct VaultOptions {
    /// Its address, such as `https://vault.example:8200`.
    pub address: String,
    /// Where the transit engine is mounted, such as `transit`.
    pub mount: String,
    /// The key's name in it.
    pub key: String,
    /// The file with the token. It is read at each call, so that an agent may renew it.
    pub token_file: PathBuf,
    /// The certificates (PEM) of whoever vouches for it; `None` for the public authorities.
    pub ca_file: Option<PathBuf>,
}

/// Wraps by a key in Vault.
pub struct VaultTransit {
    options: VaultOptions,
    name: String,
    client: reqwest::Client,
}

#[derive(Serialize)]
struct Encrypt<'a> {
    plaintext: &'a str,
    associated_data: String,
}

#[derive(Serialize)]
struct Decrypt<'a> {
    ciphertext: &'a str,
    associated_data: String,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct Encrypted {
    ciphertext: String,
}

#[derive(Deserialize)]
struct Decrypted {
    plaintext: String,
}

fn away(problem: impl std::fmt::Display) -> Error {
    Error::Unavailable(format!("vault: {problem}"))
}

impl VaultTransit {
    /// Talks to nobody before it is asked to wrap.
    ///
    /// # Errors
    /// [`Error::MasterKey`] when the address is neither https nor on this machine, a name is empty, or the
    /// certificates cannot be read.
    pub fn new(options: VaultOptions) -> Result<Self, Error> {
        let refused = |reason: String| Error::MasterKey { path: options.address.clone(), reason };
        let is_here = outbound::is_loopback(&options.address).map_err(refused)?;
        let client = match &options.ca_file {
            _ if is_here => outbound::loopback_client(TIMEOUT),
            Some(file) => outbound::client_trusting(file, TIMEOUT),
            None => outbound::client(TIMEOUT),
        };
        let client = client.map_err(refused)?;
        let is_word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte))
        };
        if !is_word(&options.mount) || !is_word(&options.key) {
            return Err(refused("mount and key must be names of letters, digits, - and _".to_owned()));
        }
        let name = format!("vault:{}/{}", options.mount, options.key);
        Ok(Self { options, name, client })
    }

    /// Asks Vault; what it refuses is told by its status alone, since an answer might quote a key.
    async fn ask<B: Serialize, T: for<'de> Deserialize<'de>>(
        &self,
        verb: &str,
        body: &B,
    ) -> Result<T, Error> {
        let token = token(&self.options.token_file).await?;
        let VaultOptions { address, mount, key, .. } = &self.options;
        let url = format!("{}/v1/{mount}/{verb}/{key}", address.trim_end_matches('/'));
        let answer = self.client.post(url).header("X-Vault-Token", token.as_str()).json(body).send().await;
        let answer = answer.map_err(|error| away(error.without_url()))?;
        match answer.status() {
            StatusCode::OK => {
                let read: Result<Answer<T>, _> = answer.json().await;
                read.map(|answer| answer.data).map_err(|error| away(error.without_url()))
            }
            // The ciphertext is not one of this key, or bound to another place.
            StatusCode::BAD_REQUEST if verb == "decrypt" => Err(Error::Unreadable),
            status => Err(away(format!("{verb} by {} was answered with {status}", self.name))),
        }
    }
}

async fn token(file: &Path) -> Result<Zeroizing<String>, Error> {
    let read = tokio::fs::read_to_string(file).await.map(Zeroizing::new);
    let read = read.map_err(|error| away(format!("{}: {error}", file.display())))?;
    Ok(Zeroizing::new(read.trim().to_owned()))
}

#[async_trait]
impl Wrapper for VaultTransit {
    fn made(&self, wrapped_by: &str) -> bool {
        wrapped_by.strip_prefix(&self.name).is_some_and(|version| version.starts_with(":v"))
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn wrap(&self, _: &dyn Ids, place: &[u8], key: &[u8; KEY_BYTES]) -> Result<WrappedKey, Error> {
        let plaintext = Zeroizing::new(STANDARD.encode(key));
        let body = Encrypt { plaintext: &plaintext, associated_data: STANDARD.encode(place) };
        let encrypted: Encrypted = self.ask("encrypt", &body).await?;
        let version = encrypted.ciphertext.split(':').nth(1).filter(|version| version.starts_with('v'));
        let version = version.ok_or_else(|| away("its answer is no ciphertext of the transit engine"))?;
        Ok(WrappedKey {
            wrapped_by: format!("{}:{version}", self.name),
            bytes: encrypted.ciphertext.into_bytes(),
        })
    }

    async fn unwrap(&self, place: &[u8], wrapped: &WrappedKey) -> Result<Zeroizing<Vec<u8>>, Error> {
        let ciphertext = std::str::from_utf8(&wrapped.bytes).map_err(|_| Error::Unreadable)?;
        let body = Decrypt { ciphertext, associated_data: STANDARD.encode(place) };
        let decrypted: Decrypted = self.ask("decrypt", &body).await?;
        let plaintext = Zeroizing::new(decrypted.plaintext);
        STANDARD.decode(plaintext.as_bytes()).map(Zeroizing::new).map_err(|_| Error::Unreadable)
    }
}
