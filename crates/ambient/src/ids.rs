//! New ids: UUIDv7 (time-ordered, so that indexes grow at their end) and raw random bytes.

use std::sync::Mutex;

use jiff::Timestamp;
use uuid::{Builder, Uuid};

/// Makes ids and randomness. Shared behind an `Arc`.
pub trait Ids: Send + Sync + 'static {
    /// Fills `bytes` with randomness (keys, nonces, jitter).
    fn fill(&self, bytes: &mut [u8]);

    /// A new UUIDv7 whose time part is `now`.
    fn new_id(&self, now: Timestamp) -> Uuid {
        let mut random = [0u8; 10];
        self.fill(&mut random);
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// Randomness of the operating system.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::expect_used, reason = "without randomness no key may be made: stopping is right")]
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

/// The same sequence for the same seed (splitmix64). For tests: predictable, so never for keys.
#[derive(Debug)]
pub struct SeededIds {
    state: Mutex<u64>,
}

impl SeededIds {
    /// A sequence determined by `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: Mutex::new(seed) }
    }
}

impl Ids for SeededIds {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids_and_they_are_time_ordered() {
        let (one, two) = (SeededIds::new(7), SeededIds::new(7));
        let early = Timestamp::from_second(1_000).unwrap();
        let late = Timestamp::from_second(2_000).unwrap();
        let first = one.new_id(early);
        assert_eq!(first, two.new_id(early));
        assert!(first < one.new_id(late));
        assert_eq!(first.get_version_num(), 7);
    }
}
