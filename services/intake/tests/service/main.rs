//! Intake as its callers see it: gRPC over a real channel, a log in memory, a clock that stands still until
//! it is moved.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod declared;
mod downloads;
mod opening;
mod originals;
mod patterns;
#[path = "../../../../crates/service-kit/tests/support/in_files.rs"]
mod stores;
mod uploads;
mod world;
