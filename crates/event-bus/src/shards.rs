//! Several shards as one bus: each has its own order, its own stream and its own checkpoints, and every
//! consumer runs once a shard.

use std::sync::Arc;

use async_trait::async_trait;
use event_log::{Committed, EventLog, global_position};
use futures_util::future::join_all;
use tracing::Span;

use crate::{
    Consumer, DeadLetter, Error, EventBus, HandleError, Handler, HeldSpan, Projection, Route, Settling,
    Subscription,
};

/// One shard of the log, and the bus that carries it.
#[derive(Clone)]
pub struct Shard {
    /// Its part of the log, with positions of its own.
    pub log: Arc<dyn EventLog>,
    /// What carries it.
    pub bus: Arc<dyn EventBus>,
}

/// The buses of all shards as one. A consumer's name is followed by its shard, `intake.directory.s3`, but for the
/// first shard: what is kept under it stays when shards are added.
pub struct ShardedBus {
    shards: Vec<Shard>,
}

impl ShardedBus {
    /// One bus of these, in the order of their shards; one alone is the whole bus already.
    pub fn of(mut shards: Vec<Shard>) -> Arc<dyn EventBus> {
        if shards.len() == 1 { shards.remove(0).bus } else { Arc::new(Self { shards }) }
    }

    fn numbered(&self) -> impl Iterator<Item = (u16, &Shard)> {
        (0..).zip(&self.shards)
    }

    /// The bus of the shard that a consumer's name names.
    fn bus_of(&self, consumer: &str) -> &Arc<dyn EventBus> {
        let shard = consumer.rsplit_once(".s").and_then(|(_, shard)| shard.parse::<usize>().ok());
        &self.shards[shard.filter(|shard| *shard < self.shards.len()).unwrap_or(0)].bus
    }
}

/// A consumer's name on a shard.
pub fn name_on_shard(consumer: &str, shard: u16) -> String {
    if shard == 0 { consumer.to_owned() } else { format!("{consumer}.s{shard}") }
}

/// Tells its handler global positions.
struct Globally {
    shard: u16,
    handler: Arc<dyn Handler>,
}

#[async_trait]
impl Handler for Globally {
    async fn handle(&self, committed: &Committed) -> Result<(), HandleError> {
        let position = global_position(self.shard, committed.position);
        self.handler.handle(&Committed { position, ..committed.clone() }).await
    }

    fn span(&self, committed: &Committed, is_first: bool) -> Span {
        self.handler.span(committed, is_first)
    }

    fn settling(&self, committed: &Committed, how: Settling) -> HeldSpan {
        self.handler.settling(committed, how)
    }
}

#[async_trait]
impl EventBus for ShardedBus {
    async fn subscribe(&self, consumer: Consumer, handler: Arc<dyn Handler>) -> Result<Subscription, Error> {
        let mut all = Vec::with_capacity(self.shards.len());
        for (number, shard) in self.numbered() {
            let handler: Arc<dyn Handler> =
                Arc::new(Globally { shard: number, handler: Arc::clone(&handler) });
            let consumer = Consumer { name: name_on_shard(&consumer.name, number), ..consumer.clone() };
            all.push(shard.bus.subscribe(consumer, handler).await?);
        }
        Ok(Subscription::of_shards(&consumer.name, all))
    }

    /// Refused: a projection keeps one position, so each shard needs one of its own.
    async fn project(&self, _: Consumer, _: Arc<dyn Projection>) -> Result<Subscription, Error> {
        Err(Error::Invalid("a projection follows one shard: start one on each".to_owned()))
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        self.shards.iter().flat_map(|shard| shard.bus.subscriptions()).collect()
    }

    async fn dead_letters(&self, consumer: Option<&str>, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        if let Some(consumer) = consumer {
            return self.bus_of(consumer).dead_letters(Some(consumer), limit).await;
        }
        // They are kept together, whichever shard they came from.
        self.shards[0].bus.dead_letters(None, limit).await
    }

    async fn dead_letter(&self, consumer: &str, position: u64) -> Result<(DeadLetter, Committed), Error> {
        self.bus_of(consumer).dead_letter(consumer, position).await
    }

    async fn redrive(&self, consumer: &str, position: u64) -> Result<(), Error> {
        self.bus_of(consumer).redrive(consumer, position).await
    }

    async fn shutdown(&self) {
        join_all(self.shards.iter().map(|shard| shard.bus.shutdown())).await;
    }

    fn shards(&self) -> &[Shard] {
        &self.shards
    }

    fn route(&self) -> Route {
        self.shards.first().map_or_else(Route::in_process, |shard| shard.bus.route())
    }
}
