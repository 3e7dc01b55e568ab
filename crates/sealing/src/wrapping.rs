//! Who wraps data keys: the seam behind which a key in this process or a key management service stands.
//!
//! What is wrapped says by whom. So a store may hold keys of several wrappers at once, and a new one takes over
//! without a moment at which anything is unreadable: first it is named among the earlier ones everywhere, then it is
//! made the current one, then [`Sealer::rotate`](crate::Sealer::rotate) wraps the rest anew, and then the old one is
//! dropped. The data keys stay what they are, and so does everything sealed with them.

use std::fmt;
use std::sync::Arc;

use ambient::Ids;
use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::data_key::{DataKey, KEY_BYTES, length_prefixed};
use crate::store::{KeyRecord, WrappedKey};
use crate::{Error, MasterKey};

/// Wraps data keys and unwraps them again.
#[async_trait]
pub trait Wrapper: Send + Sync + 'static {
    /// Whether a key that says it was wrapped by `wrapped_by` can be unwrapped here.
    fn made(&self, wrapped_by: &str) -> bool;

    /// Its name, as an operator knows it. Tells nothing about the key.
    fn name(&self) -> &str;

    /// Wraps a data key, bound to `place`. What it gives names the very key that wrapped it, version included.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be reached.
    async fn wrap(&self, ids: &dyn Ids, place: &[u8], key: &[u8; KEY_BYTES]) -> Result<WrappedKey, Error>;

    /// The reverse, for the same `place`.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when it was changed or wrapped for another place; [`Error::Unavailable`] when it
    /// cannot be reached.
    async fn unwrap(&self, place: &[u8], wrapped: &WrappedKey) -> Result<Zeroizing<Vec<u8>>, Error>;
}

/// The wrapper that new keys are given to, and those that wrapped keys before.
#[derive(Clone)]
pub struct Wrappers {
    current: Arc<dyn Wrapper>,
    earlier: Vec<Arc<dyn Wrapper>>,
}

impl fmt::Debug for Wrappers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrappers").field("current", &self.current.name()).finish_non_exhaustive()
    }
}

impl From<MasterKey> for Wrappers {
    fn from(master: MasterKey) -> Self {
        Self::new(Arc::new(master))
    }
}

impl Wrappers {
    /// One that has no predecessors.
    pub fn new(current: Arc<dyn Wrapper>) -> Self {
        Self { current, earlier: Vec::new() }
    }

    /// The same, which also unwraps what this one wrapped.
    #[must_use]
    pub fn and_earlier(mut self, earlier: Arc<dyn Wrapper>) -> Self {
        self.earlier.push(earlier);
        self
    }

    /// Encrypts a data key for the store, bound to its id and its player.
    pub(crate) async fn wrap(
        &self,
        ids: &dyn Ids,
        owner: (&str, &str),
        key_id: &str,
        key: &[u8; KEY_BYTES],
    ) -> Result<WrappedKey, Error> {
        self.current.wrap(ids, &place(owner, key_id), key).await
    }

    /// The data key of a record; `None` when it was destroyed.
    pub(crate) async fn unwrap(&self, record: &KeyRecord) -> Result<Option<DataKey>, Error> {
        let Some(wrapped) = &record.wrapped else { return Ok(None) };
        let mut all = std::iter::once(&self.current).chain(&self.earlier);
        let Some(wrapper) = all.find(|wrapper| wrapper.made(&wrapped.wrapped_by)) else {
            return Err(Error::WrongMasterKey {
                key_id: record.key_id.clone(),
                wrapped_by: wrapped.wrapped_by.clone(),
                given: self.current.name().to_owned(),
            });
        };
        let damaged =
            || Error::Corrupt(format!("key {} does not unwrap: its row was changed", record.key_id));
        let place = place((&record.brand, &record.player), &record.key_id);
        let bytes = wrapper.unwrap(&place, wrapped).await.map_err(|error| match error {
            Error::Unreadable => damaged(),
            other => other,
        })?;
        let key = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| damaged())?;
        Ok(Some(DataKey::new(&record.key_id, Zeroizing::new(key))))
    }
}

fn place((brand, player): (&str, &str), key_id: &str) -> Vec<u8> {
    length_prefixed(&[b"wrapped-key.v1", brand.as_bytes(), player.as_bytes(), key_id.as_bytes()])
}
