//! What projections get.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use event_log::Committed;

use super::{Factory, World, done_until};
use crate::{Consumer, Filter, HandleError, Projection, Subscription};

/// Rows that are only a list of what was applied.
#[derive(Default)]
struct Rows {
    applied: Mutex<Vec<u64>>,
    /// What goes wrong with the next batches, last first.
    trouble: Mutex<Vec<Trouble>>,
}

#[derive(Clone, Copy)]
enum Trouble {
    /// Nothing is applied.
    Refused(fn(String) -> HandleError),
    /// It is applied, but the answer is lost.
    AnswerLost,
    /// Not even the position can be asked.
    Away,
    Panics,
}

impl Rows {
    fn with(trouble: Vec<Trouble>) -> Arc<Self> {
        Arc::new(Self { applied: Mutex::default(), trouble: Mutex::new(trouble) })
    }

    fn applied(&self) -> MutexGuard<'_, Vec<u64>> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trouble(&self) -> MutexGuard<'_, Vec<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Projection for Rows {
    async fn position(&self) -> Result<u64, HandleError> {
        if self.trouble().pop_if(|trouble| matches!(trouble, Trouble::Away)).is_some() {
            return Err(HandleError::Retry("away".to_owned()));
        }
        Ok(self.applied().last().copied().unwrap_or(0))
    }

    async fn apply(&self, events: &[Committed]) -> Result<(), HandleError> {
        assert!(!events.is_empty(), "an empty batch is not worth a call");
        let positions = events.iter().map(|event| event.position);
        let trouble = self.trouble().pop();
        match trouble {
            Some(Trouble::Refused(how)) => Err(how("refused".to_owned())),
            Some(Trouble::Panics) => panic!("on purpose"),
            Some(Trouble::AnswerLost) => {
                self.applied().extend(positions);
                Err(HandleError::Retry("the answer is lost".to_owned()))
            }
            Some(Trouble::Away) | None => {
                self.applied().extend(positions);
                Ok(())
            }
        }
    }
}

async fn project<F: Factory>(world: &World<'_, F>, filter: Filter, rows: &Arc<Rows>) -> Subscription {
    let consumer = Consumer::projection("rows", filter);
    match world.bus.project(consumer, Arc::clone(rows) as Arc<dyn Projection>).await {
        Ok(subscription) => subscription,
        Err(error) => panic!("the projection was refused: {error}"),
    }
}

/// Across a restart as well: its own position counts.
///
/// # Panics
/// When the bus breaks the promise; so do all of these.
pub async fn a_projection_gets_every_event_once_in_order(factory: &impl Factory) {
    let mut world = World::open(factory, 21).await;
    let rows = Rows::with(Vec::new());
    for _ in 0..600 {
        world.append(world.stream(), "stage.happened").await;
    }
    let subscription = project(&world, Filter::all(), &rows).await;
    done_until(&subscription, 600).await;
    let one_more = world.append(world.stream(), "stage.happened").await;
    done_until(&subscription, one_more).await;
    world.restart().await;
    let last = world.append(world.stream(), "stage.happened").await;
    let subscription = project(&world, Filter::all(), &rows).await;
    done_until(&subscription, last).await;
    assert!(rows.applied().iter().copied().eq(1..=602));
}

/// Whatever goes wrong: every event exactly once, because its position is its own.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn a_projection_that_fails_is_asked_where_it_stands_and_skips_nothing(factory: &impl Factory) {
    let world = World::open(factory, 22).await;
    let mut trouble = vec![
        Trouble::Refused(HandleError::Retry),
        Trouble::AnswerLost,
        Trouble::Away,
        Trouble::Panics,
        Trouble::Refused(HandleError::Poison),
        Trouble::Away,
    ];
    // More failures than an event has tries: still nothing is put aside.
    trouble.extend([Trouble::Refused(HandleError::Retry); 6]);
    let rows = Rows::with(trouble);
    for _ in 0..300 {
        world.append(world.stream(), "stage.happened").await;
    }
    let subscription = project(&world, Filter::all(), &rows).await;
    let caught_up = world.while_time_passes("catching up", subscription.wait_until(300)).await;
    assert_eq!(caught_up, Ok(()));
    let last = world.append(world.stream(), "stage.happened").await;
    world.while_time_passes("the last event", subscription.wait_until(last)).await.unwrap_or_default();
    assert!(rows.applied().iter().copied().eq(1..=301));
    assert!(rows.trouble().is_empty());
    assert_eq!(world.bus.dead_letters(None, 10).await, Ok(Vec::new()));
}

/// And is up to date although the last events were not for it.
///
/// # Panics
/// When the bus breaks the promise.
pub async fn a_projection_gets_only_what_it_wants(factory: &impl Factory) {
    let world = World::open(factory, 23).await;
    let stream = world.stream();
    let wanted = world.append(stream, "routing.assigned").await;
    let last = world.append(stream, "intake.closed").await;
    let rows = Rows::with(Vec::new());
    let subscription = project(&world, Filter::types(["routing"]), &rows).await;
    done_until(&subscription, last).await;
    assert_eq!(*rows.applied(), [wanted]);
}
