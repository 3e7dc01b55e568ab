//! The same tests as in `service`, with the service's own database on Postgres, as a role without ownership.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

#[path = "../service/declared.rs"]
mod declared;
#[path = "../service/downloads.rs"]
mod downloads;
#[path = "../service/opening.rs"]
mod opening;
#[path = "../service/originals.rs"]
mod originals;
#[path = "../service/patterns.rs"]
mod patterns;
#[path = "../../../../crates/service-kit/tests/support/on_postgres.rs"]
mod stores;
#[path = "../service/uploads.rs"]
mod uploads;
#[path = "../service/world.rs"]
mod world;
