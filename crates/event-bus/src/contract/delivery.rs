//! What reactions get, in which order, and after a restart.

use std::sync::Arc;

use super::{Factory, Recorder, World, done_until, soon};
use crate::{Filter, HandleError};

/// Those from before the subscription and those from after.
///
/// # Panics
/// When the bus breaks the promise; so do all of these.
pub async fn wanted_events_are_delivered_and_no_others(factory: &impl Factory) {
    let world = World::open(factory, 1).await;
    let stream = world.stream();
    world.append(stream, "intake.opened").await;
    let wanted = world.append(stream, "routing.assigned").await;
    let handler = Recorder::willing();
    let filter = Filter::types(["routing", "intake.closed"]);
    let subscription = world.subscribe_to(filter, 4, &handler).await;
    done_until(&subscription, wanted).await;
    let last = world.append(stream, "intake.closed").await;
    let unwanted = world.append(stream, "intake.opened_again").await;
    done_until(&subscription, unwanted).await;
    assert_eq!(handler.handled(), [wanted, last]);
    let handled = handler.handled.borrow().first().cloned();
    let stored = world.log.read_all(wanted - 1, 1).await.unwrap_or_default();
    assert_eq!(handled.as_ref(), stored.first(), "an event arrives as it is in the log");
}

/// Many streams, more events than are read at a time.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn order_is_kept_within_a_stream(factory: &impl Factory) {
    let world = World::open(factory, 2).await;
    let streams: Vec<_> = (0..7).map(|_| world.stream()).collect();
    let handler = Recorder::willing();
    let mut last = 0;
    for index in 0..300 {
        last = world.append(streams[index % 7], "stage.happened").await;
    }
    let subscription = world.subscribe(&handler).await;
    for index in 0..300 {
        last = last.max(world.append(streams[index * 3 % 7], "stage.happened").await);
    }
    done_until(&subscription, last).await;
    let handled = handler.handled.borrow().clone();
    assert_eq!(handled.len(), 600);
    for stream in streams {
        let versions = handled.iter().filter(|event| event.stream == stream).map(|event| event.version);
        assert!(versions.enumerate().all(|(index, version)| version == index as u64 + 1));
    }
}

/// And one stream never by two tasks.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn streams_are_worked_on_in_parallel_up_to_the_limit(factory: &impl Factory) {
    let world = World::open(factory, 3).await;
    let handler = Recorder::willing();
    handler.gate.send_replace(false);
    let subscription = world.subscribe_to(Filter::all(), 3, &handler).await;
    // The first stream has several events: only one of them may be in hand.
    let first = world.stream();
    let mut last = 0;
    for _ in 0..3 {
        last = world.append(first, "stage.happened").await;
    }
    for _ in 0..8 {
        last = world.append(world.stream(), "stage.happened").await;
    }
    handler.has_inside(3).await;
    let inside: Vec<_> = {
        let tries = handler.tries.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tries.iter().map(|event| event.stream).collect()
    };
    assert_eq!(inside.iter().filter(|stream| **stream == first).count(), 1);
    handler.gate.send_replace(true);
    done_until(&subscription, last).await;
    assert_eq!((handler.handled().len(), *handler.most_inside.borrow()), (11, 3));
}

/// Nothing comes twice after an orderly stop, nothing is left out.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn after_a_restart_it_goes_on_where_it_left_off(factory: &impl Factory) {
    let mut world = World::open(factory, 4).await;
    let handler = Recorder::willing();
    let subscription = world.subscribe(&handler).await;
    let stream = world.stream();
    let mut last = 0;
    for _ in 0..10 {
        last = world.append(stream, "stage.happened").await;
    }
    done_until(&subscription, last).await;
    world.restart().await;
    assert!(!subscription.is_running());
    let between = world.append(stream, "stage.happened").await;
    let subscription = world.subscribe(&handler).await;
    let after = world.append(stream, "stage.happened").await;
    done_until(&subscription, after).await;
    assert_eq!(between, 11);
    assert!(handler.handled().into_iter().eq(1..=12));
}

/// With what came after it in its stream; what other streams finished may come again, or not.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn what_was_not_finished_comes_again_after_a_restart(factory: &impl Factory) {
    let mut world = World::open(factory, 5).await;
    let (stuck, other) = (world.stream(), world.stream());
    let before = world.append(other, "stage.happened").await;
    let first = world.append(stuck, "stage.happened").await;
    let second = world.append(stuck, "stage.happened").await;
    world.append(other, "stage.happened").await;
    let failing = Recorder::new(move |event, _| {
        if event.stream == stuck { Err(HandleError::Retry("not yet".to_owned())) } else { Ok(()) }
    });
    let subscription = world.subscribe(&failing).await;
    failing.has_handled(2).await;
    done_until(&subscription, before).await;
    assert_eq!(subscription.checkpoint(), before);
    world.restart().await;

    let willing = Recorder::willing();
    let subscription = world.subscribe(&willing).await;
    done_until(&subscription, 4).await;
    let handled = willing.handled();
    let of_stuck: Vec<_> = handled.iter().filter(|position| [first, second].contains(position)).collect();
    assert_eq!(of_stuck, [&first, &second]);
    assert!(!handled.contains(&before), "it was finished, and so was everything before it");
}

/// And its checkpoint is kept; what was only waiting is not begun.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn what_is_in_hand_is_finished_before_it_stops(factory: &impl Factory) {
    let mut world = World::open(factory, 6).await;
    let handler = Recorder::willing();
    handler.gate.send_replace(false);
    let stream = world.stream();
    world.append(stream, "stage.happened").await;
    world.append(stream, "stage.happened").await;
    let subscription = world.subscribe(&handler).await;
    handler.has_inside(1).await;
    let stopping = {
        let subscription = subscription.clone();
        async move { subscription.stop().await }
    };
    let opening = async {
        // The stop has been asked for by now: `join!` polls in this order.
        handler.gate.send_replace(true);
    };
    soon("the stop", async { tokio::join!(stopping, opening) }).await;
    assert_eq!(handler.handled(), [1]);

    world.restart().await;
    let subscription = world.subscribe(&handler).await;
    done_until(&subscription, 2).await;
    assert_eq!(handler.handled(), [1, 2]);
    assert_eq!(Arc::clone(&world.bus).subscriptions().len(), 1);
}
