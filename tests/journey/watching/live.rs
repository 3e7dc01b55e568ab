//! `WatchCase`: every fact once and in order, from wherever one begins.

use std::sync::Arc;

use futures_util::future::join_all;
use tonic::Code;

use crate::case_watch::CaseWatch;
use crate::people::{ask, mette};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

const NOTES: u64 = 40;

/// Writes notes, several at a time, so that facts come in while others watch.
async fn write_notes(scene: &Scene, number: &str) {
    let writers = (0..4).map(|_| async {
        let mut intake = scene.stage.intake();
        for _ in 0..NOTES / 4 {
            let note = requests::add_note(scene.stage.new_id(), number);
            intake.add_note(ask(&mette(), note)).await.unwrap();
        }
    });
    join_all(writers).await;
}

async fn version_of(scene: &Scene, number: &str) -> u64 {
    scene.world.case(number).await.unwrap().version
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_breaks_off_goes_on_without_a_gap_or_a_repeat_while_facts_come_in() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let last = version_of(&scene, &number).await + NOTES;
    let watchers = (1..=8).map(|breath| {
        let (scene, number) = (&scene, &number);
        async move {
            let mut seen = Vec::new();
            while seen.last() != Some(&last) {
                let after = seen.last().copied().unwrap_or(0);
                let mut watch = CaseWatch::after(&scene.stage, number, after).await.unwrap();
                for _ in 0..breath {
                    if seen.last() == Some(&last) {
                        break;
                    }
                    seen.push(watch.next().await.unwrap().version);
                }
            }
            seen
        }
    });
    let (seen, ()) = tokio::join!(join_all(watchers), write_notes(&scene, &number));
    for versions in seen {
        assert_eq!(versions, (1..=last).collect::<Vec<_>>());
    }
    assert_eq!(version_of(&scene, &number).await, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_watchers_see_the_same_facts_in_the_same_order() {
    let scene = Arc::new(Scene::begin().await);
    let number = scene.taken().await;
    let last = version_of(&scene, &number).await + NOTES;
    let mut watches = Vec::new();
    for _ in 0..100 {
        watches.push(CaseWatch::of(&scene.stage, &number).await);
    }
    write_notes(&scene, &number).await;
    let mut expected = None;
    for watch in &mut watches {
        while watch.next().await.unwrap().version < last {}
        let hashes: Vec<_> = watch.seen.iter().map(|entry| (entry.version, entry.hash.clone())).collect();
        assert_eq!(expected.get_or_insert_with(|| hashes.clone()), &hashes);
    }
    assert_eq!(expected.unwrap().len() as u64, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_begins_after_the_version_it_names_and_not_beyond_the_newest() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let newest = version_of(&scene, &number).await;
    let mut watch = CaseWatch::after(&scene.stage, &number, newest).await.unwrap();
    let note = requests::add_note(scene.stage.new_id(), &number);
    scene.stage.intake().add_note(ask(&mette(), note)).await.unwrap();
    let entry = watch.next().await.unwrap();
    assert_eq!((entry.version, entry.r#type.as_str()), (newest + 1, "intake.note_added"));
    assert_eq!(entry.actor.unwrap().id, "mette");

    let status = CaseWatch::after(&scene.stage, &number, newest + 2).await.err().expect("not there yet");
    Refusal::from(status).about(&["after_version"]).says(&(newest + 1).to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_at_shutdown_and_says_that_one_may_come_back() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let last = version_of(&scene, &number).await;
    let mut watch = CaseWatch::of(&scene.stage, &number).await;
    while watch.next().await.unwrap().version < last {}

    let (stopped, ended) = tokio::join!(scene.stop(), watch.next());
    Refusal::from(ended.unwrap_err()).is(Code::Unavailable, "UNAVAILABLE");

    let scene = stopped.start().await;
    let mut watch = CaseWatch::after(&scene.stage, &number, last).await.unwrap();
    let note = requests::add_note(scene.stage.new_id(), &number);
    scene.stage.intake().add_note(ask(&mette(), note)).await.unwrap();
    assert_eq!(watch.next().await.unwrap().version, last + 1, "on with the last version seen");
}
