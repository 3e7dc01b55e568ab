//! What JetStream keeps of a consumer of reactions: a durable pull consumer that all replicas share.

use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{AckPolicy, Consumer as JetStreamConsumer, DeliverPolicy};
use async_nats::jetstream::stream::Stream;
use async_nats::jetstream::{self, Context};
use event_log::EventLog;

use super::connect::{Names, durable_name};
use super::origin;
use crate::Consumer;

/// How long JetStream waits for a word about a message before it gives it to another replica.
pub(super) const ACK_WAIT: Duration = Duration::from_secs(10);
/// Most messages that are with replicas at a time: bounds their memory.
const MAX_ACK_PENDING: i64 = 1_024;

/// A durable consumer, by its description: it may be there, or have to be made.
pub(super) struct Durable {
    client: Client,
    jetstream: Context,
    stream: String,
    name: String,
    description: String,
    wanted: Vec<String>,
}

/// A durable consumer that is there.
pub(super) struct Found {
    pub(super) stream: Stream,
    pub(super) consumer: JetStreamConsumer<Config>,
}

impl Durable {
    pub(super) fn new(client: &Client, names: &Names, consumer: &Consumer) -> Self {
        Self {
            client: client.clone(),
            jetstream: jetstream::new(client.clone()),
            stream: names.stream(),
            name: durable_name(consumer),
            description: consumer.name.clone(),
            wanted: names.wanted(&consumer.filter),
        }
    }

    /// Finds the consumer, or makes it: then it begins after `checkpoint`, because JetStream has lost the one
    /// that was there, or there was none. What comes twice is recognised; skipping is what must not happen.
    ///
    /// # Errors
    /// The stream is not there yet, or is not that of `log`, or NATS or the log does not answer.
    pub(super) async fn ensure(&self, log: &dyn EventLog, checkpoint: u64) -> Result<Found, String> {
        let stream = self.jetstream.get_stream(&self.stream).await.map_err(|error| error.to_string())?;
        if let Some(problem) = origin::compare(&stream, log).await?.foreign {
            return Err(problem);
        }
        let after = DeliverPolicy::ByStartSequence { start_sequence: checkpoint + 1 };
        let made = |error: async_nats::jetstream::stream::ConsumerError| error.to_string();
        let found = stream.get_consumer::<Config>(&self.name).await;
        let consumer = match found {
            Ok(consumer) => {
                let kept = &consumer.cached_info().config;
                let (config, policy) = (self.config(kept.deliver_policy), kept.deliver_policy);
                let same = kept.filter_subject == config.filter_subject
                    && kept.filter_subjects == config.filter_subjects;
                if same {
                    consumer
                } else {
                    // Another release wants other events. Its place in the stream is kept.
                    tracing::info!(consumer = self.description, "its filter has changed");
                    stream.update_consumer(self.config(policy)).await.map_err(|error| error.to_string())?
                }
            }
            Err(_) => stream.create_consumer(self.config(after)).await.map_err(made)?,
        };
        Ok(Found { stream, consumer })
    }

    fn config(&self, deliver_policy: DeliverPolicy) -> Config {
        let mut config = Config {
            durable_name: Some(self.name.clone()),
            description: Some(self.description.clone()),
            deliver_policy,
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            // How often an event is tried is counted by us.
            max_deliver: -1,
            max_ack_pending: MAX_ACK_PENDING,
            ..Config::default()
        };
        match self.wanted.as_slice() {
            [] => {}
            [one] => config.filter_subject.clone_from(one),
            // Before 2.10 a server filters by one subject only: then all events come, and those that are not
            // wanted are passed over.
            many if self.filters_by_many() => config.filter_subjects = many.to_vec(),
            _ => {}
        }
        config
    }

    fn filters_by_many(&self) -> bool {
        let version = self.client.server_info().version;
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (2, 10)
    }
}
