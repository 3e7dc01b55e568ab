//! The relay: the stream is the log, sequence for position, and is again after everything was lost.

use std::time::{Duration, Instant};

use event_bus::nats::RelayState;

use crate::world::{World, new_log, record};

/// How soon a standby must publish after the active relay has died.
const TAKE_OVER: Duration = Duration::from_secs(5);

fn active(state: &RelayState) -> bool {
    *state == RelayState::Active
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_disk_is_filled_again_with_identical_sequences() {
    let mut world = World::new().await;
    let _relay = world.relay().await;
    record(&*world.log, 1, 300).await;
    world.stream_is_the_log().await;

    world.nats.kill().await.unwrap();
    std::fs::remove_dir_all(world.nats.store()).unwrap();
    // What is recorded meanwhile comes after what was there.
    record(&*world.log, 2, 50).await;
    world.nats.start_again().await.unwrap();
    world.stream_is_the_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_disk_is_filled_up() {
    let mut world = World::new().await;
    let _relay = world.relay().await;
    record(&*world.log, 1, 100).await;
    world.stream_is_the_log().await;
    let copies = tempfile::tempdir().unwrap();
    let older = copies.path().join("older");
    world.nats.stop().await.unwrap();
    World::copy(&world.nats.store(), &older);
    world.nats.start_again().await.unwrap();
    record(&*world.log, 2, 200).await;
    world.stream_is_the_log().await;

    world.nats.kill().await.unwrap();
    World::copy(&older, &world.nats.store());
    world.nats.start_again().await.unwrap();
    world.stream_is_the_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_somebody_made_anew_is_filled_again() {
    let world = World::new().await;
    let _relay = world.relay().await;
    record(&*world.log, 1, 60).await;
    world.stream_is_the_log().await;
    world.jetstream().await.delete_stream("EVENTS_0").await.unwrap();
    record(&*world.log, 2, 5).await;
    world.stream_is_the_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_logs_stream_is_left_alone() {
    let world = World::new().await;
    let relay = world.relay().await;
    record(&*world.log, 1, 10).await;
    world.stream_is_the_log().await;
    drop(relay);

    for (events, says) in [(10, "name another nats.prefix"), (4, "it ends at 10, the log at 4")] {
        let other = new_log();
        let head = record(&*other, 7, events).await;
        let mut relay = world.relay_from(&other).await;
        let status = relay.comes_to(|state| matches!(state, RelayState::Refused(_))).await;
        let RelayState::Refused(problem) = status.state else { unreachable!() };
        assert!(problem.contains(says) && problem.contains("remove the stream"), "{problem}");
        assert_eq!((status.log_head, status.stream_head), (head, 10));
    }
    world.stream_is_the_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_publishes_within_five_seconds_of_the_active_ones_death() {
    let world = World::new().await;
    let mut first = world.relay().await;
    first.comes_to(active).await;
    record(&*world.log, 1, 20).await;
    world.stream_is_the_log().await;
    // It publishes too as long as nothing stands in its way, and is refused as soon as both want to.
    let mut second = world.relay().await;
    second.comes_to(active).await;
    for round in 2..100 {
        if *first.status.borrow() != *second.status.borrow()
            && [&first, &second].iter().any(|relay| relay.status.borrow().state == RelayState::Standby)
        {
            break;
        }
        record(&*world.log, round, 20).await;
        world.stream_is_the_log().await;
    }
    let first_is_active = active(&first.status.borrow().state);
    let (killed, mut standby) = if first_is_active { (first, second) } else { (second, first) };
    drop(killed);

    let started = Instant::now();
    record(&*world.log, 1_000, 3).await;
    standby.comes_to(active).await;
    world.stream_is_the_log().await;
    assert!(started.elapsed() < TAKE_OVER, "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn three_relays_at_once_do_no_harm() {
    let world = World::new().await;
    let _relays = [world.relay().await, world.relay().await, world.relay().await];
    for round in 0..20 {
        record(&*world.log, round, 25).await;
    }
    world.stream_is_the_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_taken_out_of_the_stream() {
    let world = World::new().await;
    let _relay = world.relay().await;
    record(&*world.log, 1, 3).await;
    world.stream_is_the_log().await;
    let stream = world.stream().await;
    stream.purge().await.unwrap_err();
    stream.delete_message(2).await.unwrap_err();
    world.stream_is_the_log().await;
}
