//! Retries, poison, dead letters.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Factory, Recorder, World, done_until, soon};
use crate::{Error, HandleError, TRIES};

fn not_yet() -> Result<(), HandleError> {
    Err(HandleError::Retry("the gateway is away".to_owned()))
}

/// The others go on while no time passes at all; then the stream follows, in order.
///
/// # Panics
/// When the bus breaks the promise; so do all of these.
pub async fn an_event_that_fails_holds_back_only_its_own_stream(factory: &impl Factory) {
    let world = World::open(factory, 11).await;
    let (failing, other) = (world.stream(), world.stream());
    let first = world.append(failing, "stage.happened").await;
    let second = world.append(failing, "stage.happened").await;
    for _ in 0..20 {
        world.append(other, "stage.happened").await;
    }
    let handler = Recorder::new(
        move |event, tried| {
            if event.position == first && tried < 4 { not_yet() } else { Ok(()) }
        },
    );
    // One place in flight: a retry that waits must not take it.
    let subscription = world.subscribe_to(crate::Filter::all(), 1, &handler).await;
    handler.has_handled(20).await;
    assert_eq!((handler.tries_of(first), handler.tries_of(second)), (1, 0));
    assert_eq!(subscription.checkpoint(), 0);

    world.while_time_passes("the retries", subscription.wait_until(22)).await.unwrap_or_default();
    assert_eq!(subscription.checkpoint(), 22);
    assert_eq!((handler.tries_of(first), handler.tries_of(second)), (4, 1));
    assert_eq!(handler.handled()[20..], [first, second]);
    assert_eq!(world.bus.dead_letters(None, 10).await, Ok(Vec::new()));
}

/// However long what every event needs is away: that is not the event's fault.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn while_something_is_away_nothing_is_put_aside(factory: &impl Factory) {
    let world = World::open(factory, 21).await;
    let stream = world.stream();
    let first = world.append(stream, "stage.happened").await;
    let second = world.append(stream, "stage.happened").await;
    let longer = 3 * TRIES;
    let handler = Recorder::new(move |event, tried| {
        if event.position == first && tried < longer {
            Err(HandleError::Away("the database".to_owned()))
        } else {
            Ok(())
        }
    });
    let subscription = world.subscribe(&handler).await;
    world.while_time_passes("the outage", subscription.wait_until(second)).await.unwrap_or_default();
    assert_eq!((handler.tries_of(first), handler.handled()), (longer as usize, vec![first, second]));
    assert_eq!(world.bus.dead_letters(None, 10).await, Ok(Vec::new()));
}

/// Not four, not six; and the reason is the last one.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn after_five_tries_an_event_is_put_aside_and_its_stream_goes_on(factory: &impl Factory) {
    let world = World::open(factory, 12).await;
    let stream = world.stream();
    let first = world.append(stream, "stage.happened").await;
    let second = world.append(stream, "stage.happened").await;
    let handler = Recorder::new(move |event, tried| {
        if event.position == first { Err(HandleError::Retry(format!("try {tried} failed"))) } else { Ok(()) }
    });
    let subscription = world.subscribe(&handler).await;
    let began = ambient::Clock::now(&world.clock);
    world.while_time_passes("giving up", handler.has_handled(1)).await;
    done_until(&subscription, second).await;
    assert_eq!((handler.tries_of(first), handler.handled()), (TRIES as usize, vec![second]));
    let waited = ambient::Clock::now(&world.clock).duration_since(began);
    assert!(waited.as_secs() >= 20, "it gave up after {waited}, before a restart could be over");

    let letters = world.bus.dead_letters(None, 10).await.unwrap_or_default();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((letter.consumer.as_str(), letter.position, letter.stream), ("consumer", first, stream));
    assert_eq!((letter.event_type.as_str(), letter.tries), ("stage.happened", TRIES));
    assert_eq!(letter.reason, "try 5 failed");
}

/// No try is wasted on it, no time passes.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn a_poisoned_event_is_put_aside_at_once(factory: &impl Factory) {
    let world = World::open(factory, 13).await;
    let stream = world.stream();
    let poisoned = world.append(stream, "stage.happened").await;
    let next = world.append(stream, "stage.happened").await;
    let handler = Recorder::new(move |event, _| {
        if event.position == poisoned { Err(HandleError::Poison("not readable".to_owned())) } else { Ok(()) }
    });
    let subscription = world.subscribe(&handler).await;
    done_until(&subscription, next).await;
    assert_eq!((handler.tries_of(poisoned), handler.handled()), (1, vec![next]));
    let letters = world.bus.dead_letters(Some("consumer"), 10).await.unwrap_or_default();
    assert_eq!(letters.iter().map(|letter| letter.reason.as_str()).collect::<Vec<_>>(), ["not readable"]);
    assert_eq!(world.bus.dead_letters(Some("somebody else"), 10).await, Ok(Vec::new()));
}

