//! Waiting for consumers, their lag, and who is no consumer.

use std::sync::Arc;

use super::{Factory, Recorder, World, done_until, soon};
use crate::{Consumer, Error, Filter, Stopped};

/// For metrics and for reading one's own writes.
///
/// # Panics
/// When the bus breaks the promise; so do all of these.
pub async fn one_can_wait_for_a_consumer_and_see_how_far_behind_it_is(factory: &impl Factory) {
    let world = World::open(factory, 31).await;
    let handler = Recorder::willing();
    let subscription = world.subscribe(&handler).await;
    assert_eq!(subscription.wait_until(0).await, Ok(()));
    assert_eq!((subscription.name(), subscription.lag().events()), ("consumer", 0));

    handler.gate.send_replace(false);
    for _ in 0..3 {
        world.append(world.stream(), "stage.happened").await;
    }
    handler.has_inside(3).await;
    let lag = subscription.lag();
    assert_eq!((lag.consumer.as_str(), lag.head, lag.checkpoint, lag.events()), ("consumer", 3, 0, 3));
    handler.gate.send_replace(true);
    done_until(&subscription, 3).await;
    let all = world.bus.subscriptions();
    assert_eq!(all.iter().map(|one| (one.name(), one.lag().events())).collect::<Vec<_>>(), [("consumer", 0)]);
}

/// Two of one name would share a checkpoint.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn a_consumer_that_makes_no_sense_is_refused(factory: &impl Factory) {
    let world = World::open(factory, 32).await;
    let handler = Recorder::willing();
    let subscription = world.subscribe(&handler).await;
    for wrong in [
        Consumer::reactions("consumer", Filter::all(), 1),
        Consumer::reactions("", Filter::all(), 1),
        Consumer::reactions("idle", Filter::all(), 0),
        Consumer::projection("rows", Filter::all()),
    ] {
        let refused = world.bus.subscribe(wrong.clone(), Arc::clone(&handler) as _).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{wrong:?} gave {refused:?}");
    }
    // A name is free again once its consumer has stopped.
    soon("the stop", subscription.stop()).await;
    world.subscribe(&handler).await;
}

/// And says how far it came.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn waiting_for_a_consumer_that_stops_ends(factory: &impl Factory) {
    let world = World::open(factory, 33).await;
    let handler = Recorder::willing();
    let subscription = world.subscribe(&handler).await;
    let position = world.append(world.stream(), "stage.happened").await;
    done_until(&subscription, position).await;
    let (waited, ()) = soon("the end of waiting", async {
        tokio::join!(subscription.wait_until(position + 1), subscription.stop())
    })
    .await;
    assert_eq!(waited, Err(Stopped { consumer: "consumer".to_owned(), checkpoint: position }));
    assert_eq!(subscription.wait_until(position).await, Ok(()), "what is done stays done");
    assert!(world.bus.subscriptions().is_empty());
}
