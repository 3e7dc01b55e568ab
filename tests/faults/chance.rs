//! Chance that repeats: the same seed gives the same numbers (`SplitMix64`).

use std::time::Duration;

/// A source of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The numbers of this seed.
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Another source, whose numbers have nothing to do with these.
    pub(crate) fn branch(&mut self) -> Self {
        Self(self.number() ^ 0x5851_F42D_4C95_7F2D)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `bound`, without `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap().max(1);
        usize::try_from(self.number() % bound).unwrap()
    }

    /// True in so many of a hundred.
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A time between two, in milliseconds.
    pub(crate) fn between_ms(&mut self, shortest: usize, longest: usize) -> Duration {
        Duration::from_millis(u64::try_from(shortest + self.below(longest - shortest)).unwrap())
    }

    /// Puts them in another order.
    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let numbers = |seed: u64| {
        let mut chance = Chance::of(seed);
        (0..20).map(|_| chance.below(1_000)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(7), numbers(7));
    assert_ne!(numbers(7), numbers(8));
}
