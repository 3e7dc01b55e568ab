//! The events were changed, the seals were not.

use event_log::Committed;
use seals::{Wrong, check};
use uuid::Uuid;

use crate::world::{Kind, World, rechain, renumber, stream};
use crate::{first, on_both};

on_both!(
    an_untouched_history_is_intact,
    an_edited_payload_is_found_sealed_or_not,
    an_edited_hash_is_found_where_it_was_edited,
    two_events_of_different_streams_that_changed_places_are_found,
    two_events_of_one_stream_that_changed_places_are_found,
    payloads_that_changed_places_are_found_at_the_first,
    a_deleted_event_is_found_also_when_the_gap_was_closed,
    an_inserted_event_is_found,
    a_cut_tail_is_found,
    a_chain_that_was_written_anew_is_found_where_it_begins,
    a_part_is_checked_by_whole_seals,
);

/// Thirty-four events in three seals, and four more.
const EVENTS: usize = 34;

async fn an_untouched_history_is_intact(kind: Kind) {
    let world = World::sealed(kind, EVENTS).await;
    let report = world.check().await;
    assert!(report.is_intact(), "{report:?}");
    assert_eq!((report.events, report.seals, report.sealed_to), (34, 3, 30));
    assert_eq!(report.witnessed_to, [30]);
    world.end().await;
}

/// What a check finds after `change`.
async fn after(kind: Kind, change: impl FnOnce(&mut Vec<Committed>)) -> (u64, Wrong) {
    let world = World::sealed(kind, EVENTS).await;
    let mut events = world.events().await;
    change(&mut events);
    world.put(&events).await;
    let report = world.check().await;
    assert_eq!(report.wrong_seal, None);
    world.end().await;
    first(&report)
}

async fn an_edited_payload_is_found_sealed_or_not(kind: Kind) {
    for position in [15_u64, 33] {
        let found = after(kind, |events| {
            events[usize::try_from(position).unwrap() - 1].payload = b"{}".to_vec();
        });
        assert_eq!(found.await, (position, Wrong::Edited));
    }
}

async fn an_edited_hash_is_found_where_it_was_edited(kind: Kind) {
    // With the hash made to fit, only the successor's chain breaks, but the seal knows better.
    let found = after(kind, |events| {
        let mut one = events[..12].to_vec();
        one[11].payload = b"{}".to_vec();
        rechain(&mut one, stream(2));
        events[11] = one[11].clone();
    });
    assert_eq!(found.await, (12, Wrong::Rewritten));
}

async fn two_events_of_different_streams_that_changed_places_are_found(kind: Kind) {
    let found = after(kind, |events| {
        events.swap(11, 12);
        let times = (events[12].recorded_at, events[11].recorded_at);
        assert!(times.0 < times.1, "the later one comes first now");
        renumber(events);
    });
    assert_eq!(found.await, (12, Wrong::Swapped { with: 13 }));
}

async fn two_events_of_one_stream_that_changed_places_are_found(kind: Kind) {
    let found = after(kind, |events| {
        events.swap(11, 14);
        renumber(events);
    });
    assert_eq!(found.await, (12, Wrong::Swapped { with: 15 }));
}

async fn payloads_that_changed_places_are_found_at_the_first(kind: Kind) {
    let found = after(kind, |events| {
        let other = std::mem::replace(&mut events[13].payload, b"{}".to_vec());
        events[13].payload = std::mem::replace(&mut events[16].payload, other);
    });
    assert_eq!(found.await, (14, Wrong::Edited));
}

async fn a_deleted_event_is_found_also_when_the_gap_was_closed(kind: Kind) {
    let gap = after(kind, |events| drop(events.remove(13)));
    assert_eq!(gap.await, (14, Wrong::Deleted));
    let closed = after(kind, |events| {
        events.remove(13);
        renumber(events);
    });
    assert_eq!(closed.await, (14, Wrong::Deleted));
    // The stream too, as if the event had never been.
    let never = after(kind, |events| {
        let gone = events.remove(13);
        renumber(events);
        events
            .iter_mut()
            .filter(|event| event.stream == gone.stream && event.version > gone.version)
            .for_each(|event| event.version -= 1);
        rechain(events, gone.stream);
    });
    assert_eq!(never.await, (14, Wrong::Deleted));
}

async fn an_inserted_event_is_found(kind: Kind) {
    let found = after(kind, |events| {
        let forged = Committed {
            stream: Uuid::from_u128(0xF0),
            version: 1,
            event_id: Uuid::from_u128(0xF1),
            command_id: Uuid::from_u128(0xF2),
            ..events[16].clone()
        };
        events.insert(16, forged);
        renumber(events);
        rechain(events, Uuid::from_u128(0xF0));
    });
    assert_eq!(found.await, (17, Wrong::Inserted));
}

async fn a_cut_tail_is_found(kind: Kind) {
    let found = after(kind, |events| events.truncate(25));
    assert_eq!(found.await, (26, Wrong::Cut { sealed_to: 30 }));
    let whole_run = after(kind, |events| events.truncate(20));
    assert_eq!(whole_run.await, (21, Wrong::Cut { sealed_to: 30 }));
}

async fn a_chain_that_was_written_anew_is_found_where_it_begins(kind: Kind) {
    let anew = |events: &mut Vec<Committed>| {
        events[7].payload = br#"{"number":"another"}"#.to_vec();
        rechain(events, stream(1));
    };
    assert_eq!(after(kind, anew).await, (8, Wrong::Rewritten));

    // Without the leaf hashes the root still shows it, but not the very event.
    let world = World::sealed(kind, EVENTS).await;
    let mut events = world.events().await;
    anew(&mut events);
    world.put(&events).await;
    let null = match kind {
        Kind::Sqlite => "UPDATE SEAL SET leaves = x''",
        Kind::Postgres => "UPDATE SEAL SET leaves = decode(repeat('00', 320), 'hex')",
    };
    world.run_on_seals(null).await;
    assert_eq!(first(&world.check().await), (1, Wrong::RewrittenWithin { to: 10 }));
    world.end().await;
}

async fn a_part_is_checked_by_whole_seals(kind: Kind) {
    let world = World::sealed(kind, EVENTS).await;
    let mut events = world.events().await;
    events[24].payload = b"{}".to_vec();
    world.put(&events).await;
    let part = check(world.history(), Some(13..=15), &mut |_| ()).await.unwrap();
    assert!(part.is_intact(), "{part:?}");
    assert_eq!((part.from, part.events, part.seals, part.sealed_to), (11, 10, 1, 20));
    let mut last = None;
    let part = check(world.history(), Some(18..=100), &mut |progress| last = Some(progress)).await.unwrap();
    assert_eq!(first(&part), (25, Wrong::Edited));
    assert_eq!(last.map(|progress| progress.to), Some(34));
    world.end().await;
}
