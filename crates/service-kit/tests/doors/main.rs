//! A server's doors, from outside: floods, slow clients and half-open connections do not stop others, and
//! certificates say who may come in.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

mod authority;
#[path = "../../../../tests/support/bytes.rs"]
mod bytes;
mod certificates;
mod echo;
mod flood;
mod house;
mod limits;
mod reload;
