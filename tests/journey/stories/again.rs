//! All stories in one system, twice: as a demonstration on a data folder that already saw one.

use stories::ALL;
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_stories_can_be_told_again_in_the_same_system() {
    let world = World::start().await.unwrap();
    for _ in 0..2 {
        let stage = world.stage().await.unwrap();
        for story in ALL {
            (story.play)(&stage).await.unwrap_or_else(|error| panic!("{}: {error:#}", story.name));
        }
    }
    world.check_invariants().await.unwrap();
}
