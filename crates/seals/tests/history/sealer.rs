//! The sealer: when it seals, how it goes on after a restart, and what it refuses to seal on top of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use event_log::Hash;
use seals::{Error, Seal, SealStore, Sealer, SealerError, Witness};
use tokio_util::sync::CancellationToken;

use crate::world::{Kind, World, key, rechain, stream};

async fn ends(world: &World) -> Vec<u64> {
    world.store.range(0, u64::MAX, 100).await.unwrap().iter().map(|seal| seal.to).collect()
}

#[tokio::test]
async fn a_run_is_sealed_when_it_is_whole_or_its_oldest_event_old_enough() {
    let world = World::empty(Kind::Sqlite).await;
    let mut sealer = world.sealer(1);
    assert_eq!(sealer.seal_due().await.unwrap(), None);
    let oldest = world.clock_now();
    world.append(23).await;
    let due_at = sealer.seal_due().await.unwrap().unwrap();
    assert_eq!(ends(&world).await, [10, 20]);
    assert_eq!(due_at.duration_since(oldest).as_micros(), 60_000_000 + 20);
    world.clock.advance_to(due_at);
    world.append(1).await;
    assert_eq!(sealer.seal_due().await.unwrap(), None);
    assert_eq!(ends(&world).await, [10, 20, 24]);
    assert_eq!(*sealer.published().borrow(), 24);
    assert!(world.check().await.is_intact());
}

#[tokio::test]
async fn as_a_task_it_follows_the_log_until_it_is_stopped() {
    let world = World::empty(Kind::Sqlite).await;
    let sealer = world.sealer(1);
    let (mut published, stop) = (sealer.published(), CancellationToken::new());
    let acting = async {
        world.append(10).await;
        published.wait_for(|position| *position == 10).await.unwrap();
        world.append(3).await;
        // The moment it waits for may be set before or after the clock moves.
        while *published.borrow_and_update() < 13 {
            world.clock.advance(Duration::from_secs(61));
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(sealer.run(stop.clone()), acting);
    assert_eq!(ran, Ok(()));
    assert_eq!(ends(&world).await, [10, 13]);
}

#[tokio::test]
async fn after_a_restart_it_goes_on_after_the_last_seal_with_a_new_key_too() {
    let world = World::sealed(Kind::Sqlite, 15).await;
    let mut rotated = {
        let mut parts_of_two = world.sealer(2);
        world.append(10).await;
        parts_of_two.seal_due().await.unwrap();
        parts_of_two
    };
    let seals = world.store.range(0, 100, 10).await.unwrap();
    assert_eq!(ends(&world).await, [10, 20]);
    assert_eq!(seals[1].previous, seals[0].hash());
    assert_eq!([seals[0].key_id, seals[1].key_id], [key(1).public().id(), key(2).public().id()]);
    assert!(rotated.seal_due().await.is_ok());
    // Who does not trust the new key does not seal on top of it.
    let refused = world.sealer(1).seal_due().await.unwrap_err();
    assert!(matches!(refused, SealerError::Unproven { from: 11, .. }), "{refused}");
}

async fn refusal(sealer: &mut Sealer) -> SealerError {
    let refused = sealer.seal_due().await.unwrap_err();
    assert!(!refused.is_passing());
    refused
}

#[tokio::test]
async fn it_refuses_a_log_that_is_shorter_than_it_was() {
    let world = World::sealed(Kind::Sqlite, 25).await;
    let mut running = world.sealer(1);
    running.seal_due().await.unwrap();
    let events = world.events().await;
    world.put(&events[..23]).await;
    assert_eq!(refusal(&mut running).await, SealerError::Cut { head: 23, seen: 25 });
    world.put(&events[..15]).await;
    assert_eq!(refusal(&mut world.sealer(1)).await, SealerError::Cut { head: 15, seen: 20 });
    let stop = CancellationToken::new();
    assert_eq!(world.sealer(1).run(stop).await, Err(SealerError::Cut { head: 15, seen: 20 }));
}

#[tokio::test]
async fn it_refuses_a_log_whose_last_sealed_run_is_another_or_that_has_a_gap() {
    let world = World::sealed(Kind::Sqlite, 25).await;
    let events = world.events().await;
    let mut anew = events.clone();
    anew[14].payload = b"{}".to_vec();
    rechain(&mut anew, stream(2));
    world.put(&anew).await;
    assert_eq!(refusal(&mut world.sealer(1)).await, SealerError::Changed { from: 11, to: 20 });
    let mut holed = events;
    holed.remove(21);
    world.put(&holed).await;
    assert_eq!(refusal(&mut world.sealer(1)).await, SealerError::Missing(22));
}

#[tokio::test]
async fn a_witness_that_fell_behind_is_brought_up_before_anything_counts_as_published() {
    let mut world = World::sealed(Kind::Sqlite, 25).await;
    let late = Witness::open(&world.folder.path().join("late.jsonl")).await.unwrap();
    world.witnesses.push(Arc::new(late));
    let mut sealer = world.sealer(1);
    assert_eq!(*sealer.published().borrow(), 0);
    sealer.seal_due().await.unwrap();
    assert_eq!(*sealer.published().borrow(), 20);
    assert_eq!(world.check().await.witnessed_to, [20, 20]);
}

/// A store that is away for its first writes.
struct Away {
    inner: Arc<dyn SealStore>,
    failures: AtomicU32,
}

#[async_trait]
impl SealStore for Away {
    fn place(&self) -> &str {
        self.inner.place()
    }

    async fn append(&self, seal: &Seal, leaves: &[Hash]) -> Result<(), Error> {
        if self.failures.fetch_add(1, Ordering::SeqCst) < 3 {
            let (place, reason) = (self.place().to_owned(), "away".to_owned());
            return Err(Error::Unavailable { place, reason });
        }
        self.inner.append(seal, leaves).await
    }

    async fn last(&self) -> Result<Option<Seal>, Error> {
        self.inner.last().await
    }

    async fn range(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Seal>, Error> {
        self.inner.range(from, to, limit).await
    }

    async fn leaves(&self, seal: &Seal) -> Result<Option<Vec<Hash>>, Error> {
        self.inner.leaves(seal).await
    }
}

#[tokio::test]
async fn what_passes_is_waited_out_and_not_tried_without_a_pause() {
    let mut world = World::empty(Kind::Sqlite).await;
    let away = Arc::new(Away { inner: world.witnesses[0].clone(), failures: AtomicU32::new(0) });
    world.witnesses = vec![away.clone()];
    world.append(10).await;
    let sealer = world.sealer(1);
    let (mut published, stop) = (sealer.published(), CancellationToken::new());
    let acting = async {
        while away.failures.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(away.failures.load(Ordering::SeqCst), 1, "the clock stands still");
        while *published.borrow_and_update() < 10 {
            world.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(sealer.run(stop.clone()), acting);
    assert_eq!(ran, Ok(()));
    assert_eq!(ends(&world).await, [10]);
}

#[tokio::test]
async fn it_refuses_a_store_that_lost_what_a_witness_has() {
    let world = World::sealed(Kind::Sqlite, 25).await;
    world.run_on_seals("DELETE FROM SEAL WHERE to_position = 20").await;
    let refused = refusal(&mut world.sealer(1)).await;
    assert!(matches!(refused, SealerError::Differs { from: 11, .. }), "{refused}");
}
