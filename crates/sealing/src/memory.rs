//! A key store that forgets everything at the end of the process: for tests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::{Error, KeyRecord, KeyStore, WrappedKey};

/// Keys in memory. For tests only: with it gone, everything sealed is unreadable.
#[derive(Debug, Default)]
pub struct MemoryKeyStore {
    records: Mutex<Vec<KeyRecord>>,
    erased_up_to: Mutex<HashMap<u16, u64>>,
}

impl MemoryKeyStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn records(&self) -> MutexGuard<'_, Vec<KeyRecord>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of<'a>(records: &'a mut [KeyRecord], brand: &str, player: &str) -> Option<&'a mut KeyRecord> {
    records.iter_mut().find(|record| record.brand == brand && record.player == player)
}

#[async_trait]
impl KeyStore for MemoryKeyStore {
    async fn find(&self, brand: &str, player: &str) -> Result<Option<KeyRecord>, Error> {
        Ok(of(&mut self.records(), brand, player).cloned())
    }

    async fn find_by_id(&self, key_id: &str) -> Result<Option<KeyRecord>, Error> {
        Ok(self.records().iter().find(|record| record.key_id == key_id).cloned())
    }

    async fn insert_if_absent(&self, record: KeyRecord) -> Result<KeyRecord, Error> {
        let mut records = self.records();
        if let Some(present) = of(&mut records, &record.brand, &record.player) {
            return Ok(present.clone());
        }
        records.push(record.clone());
        Ok(record)
    }

    async fn destroy(&self, tombstone: KeyRecord) -> Result<(), Error> {
        let mut records = self.records();
        match of(&mut records, &tombstone.brand, &tombstone.player) {
            Some(present) => {
                present.wrapped = None;
                present.destroyed_at = present.destroyed_at.or(tombstone.destroyed_at);
            }
            None => records.push(KeyRecord { wrapped: None, ..tombstone }),
        }
        Ok(())
    }

    async fn living(&self, after: &str, limit: u32) -> Result<Vec<KeyRecord>, Error> {
        let mut living: Vec<KeyRecord> = self.records().clone();
        living.retain(|record| record.wrapped.is_some() && record.key_id.as_str() > after);
        living.sort_by(|one, next| one.key_id.cmp(&next.key_id));
        living.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(living)
    }

    async fn rewrap(&self, key_id: &str, from: &WrappedKey, to: &WrappedKey) -> Result<bool, Error> {
        let mut records = self.records();
        let found = records.iter_mut().find(|record| record.key_id == key_id);
        Ok(match found.filter(|record| record.wrapped.as_ref() == Some(from)) {
            Some(record) => {
                record.wrapped = Some(to.clone());
                true
            }
            None => false,
        })
    }

    async fn erased_up_to(&self, shard: u16) -> Result<u64, Error> {
        let known = self.erased_up_to.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.get(&shard).copied().unwrap_or(0))
    }

    async fn set_erased_up_to(&self, shard: u16, position: u64) -> Result<(), Error> {
        self.erased_up_to.lock().unwrap_or_else(PoisonError::into_inner).insert(shard, position);
        Ok(())
    }
}
