//! The five stories, as the demonstration plays them, each followed by what must hold whatever happened.

mod again;
mod bonus_missing;
mod identity_documents;
mod late_withdrawal;
mod one_fault_many_players;
mod self_exclusion;

use stories::{ALL, Told};
use world::World;

/// Plays a story in a new world and checks the invariants afterwards.
async fn play(name: &str) -> (World, Told) {
    let world = World::start().await.unwrap();
    let story = ALL.iter().find(|story| story.name == name).unwrap();
    let stage = world.stage().await.unwrap();
    let told = (story.play)(&stage).await.unwrap();
    world.check_invariants().await.unwrap();
    (world, told)
}
