//! How many different cases a reader has opened lately.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// How many different cases an agent may open within a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// The cases.
    pub cases: usize,
    /// The while.
    pub window: SignedDuration,
}

impl Default for ReadLimits {
    /// 500 within an hour: ten times what anybody works on.
    fn default() -> Self {
        Self { cases: 500, window: SignedDuration::from_hours(1) }
    }
}

/// A reader was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stopped {
    pub(super) cases: usize,
    pub(super) window: SignedDuration,
    /// When another case can be opened.
    pub(super) until: Timestamp,
}

/// Each reader's cases, with when each was opened last.
pub(super) struct Pace {
    limits: ReadLimits,
    readers: HashMap<String, HashMap<Uuid, Timestamp>>,
}

impl Pace {
    pub(super) fn new(limits: ReadLimits) -> Self {
        Self { limits, readers: HashMap::new() }
    }

    pub(super) fn set(&mut self, limits: ReadLimits) {
        self.limits = limits;
    }

    /// Opens a case, again or anew.
    pub(super) fn open(&mut self, reader: &str, case: Uuid, now: Timestamp) -> Result<(), Stopped> {
        let ReadLimits { cases, window } = self.limits;
        let opened = self.readers.entry(reader.to_owned()).or_default();
        if !opened.contains_key(&case) && opened.len() >= cases {
            opened.retain(|_, at| now.duration_since(*at) < window);
            if opened.len() >= cases {
                let first = opened.values().min().copied().unwrap_or(now);
                return Err(Stopped { cases, window, until: first + window });
            }
        }
        opened.insert(case, now);
        Ok(())
    }

    /// Somebody else says that a case was opened.
    pub(super) fn learn(&mut self, reader: &str, case: Uuid, at: Timestamp) {
        let opened = self.readers.entry(reader.to_owned()).or_default();
        let known = opened.entry(case).or_insert(at);
        *known = at.max(*known);
    }

    /// Drops what does not count any more.
    pub(super) fn forget_before(&mut self, now: Timestamp) {
        let window = self.limits.window;
        self.readers.retain(|_, opened| {
            opened.retain(|_, at| now.duration_since(*at) < window);
            !opened.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_mins(minutes)
    }

    fn case(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn the_case_beyond_the_limit_is_stopped_until_the_first_was_an_hour_ago() {
        let mut pace = Pace::new(ReadLimits::default());
        for number in 0..500 {
            assert_eq!(pace.open("agent:mette", case(number), at(i64::from(number == 499))), Ok(()));
        }
        let stopped = pace.open("agent:mette", case(500), at(30)).unwrap_err();
        assert_eq!((stopped.cases, stopped.until), (500, at(60)));
        assert_eq!(pace.open("agent:mette", case(3), at(30)), Ok(()), "one that is open already");
        assert_eq!(pace.open("agent:peter", case(500), at(30)), Ok(()), "somebody else");
        assert!(pace.open("agent:mette", case(500), at(59)).is_err());
        assert_eq!(pace.open("agent:mette", case(500), at(60)), Ok(()));
    }

    #[test]
    fn what_others_tell_counts_and_what_is_long_ago_does_not() {
        let mut pace = Pace::new(ReadLimits { cases: 2, window: SignedDuration::from_hours(1) });
        pace.learn("agent:mette", case(1), at(0));
        pace.learn("agent:mette", case(2), at(10));
        assert!(pace.open("agent:mette", case(3), at(20)).is_err());
        pace.forget_before(at(61));
        assert_eq!(pace.open("agent:mette", case(3), at(61)), Ok(()));
        pace.forget_before(at(200));
        assert!(pace.readers.is_empty());
    }
}
