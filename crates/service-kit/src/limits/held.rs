//! How many at a time: what a key has open now. Nothing is kept of a key that has nothing open.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// What is open, by key.
pub(crate) struct Open<K = u64> {
    most: u32,
    counts: Arc<Mutex<HashMap<K, u32>>>,
}

/// Something that is open, and counts until it is dropped.
pub(crate) struct Held<K: Hash + Eq = u64> {
    key: K,
    number: u32,
    counts: Arc<Mutex<HashMap<K, u32>>>,
}

impl<K: Hash + Eq + Clone> Open<K> {
    /// Each key may have so many open.
    pub(crate) fn at_most(most: u32) -> Self {
        Self { most, counts: Arc::default() }
    }

    /// Opens one more, unless there are enough.
    pub(crate) fn take(&self, key: K) -> Option<Held<K>> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key.clone()).or_insert(0);
        // A limit of 0 is refused by the configuration, so an entry that was just made is counted.
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Held { key, number: *count, counts: Arc::clone(&self.counts) })
    }
}

impl<K: Hash + Eq> Held<K> {
    /// How many its key had open when it was opened, itself included.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }
}

impl<K: Hash + Eq> Drop for Held<K> {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_of_who_has_nothing_open() {
        let open = Open::at_most(2);
        let held: Vec<_> =
            (0..100).flat_map(|key| [open.take(key), open.take(key), open.take(key)]).collect();
        assert_eq!(held.iter().filter(|one| one.is_some()).count(), 200);
        drop(held);
        assert!(open.counts.lock().unwrap().is_empty());
    }
}
