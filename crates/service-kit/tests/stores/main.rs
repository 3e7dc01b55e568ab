//! A service's own database, in a file and on Postgres, for one process and for two replicas of it; and the
//! decision loop over a log that loses its answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod generations;
mod in_pieces;
mod lost_answers;
mod opening;
mod passed_over;
mod projections;
mod restored;
mod timers;
mod turns;
mod world;
