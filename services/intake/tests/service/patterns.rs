//! One fault, many players: their cases are flagged with one pattern.

use std::collections::BTreeSet;
use std::time::Duration;

use contracts::intake::v1 as pb;

use crate::world::World;

const SETTINGS: &str = "pattern_threshold = 3\npattern_window_minutes = 60";

fn report(world: &World, player: usize, product: &str) -> pb::OpenCaseRequest {
    pb::OpenCaseRequest {
        topic: pb::Topic::Technical as i32,
        product: product.to_owned(),
        ..world.opening(&format!("p-{player}"))
    }
}

async fn patterns(world: &World, cases: &[String]) -> Vec<Vec<String>> {
    world.settled().await;
    let mut patterns = Vec::new();
    for case in cases {
        patterns.push(world.shown(case).await.pattern_ids);
    }
    patterns
}

#[tokio::test]
async fn from_the_threshold_on_every_case_is_flagged_with_the_same_pattern() {
    let world = World::start_with(SETTINGS).await;
    let mut cases = Vec::new();
    for player in 0..2 {
        cases.push(world.opened(report(&world, player, "viking-gold")).await.case_id);
    }
    assert_eq!(patterns(&world, &cases).await, [const { Vec::<String>::new() }; 2]);
    // The window moves on: the first case is not in that of the last one, which joins all the same.
    for player in 2..6 {
        world.lasting.clock.advance(Duration::from_mins(25));
        cases.push(world.opened(report(&world, player, "viking-gold")).await.case_id);
    }
    let patterns = patterns(&world, &cases).await;
    assert!(patterns.iter().all(|ids| ids.len() == 1 && *ids == patterns[0]), "{patterns:?}");
    let head = world.settled().await;
    assert_eq!(world.settled().await, head, "nothing goes on by itself");
}

#[tokio::test]
async fn many_at_the_same_moment_are_still_one_pattern() {
    let world = World::start_with(SETTINGS).await;
    let calls = (0..12).map(|player| world.opened(report(&world, player, "viking-gold")));
    let cases: Vec<String> =
        futures_util::future::join_all(calls).await.into_iter().map(|case| case.case_id).collect();
    let flagged = patterns(&world, &cases).await;
    let ids: BTreeSet<&String> = flagged.iter().flatten().collect();
    assert_eq!((flagged.iter().flatten().count(), ids.len()), (12, 1), "{flagged:?}");
}

#[tokio::test]
async fn other_products_other_topics_and_long_ago_do_not_count() {
    let world = World::start_with(SETTINGS).await;
    let bonus = pb::OpenCaseRequest { topic: pb::Topic::Bonus as i32, ..report(&world, 1, "viking-gold") };
    let mut cases = vec![world.opened(report(&world, 0, "viking-gold")).await.case_id];
    world.lasting.clock.advance(Duration::from_secs(3_601));
    for request in [
        report(&world, 2, "viking-gold"),
        report(&world, 3, "viking-gold"),
        report(&world, 4, "odin"),
        report(&world, 5, ""),
        bonus,
    ] {
        cases.push(world.opened(request).await.case_id);
    }
    assert!(patterns(&world, &cases).await.iter().all(Vec::is_empty));
}

#[tokio::test]
async fn one_player_again_and_again_is_no_pattern() {
    let world = World::start_with(SETTINGS).await;
    let mut cases = Vec::new();
    for player in [0, 0, 0, 1] {
        cases.push(world.opened(report(&world, player, "viking-gold")).await.case_id);
    }
    assert!(patterns(&world, &cases).await.iter().all(Vec::is_empty));
    cases.push(world.opened(report(&world, 2, "viking-gold")).await.case_id);
    assert!(patterns(&world, &cases).await.iter().all(|ids| ids.len() == 1));
}
