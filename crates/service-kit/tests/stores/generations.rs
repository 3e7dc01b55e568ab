//! Rows derived a second time: what was changed behind the services' back is found and put right, while two
//! replicas go on writing and others read.

use std::sync::atomic::{AtomicBool, Ordering};

use service_kit::projection::{Checked, Derivation, Generation, Switched, live_generation};
use service_kit::store::Store;
use sqlx::AssertSqlSafe;

use crate::projections::{SEEN, Seen, reached, replica, seen};
use crate::world::{MIGRATIONS, Place, World};

/// Nothing of these tests is told on a terminal.
fn nobody(_events: u64) {}

pub(crate) async fn check(world: &World, live: &Store, derivation: Derivation) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let mut generation = begin(world, derivation, &folder).await;
    let checked = generation.check(live, &world.clock, &mut nobody).await.unwrap();
    generation.close().await;
    checked
}

pub(crate) async fn switch(world: &World, live: &Store, derivation: Derivation) -> Switched {
    let folder = tempfile::tempdir().unwrap();
    let mut generation = begin(world, derivation, &folder).await;
    let switched = generation.switch(live, &mut nobody).await.unwrap();
    generation.close().await;
    switched
}

async fn begin(world: &World, derivation: Derivation, folder: &tempfile::TempDir) -> Generation {
    let (logs, file) = ([world.log.clone()], folder.path().join("rows.db"));
    Generation::begin(derivation, &logs, &file, &[&MIGRATIONS]).await.unwrap()
}

async fn do_behind(live: &Store, statements: &[&str]) {
    for statement in statements {
        let done = sqlx::query(AssertSqlSafe((*statement).to_owned())).execute(live.pool()).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement}");
    }
}

