//! The seals were changed as well, or the keys, or a witness.

use std::sync::Arc;

use seals::{Limits, Parts, SealFault, Sealer, Witness, Wrong};

use crate::world::{Kind, RUN, World, key, rechain, stream};
use crate::{first, on_both, seal_fault};

on_both!(
    a_cut_tail_without_its_seals_is_found_through_a_witness,
    a_chain_written_anew_and_sealed_with_an_unknown_key_names_the_key,
    a_chain_written_anew_and_sealed_with_the_stolen_key_is_found_through_a_witness,
    an_edited_seal_is_found_and_a_witness_stands_in,
    a_seal_that_was_dropped_is_found,
    old_seals_are_checked_with_old_keys,
    a_witness_that_lost_a_line_or_differs_is_found,
);

async fn a_cut_tail_without_its_seals_is_found_through_a_witness(kind: Kind) {
    let mut world = World::sealed(kind, 34).await;
    let mut events = world.events().await;
    events.truncate(25);
    world.put(&events).await;
    world.run_on_seals("DELETE FROM SEAL WHERE to_position > 20").await;
    let report = world.check().await;
    assert_eq!(first(&report), (26, Wrong::Cut { sealed_to: 30 }));
    let place = world.store.place().to_owned();
    assert_eq!(seal_fault(&report), (21, SealFault::Missing { place }));
    // This is what witnesses are for: by itself, a database without its end looks whole.
    world.witnesses.clear();
    let report = world.check().await;
    assert!(report.is_intact() && report.sealed_to == 20, "{report:?}");
    world.end().await;
}

/// Writes a chain anew and seals everything again, with a key.
async fn sealed_anew(world: &World, key_byte: u8) {
    let mut events = world.events().await;
    events[17].payload = b"{}".to_vec();
    rechain(&mut events, stream(2));
    world.put(&events).await;
    world.run_on_seals("DELETE FROM SEAL").await;
    let parts = Parts {
        log: world.log.clone(),
        shard: 0,
        store: world.store.clone(),
        witnesses: Vec::new(),
        key: key(key_byte),
        trusted: world.keyring.clone(),
        clock: Arc::new(world.clock.clone()),
    };
    let limits = Limits { max_events: RUN, ..Limits::default() };
    Sealer::new(parts, limits).seal_due().await.unwrap();
}

async fn a_chain_written_anew_and_sealed_with_an_unknown_key_names_the_key(kind: Kind) {
    let mut world = World::sealed(kind, 34).await;
    sealed_anew(&world, 9).await;
    let unknown = (1, SealFault::UnknownKey(key(9).public().id()));
    let report = world.check().await;
    assert_eq!(seal_fault(&report), unknown);
    assert_eq!(report.first_wrong_position(), Some(1));
    world.witnesses.clear();
    assert_eq!(seal_fault(&world.check().await), unknown);
    world.end().await;
}

async fn a_chain_written_anew_and_sealed_with_the_stolen_key_is_found_through_a_witness(kind: Kind) {
    let world = World::sealed(kind, 34).await;
    world.clock.advance(std::time::Duration::from_secs(1));
    sealed_anew(&world, 1).await;
    let report = world.check().await;
    let witness = world.witnesses[0].place().to_owned();
    // Sealed at another moment, so the first seal differs already.
    assert_eq!(seal_fault(&report), (1, SealFault::Differs { witness }));
    world.end().await;
}

async fn an_edited_seal_is_found_and_a_witness_stands_in(kind: Kind) {
    let world = World::sealed(kind, 34).await;
    world.run_on_seals("UPDATE SEAL SET sealed_at = sealed_at + 1 WHERE from_position = 11").await;
    let mut events = world.events().await;
    events[12].payload = b"{}".to_vec();
    rechain(&mut events, stream(0));
    world.put(&events).await;
    let report = world.check().await;
    assert_eq!(seal_fault(&report), (11, SealFault::Signature(key(1).public().id())));
    assert_eq!(first(&report), (13, Wrong::Rewritten));
    world.end().await;
}

async fn a_seal_that_was_dropped_is_found(kind: Kind) {
    let mut world = World::sealed(kind, 34).await;
    world.run_on_seals("DELETE FROM SEAL WHERE from_position = 11").await;
    let missing = (11, SealFault::Missing { place: world.store.place().to_owned() });
    assert_eq!(seal_fault(&world.check().await), missing);
    world.witnesses.clear();
    assert_eq!(seal_fault(&world.check().await), missing);
    world.end().await;
}

async fn old_seals_are_checked_with_old_keys(kind: Kind) {
    let mut world = World::sealed(kind, 12).await;
    world.append(22).await;
    world.seal(2).await;
    assert_eq!(seal_fault(&world.check().await), (11, SealFault::UnknownKey(key(2).public().id())));
    world.keyring.trust(key(2).public());
    let report = world.check().await;
    assert!(report.is_intact() && report.seals == 3, "{report:?}");
    world.keyring = [key(2).public()].into_iter().collect();
    assert_eq!(seal_fault(&world.check().await), (1, SealFault::UnknownKey(key(1).public().id())));
    world.end().await;
}

async fn a_witness_that_lost_a_line_or_differs_is_found(kind: Kind) {
    let mut world = World::sealed(kind, 34).await;
    let path = world.folder.path().join("witness.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // Behind is no fault, but shows.
    let behind = world.folder.path().join("behind.jsonl");
    std::fs::write(&behind, format!("{}\n", lines[0])).unwrap();
    let witness = Witness::open_read_only(&behind).await.unwrap();
    world.witnesses.push(Arc::new(witness));
    let report = world.check().await;
    assert!(report.is_intact(), "{report:?}");
    assert_eq!(report.witnessed_to, [30, 10]);
    // A line that is missing between others makes it unreadable, and names the line.
    let holed = world.folder.path().join("holed.jsonl");
    std::fs::write(&holed, format!("{}\n{}\n", lines[0], lines[2])).unwrap();
    let refused = Witness::open_read_only(&holed).await.unwrap_err().to_string();
    assert!(refused.contains("holed.jsonl") && refused.contains("from position 21"), "{refused}");
    // One that saw another history.
    let other = World::empty(Kind::Sqlite).await;
    other.append(12).await;
    other.clock.advance(std::time::Duration::from_secs(5));
    other.seal(1).await;
    world.witnesses = other.witnesses.clone();
    let witness = world.witnesses[0].place().to_owned();
    assert_eq!(seal_fault(&world.check().await), (1, SealFault::Differs { witness }));
    world.end().await;
}
