//! A service's own database, in a file and on Postgres, for one process and for two replicas of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod opening;
mod projections;
mod timers;
mod turns;
mod world;
