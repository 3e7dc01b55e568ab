//! The same tests as in `service`, with the service's own database on Postgres, as a role without ownership.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

#[path = "../service/api.rs"]
mod api;
#[path = "../service/declared.rs"]
mod declared;
#[path = "../service/exclusion.rs"]
mod exclusion;
#[path = "../service/offers.rs"]
mod offers;
#[path = "../service/receiver.rs"]
mod receiver;
#[path = "../service/sending.rs"]
mod sending;
#[path = "../../../../crates/service-kit/tests/support/on_postgres.rs"]
mod stores;
#[path = "../service/telling.rs"]
mod telling;
#[path = "../service/world.rs"]
mod world;
