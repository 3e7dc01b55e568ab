//! The same tests as in `service`, with the service's own database on Postgres, as a role without ownership.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

#[path = "../service/bad_input.rs"]
mod bad_input;
#[path = "../service/callbacks.rs"]
mod callbacks;
#[path = "../service/declared.rs"]
mod declared;
#[path = "../service/gateway.rs"]
mod gateway;
#[path = "../service/listing.rs"]
mod listing;
#[path = "../service/money.rs"]
mod money;
#[path = "../../../../crates/service-kit/tests/support/on_postgres.rs"]
mod stores;
#[path = "../service/world.rs"]
mod world;