/// It does not take the consumer with it.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn a_handler_that_panics_has_failed_a_try(factory: &impl Factory) {
    let world = World::open(factory, 14).await;
    let stream = world.stream();
    let position = world.append(stream, "stage.happened").await;
    let handler = Recorder::new(|_, tried| {
        assert!(tried > 2, "on purpose");
        Ok(())
    });
    let subscription = world.subscribe(&handler).await;
    world.while_time_passes("the third try", handler.has_handled(1)).await;
    done_until(&subscription, position).await;
    assert_eq!(handler.tries_of(position), 3);
}

/// It stays while it fails, and is gone when it has succeeded.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn a_dead_letter_can_be_shown_and_handled_again(factory: &impl Factory) {
    let world = World::open(factory, 15).await;
    let stream = world.stream();
    let position = world.append(stream, "stage.happened").await;
    let healed = Arc::new(AtomicBool::new(false));
    let handler = {
        let healed = Arc::clone(&healed);
        Recorder::new(move |_, tried| {
            if healed.load(Ordering::SeqCst) {
                return Ok(());
            }
            Err(HandleError::Poison(format!("unreadable {tried}")))
        })
    };
    let subscription = world.subscribe(&handler).await;
    done_until(&subscription, position).await;

    let shown = world.bus.dead_letter("consumer", position).await;
    let Ok((letter, event)) = shown else { panic!("it cannot be shown: {shown:?}") };
    assert_eq!((letter.event_id, letter.tries), (event.event_id, 1));
    assert_eq!((event.stream, event.position), (stream, position));

    let again = world.bus.redrive("consumer", position).await;
    assert_eq!(again, Err(Error::StillFailing("unreadable 2".to_owned())));
    let shown = world.bus.dead_letter("consumer", position).await;
    assert!(shown.is_ok_and(|(letter, _)| letter.tries == 2 && letter.reason == "unreadable 2"));

    healed.store(true, Ordering::SeqCst);
    assert_eq!(world.bus.redrive("consumer", position).await, Ok(()));
    assert_eq!(handler.handled(), [position]);
    assert_eq!(world.bus.dead_letters(None, 10).await, Ok(Vec::new()));
    let gone = Error::NotFound { consumer: "consumer".to_owned(), position };
    assert_eq!(world.bus.redrive("consumer", position).await, Err(gone.clone()));
    assert_eq!(world.bus.dead_letter("consumer", position).await, Err(gone));
    assert!(matches!(world.bus.redrive("nobody", position).await, Err(Error::Invalid(_))));
}

/// And are listed in the order of the log, as many as asked for.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn dead_letters_survive_a_restart(factory: &impl Factory) {
    let mut world = World::open(factory, 16).await;
    for _ in 0..5 {
        world.append(world.stream(), "stage.happened").await;
    }
    let handler = Recorder::new(|_, _| Err(HandleError::Poison("never".to_owned())));
    let subscription = world.subscribe(&handler).await;
    done_until(&subscription, 5).await;
    world.restart().await;
    let positions = |letters: Result<Vec<crate::DeadLetter>, Error>| -> Vec<u64> {
        letters.unwrap_or_default().iter().map(|letter| letter.position).collect()
    };
    assert_eq!(positions(world.bus.dead_letters(None, 100).await), [1, 2, 3, 4, 5]);
    assert_eq!(positions(world.bus.dead_letters(Some("consumer"), 2).await), [1, 2]);
    let willing = Recorder::willing();
    let subscription = world.subscribe(&willing).await;
    done_until(&subscription, 5).await;
    assert_eq!(soon("the redrive", world.bus.redrive("consumer", 3)).await, Ok(()));
    assert_eq!(willing.handled(), [3], "what was put aside does not come again by itself");
    assert_eq!(positions(world.bus.dead_letters(None, 100).await), [1, 2, 4, 5]);
}

/// Whoever follows an event's way must be able to tell its first try from those that came after it.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn a_try_is_the_first_one_once(factory: &impl Factory) {
    let world = World::open(factory, 22).await;
    let stream = world.stream();
    let failing = world.append(stream, "stage.happened").await;
    let next = world.append(stream, "stage.happened").await;
    let handler = Recorder::new(
        move |event, tried| {
            if event.position == failing && tried <= TRIES { not_yet() } else { Ok(()) }
        },
    );
    let subscription = world.subscribe(&handler).await;
    world.while_time_passes("giving up", subscription.wait_until(next)).await.unwrap_or_default();
    let mut expected = vec![true, false, false, false, false];
    assert_eq!(handler.first_tries_of(failing), expected);
    assert_eq!(handler.first_tries_of(next), [true]);
    assert_eq!(world.bus.redrive("consumer", failing).await, Ok(()));
    expected.push(false);
    assert_eq!(handler.first_tries_of(failing), expected, "a redrive is one more");
}
