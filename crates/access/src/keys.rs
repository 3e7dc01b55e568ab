//! Where the public keys come from: a file, or one fixed URL. They are read anew when a token names a key that
//! is not there, and now and then so that a withdrawn key goes; never more often than [`PAUSE`], whatever
//! tokens are sent.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ambient::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::jwks::{Jwks, JwksError, Key};
use crate::mint::KEY_PREFIX;

/// The least time between two reads.
pub(crate) const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// After this time the keys are read again although all are known.
const OLD: SignedDuration = SignedDuration::from_mins(10);
/// How long the publisher may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest key set that is taken, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Where a key set lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// At this URL: https, or http on this machine.
    Url(String),
}

impl Place {
    /// A URL if it looks like one, else a file.
    pub fn read(text: &str) -> Self {
        if text.contains("://") { Self::Url(text.to_owned()) } else { Self::File(PathBuf::from(text)) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(url),
        }
    }
}

/// Why the keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file does not read.
    #[error("{0}: {1}")]
    File(Place, #[source] std::io::Error),
    /// The publisher does not answer as it should.
    #[error("{0}: {1}")]
    Url(Place, String),
    /// Keys over a connection that anybody can change.
    #[error("{0} must be https, or http on this machine: whoever can change the keys can be anybody")]
    Plain(Place),
    /// What lies there is no key set to be used.
    #[error("{0} {1}")]
    Set(Place, #[source] JwksError),
}

/// The keys, as they were when they were last read.
pub struct Keys {
    place: Place,
    client: Option<reqwest::Client>,
    clock: Arc<dyn Clock>,
    state: RwLock<State>,
    /// One reads, the others wait for what comes of it.
    turn: Mutex<()>,
}

struct State {
    set: Arc<Jwks>,
    tried_at: Timestamp,
    read_at: Timestamp,
}

impl Keys {
    /// Reads the keys.
    ///
    /// # Errors
    /// When they cannot be had: without keys nobody could call.
    pub async fn open(place: Place, clock: Arc<dyn Clock>) -> Result<Self, KeysError> {
        let client = match &place {
            Place::File(_) => None,
            Place::Url(url) => {
                if !is_safe(url) {
                    return Err(KeysError::Plain(place));
                }
                Some(outbound::client(PATIENCE).map_err(|problem| KeysError::Url(place.clone(), problem))?)
            }
        };
        let set = Arc::new(fetch(&place, client.as_ref()).await?);
        let now = clock.now();
        let state = RwLock::new(State { set, tried_at: now, read_at: now });
        Ok(Self { place, client, clock, state, turn: Mutex::new(()) })
    }

    /// Whether one of them was made for development.
    pub fn has_development_key(&self) -> bool {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.set.ids().any(|id| id.starts_with(KEY_PREFIX))
    }

    /// The key with this id, perhaps after another look at the publisher's.
    pub(crate) async fn key(&self, id: &str) -> Option<Key> {
        let (known, is_old) = self.known(id);
        if known.is_some() && !is_old {
            return known;
        }
        let turn = if known.is_some() {
            // Whoever is reading already will do; this call needs not wait for it.
            let Ok(turn) = self.turn.try_lock() else { return known };
            turn
        } else {
            self.turn.lock().await
        };
        if self.begin() {
            match fetch(&self.place, self.client.as_ref()).await {
                Ok(set) => {
                    let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
                    (state.set, state.read_at) = (Arc::new(set), self.clock.now());
                }
                Err(error) => tracing::warn!(%error, "the keys for tokens could not be read again"),
            }
        }
        drop(turn);
        self.known(id).0
    }

    fn known(&self, id: &str) -> (Option<Key>, bool) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let is_old = self.clock.now().duration_since(state.read_at) > OLD;
        (state.set.key(id).cloned(), is_old)
    }

    /// Notes that the keys are read now; false if that was done a moment ago.
    fn begin(&self) -> bool {
        let now = self.clock.now();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let may = now.duration_since(state.tried_at) >= PAUSE;
        if may {
            state.tried_at = now;
        }
        may
    }
}

/// Whether nobody on the way can change what comes from there.
fn is_safe(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

async fn fetch(place: &Place, client: Option<&reqwest::Client>) -> Result<Jwks, KeysError> {
    let bytes = match (place, client) {
        (Place::Url(url), Some(client)) => {
            download(client, url).await.map_err(|problem| KeysError::Url(place.clone(), problem))?
        }
        (Place::File(path), _) => {
            tokio::fs::read(path).await.map_err(|source| KeysError::File(place.clone(), source))?
        }
        (Place::Url(_), None) => return Err(KeysError::Plain(place.clone())),
    };
    Jwks::parse(&bytes).map_err(|error| KeysError::Set(place.clone(), error))
}

async fn download(client: &reqwest::Client, url: &str) -> Result<Vec<u8>, String> {
    let told = |error: reqwest::Error| error.without_url().to_string();
    let mut response =
        client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(told)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(told)? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(format!("sends more than {MAX_BYTES} bytes"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
