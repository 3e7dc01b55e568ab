//! The same tests as in `service`, with the service's own database on Postgres, as a role without ownership.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

#[path = "../service/agents.rs"]
mod agents;
#[path = "../service/bad_input.rs"]
mod bad_input;
#[path = "../service/claiming.rs"]
mod claiming;
#[path = "../service/declared.rs"]
mod declared;
#[path = "../service/offering.rs"]
mod offering;
#[path = "../service/promising.rs"]
mod promising;
#[path = "../service/rebuilding.rs"]
mod rebuilding;
#[path = "../service/rerouting.rs"]
mod rerouting;
#[path = "../../../../crates/service-kit/tests/support/on_postgres.rs"]
mod stores;
#[path = "../service/world.rs"]
mod world;
