//! Read models and checkpoints can be thrown away (I7): what is built from the log again gives the same
//! answers, and hearing everything a second time does nothing a second time (I4).

mod answers;

use std::path::Path;

use stories::ALL;

use crate::scene::{Scene, Stopped};
use answers::{Answers, every_answer};

/// What cannot be derived from the log: the log itself, and the keys.
const KEPT: &[&str] = &["log.db", "keys.db", "master.key"];

/// A system that has lived: a withdrawal with everything that belongs to it, a VIP who was excluded.
async fn after_two_stories() -> (Answers, u64, Stopped) {
    let scene = Scene::begin().await;
    for name in ["late_withdrawal", "self_exclusion"] {
        let story = ALL.iter().find(|story| story.name == name).unwrap();
        (story.play)(&scene.stage).await.unwrap();
    }
    // And cases that are under way, so that queue and offers have something in them.
    for _ in 0..8 {
        scene.opened().await;
    }
    let head = scene.head().await;
    let answers = every_answer(&scene.stage).await;
    assert!(answers.say_something(), "nothing to compare: {answers:?}");
    (answers, head, scene.stop().await)
}

/// Removes the databases for which `goes` holds, and gives their names.
fn remove(data: &Path, goes: impl Fn(&str) -> bool) -> Vec<String> {
    let mut removed = Vec::new();
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_database = name.contains(".db") && !KEPT.iter().any(|kept| name.starts_with(kept));
        if is_database && goes(&name) {
            std::fs::remove_file(&path).unwrap();
            removed.push(name);
        }
    }
    removed
}

/// Starts again and checks that all answers are the same, that nothing was recorded, and nothing sent.
async fn answers_alike(stopped: &Stopped, answers: &Answers, head: u64) {
    let outbox = stopped.data.join("outbox");
    std::fs::remove_dir_all(&outbox).unwrap();
    let scene = stopped.start().await;
    assert_eq!(scene.recorded_after(head).await, [""; 0], "this had been recorded before");
    assert_eq!(&every_answer(&scene.stage).await, answers);
    assert_eq!(std::fs::read_dir(&outbox).unwrap().count(), 0, "something was sent again");
    scene.check().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_that_were_thrown_away_are_built_again_alike() {
    let (answers, head, stopped) = after_two_stories().await;
    let removed = remove(&stopped.data, |name| !name.starts_with("bus.db"));
    for service in ["intake", "routing", "payments_escalation", "notifications"] {
        assert!(removed.contains(&format!("{service}.db")), "{service} keeps no read model: {removed:?}");
    }
    answers_alike(&stopped, &answers, head).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hearing_everything_again_records_nothing_new_and_sends_nothing_twice() {
    let (answers, head, stopped) = after_two_stories().await;
    assert!(remove(&stopped.data, |name| name.starts_with("bus.db")).contains(&"bus.db".to_owned()));
    answers_alike(&stopped, &answers, head).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_and_the_keys_are_all_there_is_to_keep() {
    let (answers, head, stopped) = after_two_stories().await;
    remove(&stopped.data, |_| true);
    answers_alike(&stopped, &answers, head).await;
}
