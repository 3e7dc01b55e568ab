//! Payments-escalation as its callers and the gateway see it: gRPC over a real channel, the sandbox gateway
//! over real HTTP, a clock that stands still until it is moved.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod bad_input;
mod callbacks;
mod declared;
mod gateway;
mod listing;
mod money;
#[path = "../../../../crates/service-kit/tests/support/in_files.rs"]
mod stores;
mod world;
