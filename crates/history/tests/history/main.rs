//! `history.v1` over a log in memory: reading, watching, proving.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

mod proving;
mod reading;
mod watching;
mod world;
