//! What was recorded together comes to a reaction one fact after the other; it is not answered by halves.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use case::Case;
use service_kit::reaction::{Fact, Reaction, case_of, subscribe};
use service_kit::{Executor, Failure};
use tokio::sync::mpsc;

use crate::world::{Place, World, open_case};

const PATIENCE: Duration = Duration::from_secs(30);

/// Looks at each case that was opened.
struct Looking {
    executor: Executor<Case>,
    seen: mpsc::UnboundedSender<Arc<Case>>,
}

#[async_trait]
impl Reaction for Looking {
    fn name(&self) -> &'static str {
        "looking.on_case_opened"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.case_opened"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        assert_eq!(fact.committed.version, 1, "the first of two facts");
        self.seen.send(case_of(&self.executor, fact).await?).unwrap();
        Ok(())
    }
}

#[tokio::test]
async fn whoever_answers_the_first_fact_of_a_case_knows_what_was_recorded_with_it() {
    let world = World::over(Place::file());
    let parts = world.replica().await;
    let (seen, mut cases) = mpsc::unbounded_channel();
    // Another process: it has nothing in memory of who opened the case.
    let executor = Executor::new(&parts, "looking");
    subscribe(&parts, Looking { executor, seen }).await.unwrap();
    Executor::new(&parts, "opening").execute(open_case()).await.unwrap();

    let case = tokio::time::timeout(PATIENCE, cases.recv()).await.unwrap().unwrap();
    assert_eq!(case.version, 2);
    assert_eq!(case.number().unwrap().to_string(), "NB-2026-000412-K");
    assert!(parts.shutdown.stop(PATIENCE).await);
}
