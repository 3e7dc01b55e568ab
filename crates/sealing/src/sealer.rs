//! Gives out data keys: made on first use, unwrapped, kept for a while, and destroyed on erasure.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use ambient::{Clock, Ids};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::cache::{Cache, Lookup};
use crate::data_key::KEY_BYTES;
use crate::{DataKey, Error, IndexKey, KeyRecord, KeyStore, Wrappers};

/// How many keys are kept unwrapped in memory at once.
const CACHED_KEYS: usize = 10_000;
/// How long a key stays in memory: also the longest that another process may still use a key after it
/// was destroyed here.
const CACHED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// The owner of the keys that look-ups are made with; no brand is called so.
const INDEX: &str = "contact-index";
/// How many keys are wrapped anew between two looks at the store.
const PAGE: u32 = 256;

/// Holds opened texts in memory, and lets go of them when their player was erased.
pub trait Forgets: Send + Sync {
    /// Drops everything that it holds about this player.
    fn forget(&self, brand: &str, player: &str);
}

/// What became of the keys in a store when another master key took over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Keys that are wrapped by the current master key now, and were not before.
    pub wrapped_anew: u64,
    /// Keys that were wrapped by it before.
    pub already: u64,
}

/// Gives out the keys of players. Shared behind an `Arc`.
pub struct Sealer {
    store: Arc<dyn KeyStore>,
    wrappers: Wrappers,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    cache: Cache,
    forgetful: Mutex<Vec<Weak<dyn Forgets>>>,
    lets_through: bool,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("wrappers", &self.wrappers).finish_non_exhaustive()
    }
}

impl Sealer {
    /// Keys in `store`, wrapped by a [`MasterKey`](crate::MasterKey) or what stands for one. Outside tests `ids` must be the system's randomness.
    pub fn new(
        store: Arc<dyn KeyStore>,
        wrappers: impl Into<Wrappers>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let cache = Cache::new(CACHED_KEYS, CACHED_FOR);
        let (wrappers, forgetful) = (wrappers.into(), Mutex::default());
        Self { store, wrappers, clock, ids, cache, forgetful, lets_through: false }
    }

    /// The same, for whom texts are to be recorded as they are. It is how a benchmark learns what sealing costs, on
    /// texts that it made up; no setting leads here, and a rule of `tests/tidy` names the only place that may ask.
    #[must_use]
    pub fn letting_through(self) -> Self {
        Self { lets_through: true, ..self }
    }

    /// Whether texts are recorded as they are.
    pub fn lets_through(&self) -> bool {
        self.lets_through
    }

    /// Where the keys lie.
    pub fn store(&self) -> &dyn KeyStore {
        self.store.as_ref()
    }

    /// Counts the erasures that this process has heard of. Whoever opens texts and keeps them asks before opening,
    /// and keeps them only if it is the same afterwards.
    pub fn erasures(&self) -> u64 {
        self.cache.generation()
    }

    /// Tells `holder` of every erasure from now on, for as long as it lives.
    pub fn tell(&self, holder: Weak<dyn Forgets>) {
        self.forgetful.lock().unwrap_or_else(PoisonError::into_inner).push(holder);
    }

    /// The key for look-ups by contact at a brand.
    ///
    /// # Errors
    /// [`Error::WrongMasterKey`]; [`Error::Unavailable`].
    pub async fn index_key(&self, brand: &str) -> Result<IndexKey, Error> {
        self.seal_key(INDEX, brand).await.map(IndexKey)
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
            None => self.store.insert_if_absent(self.new_record(brand, player).await?).await?,
        };
        let key = self.wrappers.unwrap(&record).await?.ok_or(Error::Erased)?;
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
        let key = self.wrappers.unwrap(&record).await?;
        if let Some(key) = &key {
            self.cache.put(lookup, key.clone(), generation, self.clock.now());
        }
        Ok(key)
    }

    /// Destroys the player's key for good. Nothing sealed under it can be opened again, and no new key
    /// is ever made for the player; whoever holds opened texts in this process lets go of them. Repeating it
    /// changes nothing; a call that was cut off is repeated.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
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
        self.forget(brand, player);
        destroyed
    }

    fn forget(&self, brand: &str, player: &str) {
        let mut forgetful = self.forgetful.lock().unwrap_or_else(PoisonError::into_inner);
        forgetful.retain(|holder| holder.strong_count() > 0);
        let holders: Vec<_> = forgetful.iter().filter_map(Weak::upgrade).collect();
        // A holder may be let go of here for the last time, and must find the list free.
        drop(forgetful);
        for holder in holders {
            holder.forget(brand, player);
        }
    }

    /// Wraps every living key by the current master key. It may be cut off and repeated, and run while others read
    /// and write; what is sealed stays as it is.
    ///
    /// # Errors
    /// [`Error::WrongMasterKey`] when a key was wrapped by one that is not named; [`Error::Unavailable`].
    pub async fn rotate(&self) -> Result<Rotated, Error> {
        let mut rotated = Rotated::default();
        let mut after = String::new();
        loop {
            let page = self.store.living(&after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(rotated) };
            after.clone_from(&last.key_id);
            for record in &page {
                self.rewrap(record, &mut rotated).await?;
            }
        }
    }

    async fn rewrap(&self, record: &KeyRecord, rotated: &mut Rotated) -> Result<(), Error> {
        let (Some(from), Some(key)) = (&record.wrapped, self.wrappers.unwrap(record).await?) else {
            return Ok(());
        };
        let owner = (record.brand.as_str(), record.player.as_str());
        let to = self.wrappers.wrap(&*self.ids, owner, &record.key_id, key.bytes()).await?;
        if to.wrapped_by == from.wrapped_by {
            rotated.already += 1;
        } else if self.store.rewrap(&record.key_id, from, &to).await? {
            rotated.wrapped_anew += 1;
        }
        Ok(())
    }

    async fn new_record(&self, brand: &str, player: &str) -> Result<KeyRecord, Error> {
        let now = self.clock.now();
        let key_id = self.ids.new_id(now).to_string();
        let mut key = Zeroizing::new([0u8; KEY_BYTES]);
        self.ids.fill(key.as_mut());
        let wrapped = self.wrappers.wrap(&*self.ids, (brand, player), &key_id, &key).await?;
        Ok(KeyRecord {
            key_id,
            brand: brand.to_owned(),
            player: player.to_owned(),
            wrapped: Some(wrapped),
            created_at: now,
            destroyed_at: None,
        })
    }
}
