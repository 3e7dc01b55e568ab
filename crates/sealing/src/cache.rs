//! Unwrapped keys kept in memory for a while: bounded in number and in time.
//!
//! The time limit bounds how long another process may go on using a key that was destroyed here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::DataKey;

/// What a key is looked up by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Lookup {
    /// The player's key, for sealing.
    Player(String, String),
    /// A key by its id, for opening.
    Id(String),
}

/// A bounded cache. Small enough that a full scan at eviction costs nothing that matters.
pub(crate) struct Cache {
    capacity: usize,
    keep: SignedDuration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Counts destructions: a key read from the store before one may not enter after it.
    generation: u64,
    entries: HashMap<Lookup, Entry>,
}

struct Entry {
    key: DataKey,
    until: Timestamp,
}

impl Cache {
    pub(crate) fn new(capacity: usize, keep: SignedDuration) -> Self {
        Self { capacity, keep, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key, if it is known and its time has not run out.
    pub(crate) fn get(&self, lookup: &Lookup, now: Timestamp) -> Option<DataKey> {
        let mut state = self.state();
        let entry = state.entries.get(lookup)?;
        if entry.until > now {
            return Some(entry.key.clone());
        }
        state.entries.remove(lookup);
        None
    }

    /// To be taken before the store is read, and given to [`Cache::put`].
    pub(crate) fn generation(&self) -> u64 {
        self.state().generation
    }

    /// Keeps a key read from the store, unless a key was destroyed since `generation`.
    pub(crate) fn put(&self, lookup: Lookup, key: DataKey, generation: u64, now: Timestamp) {
        let mut state = self.state();
        if state.generation != generation {
            return;
        }
        if state.entries.len() >= self.capacity && !state.entries.contains_key(&lookup) {
            state.entries.retain(|_, entry| entry.until > now);
            if state.entries.len() >= self.capacity {
                let oldest = state.entries.iter().min_by_key(|(_, entry)| entry.until);
                if let Some(oldest) = oldest.map(|(lookup, _)| lookup.clone()) {
                    state.entries.remove(&oldest);
                }
            }
        }
        state.entries.insert(lookup, Entry { key, until: now + self.keep });
    }

    /// Forgets everything: a key was destroyed, which is rare.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.generation += 1;
        state.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn key(id: usize) -> (Lookup, DataKey) {
        (Lookup::Id(id.to_string()), DataKey::new(&id.to_string(), Zeroizing::new([1; 32])))
    }

    #[test]
    fn a_key_is_forgotten_when_its_time_is_up() {
        let cache = Cache::new(8, SignedDuration::from_secs(60));
        let (lookup, one) = key(1);
        cache.put(lookup.clone(), one, cache.generation(), Timestamp::UNIX_EPOCH);
        assert!(cache.get(&lookup, Timestamp::UNIX_EPOCH + SignedDuration::from_secs(59)).is_some());
        assert!(cache.get(&lookup, Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60)).is_none());
    }

    #[test]
    fn the_oldest_leaves_when_the_cache_is_full() {
        let cache = Cache::new(3, SignedDuration::from_secs(60));
        for id in 0..5_usize {
            let (lookup, one) = key(id);
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(id.try_into().unwrap());
            cache.put(lookup, one, cache.generation(), now);
        }
        let known = |id| cache.get(&key(id).0, Timestamp::UNIX_EPOCH).is_some();
        assert_eq!([0, 1, 2, 3, 4].map(known), [false, false, true, true, true]);
    }

    #[test]
    fn a_key_read_before_a_destruction_does_not_enter_after_it() {
        let cache = Cache::new(3, SignedDuration::from_secs(60));
        let before = cache.generation();
        cache.clear();
        let (lookup, one) = key(1);
        cache.put(lookup.clone(), one, before, Timestamp::UNIX_EPOCH);
        assert!(cache.get(&lookup, Timestamp::UNIX_EPOCH).is_none());
    }
}
