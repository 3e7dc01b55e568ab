//! The people and services of the tales.

use case::{Actor, Team};
use jiff::{SignedDuration, Timestamp};

pub(crate) const PLAYER: &str = "p-77";

pub(crate) fn player() -> Actor {
    Actor::player(PLAYER)
}

/// Takes the cases; of general support and of payments.
pub(crate) fn mette() -> Actor {
    Actor::agent("mette", &[Team::General, Team::Payments, Team::Verification])
}

/// Of responsible gambling.
pub(crate) fn rikke() -> Actor {
    Actor::agent("rikke", &[Team::ResponsibleGambling])
}

/// An agent of payments, with a second factor of a minute ago.
pub(crate) fn payments(name: &str, now: Timestamp) -> Actor {
    Actor::agent(name, &[Team::Payments]).with_second_factor_at(now - SignedDuration::from_mins(1))
}

pub(crate) fn service(name: &str) -> Actor {
    Actor::service(name)
}
