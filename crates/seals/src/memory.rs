//! Seals in memory, for tests of the layers above. It forgets everything.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use event_log::Hash;

use crate::store::SealStore;
use crate::{Error, Seal};

/// Seals that live as long as the value does.
#[derive(Debug, Default)]
pub struct MemorySealStore {
    seals: Mutex<Vec<(Seal, Vec<Hash>)>>,
}

impl MemorySealStore {
    /// Without seals.
    pub fn new() -> Self {
        Self::default()
    }

    fn seals(&self) -> MutexGuard<'_, Vec<(Seal, Vec<Hash>)>> {
        self.seals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SealStore for MemorySealStore {
    fn place(&self) -> &'static str {
        "memory"
    }

    async fn append(&self, seal: &Seal, leaves: &[Hash]) -> Result<(), Error> {
        let mut seals = self.seals();
        let last = seals.last().map(|(last, _)| last);
        if last == Some(seal) {
            return Ok(());
        }
        if seal.from != last.map_or(0, |last| last.to) + 1 {
            return Err(Error::Conflict { place: "memory".to_owned(), from: seal.from });
        }
        seals.push((seal.clone(), leaves.to_vec()));
        Ok(())
    }

    async fn last(&self) -> Result<Option<Seal>, Error> {
        Ok(self.seals().last().map(|(last, _)| last.clone()))
    }

    async fn range(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Seal>, Error> {
        let seals = self.seals();
        let start = seals.partition_point(|(seal, _)| seal.to < from);
        let covering = seals[start..].iter().map(|(seal, _)| seal).take_while(|seal| seal.from <= to);
        Ok(covering.take(limit).cloned().collect())
    }

    async fn leaves(&self, seal: &Seal) -> Result<Option<Vec<Hash>>, Error> {
        let seals = self.seals();
        Ok(seals.iter().find(|(kept, _)| kept.from == seal.from).map(|(_, leaves)| leaves.clone()))
    }
}
