//! Read models and checkpoints can be thrown away (I7): what is built from the log again gives the same
//! answers, and hearing everything a second time does nothing a second time (I4).

mod answers;

use stories::ALL;
use world::Heads;
use world::behind::{Derived, throw_away};

use crate::scene::{Scene, Stopped};
use answers::{Answers, every_answer};

/// A system that has lived: a withdrawal with everything that belongs to it, a VIP who was excluded.
async fn after_two_stories() -> (Answers, Heads, Stopped) {
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

/// Starts again and checks that all answers are the same, that nothing was recorded, and nothing sent.
async fn answers_alike(stopped: &Stopped, answers: &Answers, head: Heads) {
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
    let removed = throw_away(&stopped.data, Derived::ReadModels).await.unwrap();
    for service in ["intake", "routing", "payments_escalation", "notifications"] {
        assert!(removed.iter().any(|one| one == service), "{service} keeps no read model: {removed:?}");
    }
    answers_alike(&stopped, &answers, head).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hearing_everything_again_records_nothing_new_and_sends_nothing_twice() {
    let (answers, head, stopped) = after_two_stories().await;
    assert!(!throw_away(&stopped.data, Derived::Checkpoints).await.unwrap().is_empty());
    answers_alike(&stopped, &answers, head).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_and_the_keys_are_all_there_is_to_keep() {
    let (answers, head, stopped) = after_two_stories().await;
    for what in [Derived::ReadModels, Derived::Checkpoints] {
        throw_away(&stopped.data, what).await.unwrap();
    }
    answers_alike(&stopped, &answers, head).await;
}
