//! A log that was restored from a backup: rows that tell of what was recorded after it do not stay.

use std::time::Duration;

use crate::projections::{PATIENCE, reached, replica, seen};
use crate::world::{Place, World};

async fn rows_ahead_of_the_log_are_written_anew(place: Place) {
    let world = World::over(place);
    let one = replica(&world).await;
    let head = world.record(1, 40).await;
    reached(&[&one], head).await;
    one.stop().await;

    let world = world.with_an_older_log();
    let restored = world.record(1, 30).await;
    assert!(restored < head);
    let (one, two) = (replica(&world).await, replica(&world).await);
    let whole = (i64::try_from(restored).unwrap(), i64::try_from(restored).unwrap());
    let again = async {
        while seen(&one.store).await != whole {
            // A consumer that found rows thrown away under it waits by the clock before it asks anew.
            world.clock.advance(Duration::from_secs(1));
        }
    };
    tokio::time::timeout(PATIENCE, again).await.unwrap();
    reached(&[&one, &two], restored).await;
    world.place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_ahead_of_the_log_are_written_anew_in_a_file() {
    rows_ahead_of_the_log_are_written_anew(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_ahead_of_the_log_are_written_anew_on_postgres() {
    rows_ahead_of_the_log_are_written_anew(Place::postgres().await).await;
}
