//! Routing as its callers see it: gRPC over a real channel, other stages' facts in a real log, a clock that
//! stands still until it is moved.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod agents;
mod bad_input;
mod claiming;
mod declared;
mod offering;
mod promising;
mod rebuilding;
mod rerouting;
#[path = "../../../../crates/service-kit/tests/support/in_files.rs"]
mod stores;
mod world;
