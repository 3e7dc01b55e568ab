//! Gives out data keys: made on first use, unwrapped, kept for a while, and destroyed on erasure.

use std::fmt;
use std::sync::Arc;

use ambient::{Clock, Ids};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::cache::{Cache, Lookup};
use crate::data_key::KEY_BYTES;
use crate::{DataKey, Error, KeyRecord, KeyStore, MasterKey};

/// How many keys are kept unwrapped in memory at once.
const CACHED_KEYS: usize = 10_000;
/// How long a key stays in memory: also the longest that another process may still use a key after it
/// was destroyed here.
const CACHED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// Gives out the keys of players. Shared behind an `Arc`.
pub struct Sealer {
    store: Arc<dyn KeyStore>,
    master: MasterKey,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    cache: Cache,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("master", &self.master).finish_non_exhaustive()
    }
}

impl Sealer {
    /// Keys in `store`, wrapped by `master`. Outside tests `ids` must be the system's randomness.
    pub fn new(
        store: Arc<dyn KeyStore>,
        master: MasterKey,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self { store, master, clock, ids, cache: Cache::new(CACHED_KEYS, CACHED_FOR) }
    }

    /// The player's key for sealing, made now if there is none yet. Services that ask at the same time
    /// get the same key.
    ///
    /// # Errors
    /// [`Error::Erased`] after [`Sealer::destroy`]; [`Error::WrongMasterKey`]; [`Error::Unavailable`].
    pub async fn seal_key(&self, brand: &str, player: &str) -> Result<DataKey, Error> {
        let lookup = Lookup::Player(brand.to_owned(), player.to_owned());
        if let Some(key) = self.cache.get(&lookup, self.clock.now()) {
            return Ok(key);
        }
        let generation = self.cache.generation();
        let record = match self.store.find(brand, player).await? {
            Some(record) => record,
            None => self.store.insert_if_absent(self.new_record(brand, player)).await?,
        };
        let key = self.master.unwrap(&record)?.ok_or(Error::Erased)?;
        self.cache.put(lookup, key.clone(), generation, self.clock.now());
        Ok(key)
    }

    /// The key with this id for opening; `None` when it was destroyed.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] when this store never had it; [`Error::WrongMasterKey`];
    /// [`Error::Unavailable`].
    pub async fn open_key(&self, key_id: &str) -> Result<Option<DataKey>, Error> {
        let lookup = Lookup::Id(key_id.to_owned());
        if let Some(key) = self.cache.get(&lookup, self.clock.now()) {
            return Ok(Some(key));
        }
        let generation = self.cache.generation();
        let record = self.store.find_by_id(key_id).await?;
        let record = record.ok_or_else(|| Error::UnknownKey { key_id: key_id.to_owned() })?;
        let key = self.master.unwrap(&record)?;
        if let Some(key) = &key {
            self.cache.put(lookup, key.clone(), generation, self.clock.now());
        }
        Ok(key)
    }

    /// Destroys the player's key for good. Nothing sealed under it can be opened again, and no new key
    /// is ever made for the player. Repeating it changes nothing; a call that was cut off is repeated.
    pub async fn destroy(&self, brand: &str, player: &str) -> Result<(), Error> {
        let now = self.clock.now();
        let tombstone = KeyRecord {
            key_id: self.ids.new_id(now).to_string(),
            brand: brand.to_owned(),
            player: player.to_owned(),
            wrapped: None,
            created_at: now,
            destroyed_at: Some(now),
        };
        // Also before: should the answer get lost, this process does not go on from memory.
        self.cache.clear();
        let destroyed = self.store.destroy(tombstone).await;
        self.cache.clear();
        destroyed
    }

    fn new_record(&self, brand: &str, player: &str) -> KeyRecord {
        let now = self.clock.now();
        let key_id = self.ids.new_id(now).to_string();
        let mut key = Zeroizing::new([0u8; KEY_BYTES]);
        self.ids.fill(key.as_mut());
        let wrapped = self.master.wrap(&*self.ids, (brand, player), &key_id, &key);
        KeyRecord {
            key_id,
            brand: brand.to_owned(),
            player: player.to_owned(),
            wrapped: Some(wrapped),
            created_at: now,
            destroyed_at: None,
        }
    }
}