async fn changed_rows_are_found_and_put_right(place: Place) {
    let world = World::over(place);
    let (one, two) = (replica(&world).await, replica(&world).await);
    let head = world.record(1, 40).await;
    reached(&[&one, &two], head).await;
    let live = world.place.open().await;
    let clean = check(&world, &live, Derivation::facts(Seen)).await;
    assert_eq!((clean.rows, clean.events, clean.differences.len()), (40, 40, 0), "{clean:?}");

    do_behind(
        &live,
        &[
            "UPDATE seen SET stream = 'another' WHERE position = 7",
            "DELETE FROM seen WHERE position = 9",
            "INSERT INTO seen (position, stream) VALUES (1000, 'invented')",
        ],
    )
    .await;
    let found = check(&world, &live, Derivation::facts(Seen)).await.differences;
    let keys: Vec<&str> = found.iter().map(|one| one.key[0].as_str()).collect();
    assert_eq!(keys, ["1000", "7", "9"]);
    let stream = |row: &Option<Vec<(String, String)>>| row.as_ref().map(|row| row[1].1.clone());
    let right = uuid::Uuid::from_u128(1).to_string();
    assert_eq!((stream(&found[0].stored), stream(&found[0].derived)), (Some("invented".to_owned()), None));
    assert_eq!(stream(&found[1].stored).as_deref(), Some("another"));
    assert_eq!(stream(&found[1].derived).as_ref(), Some(&right));
    assert_eq!((stream(&found[2].stored), stream(&found[2].derived)), (None, Some(right)));

    let switched = switch(&world, &live, Derivation::facts(Seen)).await;
    assert_eq!((switched.generation, switched.removed, switched.written), (1, 2, 2));
    assert_eq!(live_generation(&live, SEEN.name).await.unwrap(), 1);
    assert!(check(&world, &live, Derivation::facts(Seen)).await.differences.is_empty());
    let head = world.record(2, 3).await;
    reached(&[&one, &two], head).await;
    assert_eq!(seen(&live).await, (43, 43));
    world.place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_rows_are_found_and_put_right_in_a_file() {
    changed_rows_are_found_and_put_right(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_rows_are_found_and_put_right_on_postgres() {
    changed_rows_are_found_and_put_right(Place::postgres().await).await;
}

/// Two replicas write, an operator checks and switches, somebody reads: no row is ever missing or there twice.
async fn generations_change_while_all_goes_on(place: Place) {
    let world = World::over(place);
    let (one, two) = (replica(&world).await, replica(&world).await);
    let (live, reader) = (world.place.open().await, world.place.open().await);
    let over = AtomicBool::new(false);
    let writes = async {
        let mut round = 0;
        while !over.load(Ordering::SeqCst) {
            let head = world.record(round / 100, 1 + usize::try_from(round % 5).unwrap()).await;
            // The log is in memory: without this it would outrun everybody.
            reached(&[&one], head).await;
            round += 1;
        }
    };
    let reads = async {
        let mut before = (0, 0);
        while !over.load(Ordering::SeqCst) {
            let now = seen(&reader).await;
            assert!(now >= before && now.0 == now.1, "had {before:?}, then {now:?}");
            before = now;
        }
        before.0
    };
    let operator = async {
        for generation in 1..=3 {
            let checked = check(&world, &live, Derivation::facts(Seen)).await;
            assert_eq!(checked.differences, []);
            let switched = switch(&world, &live, Derivation::facts(Seen)).await;
            assert_eq!((switched.generation, switched.removed), (generation, 0));
        }
        over.store(true, Ordering::SeqCst);
    };
    let ((), read, ()) = tokio::join!(writes, reads, operator);
    assert!(read > 0, "nothing was read while generations changed");
    let head = world.record(u64::MAX, 1).await;
    reached(&[&one, &two], head).await;
    let head = i64::try_from(head).unwrap();
    assert_eq!(seen(&live).await, (head, head));
    world.place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generations_change_while_all_goes_on_in_a_file() {
    generations_change_while_all_goes_on(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generations_change_while_all_goes_on_on_postgres() {
    generations_change_while_all_goes_on(Place::postgres().await).await;
}

/// More rows than are held at a time, of which some are wrong, some are missing and some are invented.
async fn a_large_table_is_exchanged_piece_by_piece(place: Place) {
    let world = World::over(place);
    for stream in 1..=5 {
        world.record(stream, 700).await;
    }
    let live = world.place.open().await;
    let first = switch(&world, &live, Derivation::facts(Seen)).await;
    assert_eq!((first.generation, first.removed, first.written), (1, 0, 3_500));
    assert_eq!(seen(&live).await, (3_500, 3_500));
    do_behind(
        &live,
        &[
            "UPDATE seen SET stream = 'another' WHERE position % 5 = 0",
            "DELETE FROM seen WHERE position % 5 = 1 OR position > 3000",
            "INSERT INTO seen (position, stream) SELECT position + 10000, stream FROM seen WHERE position % 5 = 2",
        ],
    )
    .await;
    let second = switch(&world, &live, Derivation::facts(Seen)).await;
    // Of 3,000 a fifth was another and a fifth is missing; 500 were cut off; a fifth was there twice.
    assert_eq!((second.removed, second.written), (600 + 600, 600 + 600 + 500));
    assert_eq!(seen(&live).await, (3_500, 3_500));
    let third = switch(&world, &live, Derivation::facts(Seen)).await;
    assert_eq!((third.generation, third.removed, third.written), (3, 0, 0));
    world.place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_table_is_exchanged_piece_by_piece_in_a_file() {
    a_large_table_is_exchanged_piece_by_piece(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_table_is_exchanged_piece_by_piece_on_postgres() {
    a_large_table_is_exchanged_piece_by_piece(Place::postgres().await).await;
}

#[tokio::test]
async fn a_generation_that_failed_half_way_is_not_gone_on_with() {
    let world = World::over(Place::file());
    world.record(1, 3).await;
    let folder = tempfile::tempdir().unwrap();
    let mut generation = begin(&world, Derivation::facts(Seen), &folder).await;
    let failed = generation.advance(&[4], &mut nobody).await.unwrap_err();
    assert!(failed.to_string().contains("the log ends before position 4"), "{failed}");
    world.record(1, 1).await;
    let refused = generation.advance(&[4], &mut nobody).await.unwrap_err();
    assert!(refused.to_string().contains("begin anew"), "{refused}");
    generation.close().await;
}
