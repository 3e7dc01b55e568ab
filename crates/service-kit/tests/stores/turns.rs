//! A turn is had by one at a time: task or replica, alive or dead.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};

use crate::world::Place;

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

async fn one_at_a_time(place: Place) {
    let (one, two) = (place.open().await, place.open().await);
    // A file belongs to one process: its second store knows nothing of the first.
    let stores = if matches!(place, Place::File(_)) { [&one, &one] } else { [&one, &two] };
    let (inside, turns) = (AtomicBool::new(false), AtomicU64::new(0));
    let work = async |number: usize| {
        for _ in 0..20 {
            let turn = stores[number % 2].turn("brand/NB").await.unwrap();
            assert!(!inside.swap(true, Ordering::SeqCst), "two are inside");
            tokio::task::yield_now().await;
            turns.fetch_add(1, Ordering::SeqCst);
            inside.store(false, Ordering::SeqCst);
            drop(turn);
        }
    };
    tokio::time::timeout(PATIENCE, join_all((0..8).map(work))).await.unwrap();
    assert_eq!(turns.load(Ordering::SeqCst), 160);
    place.remove().await;
}

#[tokio::test]
async fn tasks_have_their_turn_one_after_the_other() {
    one_at_a_time(Place::file()).await;
}

#[tokio::test]
async fn replicas_have_their_turn_one_after_the_other() {
    one_at_a_time(Place::postgres().await).await;
}

#[tokio::test]
async fn many_different_turns_are_had_at_once() {
    let place = Place::postgres().await;
    let (one, two) = (place.open().await, place.open().await);
    let names: Vec<String> = (0..12).map(|number| format!("notification/{number}")).collect();
    let held = join_all(names.iter().map(|name| one.turn(name))).await;
    let other = tokio::time::timeout(PATIENCE, two.turn("brand/NB")).await.unwrap();
    assert!(held.iter().all(Result::is_ok) && other.is_ok());
    place.remove().await;
}

#[tokio::test]
async fn the_turn_of_a_replica_whose_connection_died_goes_to_the_next() {
    let place = Place::postgres().await;
    let Place::Postgres { database, .. } = &place else { unreachable!() };
    let (one, two) = (place.open().await, place.open().await);
    let lost = one.turn("brand/NB").await.unwrap();
    let mut waiting = Box::pin(two.turn("brand/NB"));
    assert!(futures_util::poll!(waiting.as_mut()).is_pending());
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .execute(&mut admin)
    .await
    .unwrap();
    let next = tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap();
    // Who lost it takes nobody's turn when it ends, and waits like everybody else.
    drop(lost);
    let mut again = Box::pin(one.turn("brand/NB"));
    assert!(futures_util::poll!(again.as_mut()).is_pending());
    drop(next);
    assert!(tokio::time::timeout(PATIENCE, again).await.unwrap().is_ok());
    place.remove().await;
}

#[tokio::test]
async fn whoever_stops_waiting_leaves_no_lock_behind() {
    let place = Place::postgres().await;
    let (one, two) = (place.open().await, place.open().await);
    let held = one.turn("brand/NB").await.unwrap();
    for _ in 0..5 {
        let mut waiting = Box::pin(two.turn("brand/NB"));
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
    }
    drop(held);
    for store in [&one, &two, &one] {
        drop(tokio::time::timeout(PATIENCE, store.turn("brand/NB")).await.unwrap().unwrap());
    }
    place.remove().await;
}
