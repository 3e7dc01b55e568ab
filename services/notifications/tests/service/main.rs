//! The service as others meet it: facts in, mails and webhooks out, and its gRPC methods.

mod api;
mod declared;
mod exclusion;
mod offers;
mod receiver;
mod sending;
#[path = "../../../../crates/service-kit/tests/support/in_files.rs"]
mod stores;
mod telling;
mod world;
