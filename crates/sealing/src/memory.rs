//! A key store that forgets everything at the end of the process: for tests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::{Error, KeyRecord, KeyStore};

/// Keys in memory. For tests only: with it gone, everything sealed is unreadable.
#[derive(Debug, Default)]
pub struct MemoryKeyStore {
    records: Mutex<Vec<KeyRecord>>,
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
}
