//! A start that cannot succeed: it is refused before anything is touched, and says what to do.

mod configuration;
mod data_folder;
mod ports;

use std::path::Path;

use ambient::ManualClock;
use world::{START, World};

/// Starts a system over this folder, and gives what it says when it cannot.
async fn refused(data: &Path, overrides: &str) -> String {
    let clock = ManualClock::new(START.parse().unwrap());
    match World::start_in(data, clock, overrides).await {
        Ok(_) => panic!("it should not have started over {}", data.display()),
        Err(error) => format!("{error:#}"),
    }
}

/// Starts a system over this folder and stops it again in order.
async fn starts_and_stops(data: &Path) {
    let clock = ManualClock::new(START.parse().unwrap());
    let world = World::start_in(data, clock, "").await.unwrap();
    world.stop().await.unwrap();
}
