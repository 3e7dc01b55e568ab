//! The figures every service reports, by the semantic conventions where they have a name. No case ids
//! as labels, ever: a label's values must be few.

mod connections;
mod sampled;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use event_bus::EventBus;
use opentelemetry::metrics::{Counter, Histogram, Meter};
use opentelemetry::{KeyValue, global};

pub use connections::{Connections, observe_connections};
pub use sampled::{Reading, observe_dead_letters, sample};

/// Boundaries for durations in seconds; the SDK's defaults are meant for milliseconds.
const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Boundaries for the appends of one transaction.
const BATCH: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Every instrument, made once.
pub struct Metrics {
    rpc_duration: Histogram<f64>,
    process_duration: Histogram<f64>,
    operation_duration: Histogram<f64>,
    reaction_delay: Histogram<f64>,
    redeliveries: Counter<u64>,
    database_duration: Histogram<f64>,
    batch_size: Histogram<u64>,
    events_appended: Counter<u64>,
    append_conflicts: Counter<u64>,
    state_cache: Lookups,
    calls_refused: Counter<u64>,
    connections_refused: Counter<u64>,
}

static METRICS: OnceLock<Metrics> = OnceLock::new();

/// Look-ups, several a command: counted here, and read when the metrics are.
#[derive(Clone, Default)]
struct Lookups {
    hits: Arc<AtomicU64>,
    misses: Arc<AtomicU64>,
}

impl Lookups {
    fn observed(meter: &Meter) -> Self {
        let counts = Self::default();
        let observed = counts.clone();
        meter
            .u64_observable_counter("casetrail.state_cache.lookups")
            .with_description("Look-ups of folded cases, by whether the cache had them.")
            .with_callback(move |observer| {
                for (hit, count) in [(true, &observed.hits), (false, &observed.misses)] {
                    observer.observe(count.load(Ordering::Relaxed), &[KeyValue::new("casetrail.hit", hit)]);
                }
            })
            .build();
        counts
    }
}

/// The instruments of this process. Made at first use, after `telemetry::start` has set the provider.
pub fn metrics() -> &'static Metrics {
    METRICS.get_or_init(|| {
        let meter = global::meter("casetrail");
        let seconds = |name, description| seconds(name, description, SECONDS);
        event_log::observe_batches(|appends| metrics().batched(appends));
        Metrics {
            rpc_duration: seconds("rpc.server.call.duration", "Duration of gRPC calls."),
            process_duration: seconds("messaging.process.duration", "Duration of reactions."),
            operation_duration: seconds(
                "messaging.client.operation.duration",
                "From sending a message to its acknowledgement.",
            ),
            reaction_delay: seconds(
                "casetrail.reaction.delay",
                "From a fact's commit until a reaction had answered it.",
            ),
            redeliveries: meter
                .u64_counter("casetrail.redeliveries")
                .with_description("Tries of a reaction that failed: the event comes again, or is put aside.")
                .build(),
            database_duration: seconds(
                "db.client.operation.duration",
                "Duration of the log's appends and of reads of one stream.",
            ),
            batch_size: meter
                .u64_histogram("casetrail.append.batch.size")
                .with_boundaries(BATCH.to_vec())
                .with_description("Appends that were committed together.")
                .build(),
            events_appended: meter
                .u64_counter("casetrail.events.appended")
                .with_description("Events committed to the log.")
                .build(),
            append_conflicts: meter
                .u64_counter("casetrail.append.conflicts")
                .with_description("Appends that met newer events and were decided again.")
                .build(),
            state_cache: Lookups::observed(&meter),
            calls_refused: meter
                .u64_counter("casetrail.calls.refused")
                .with_description("Calls that were refused because their caller asked more than one may.")
                .build(),
            connections_refused: meter
                .u64_counter("casetrail.connections.refused")
                .with_description("Connections that were hung up on before they became HTTP/2.")
                .build(),
        }
    })
}

/// Reports, whenever metrics are read, how far each of a bus's consumers is behind the log.
pub fn observe_consumers(bus: &Arc<dyn EventBus>) {
    // The reader of metrics outlives the bus; it must not keep it.
    let bus = Arc::downgrade(bus);
    global::meter("casetrail")
        .u64_observable_gauge("casetrail.projection.lag")
        .with_description("Events in the log that a consumer has not handled yet.")
        .with_callback(move |observer| {
            let Some(bus) = bus.upgrade() else { return };
            for subscription in bus.subscriptions() {
                let lag = subscription.lag();
                let consumer = KeyValue::new("messaging.consumer.group.name", lag.consumer.clone());
                observer.observe(lag.events(), &[consumer]);
            }
        })
        .build();
}

/// Makes a histogram of durations that are nobody's but a service's own, in seconds, with these boundaries.
pub fn seconds(name: &'static str, description: &'static str, boundaries: &[f64]) -> Histogram<f64> {
    global::meter("casetrail")
        .f64_histogram(name)
        .with_unit("s")
        .with_boundaries(boundaries.to_vec())
        .with_description(description)
        .build()
}

/// Reports, whenever metrics are read, how far a relay is behind the log. `pending` tells it.
pub fn observe_relay(pending: impl Fn() -> Vec<u64> + Send + Sync + 'static) {
    global::meter("casetrail")
        .u64_observable_gauge("casetrail.relay.pending")
        .with_description("Events in the log that are not in NATS yet.")
        .with_callback(move |observer| {
            for (shard, pending) in (0_i64..).zip(pending()) {
                observer.observe(pending, &[KeyValue::new("casetrail.shard", shard)]);
            }
        })
        .build();
}

impl Metrics {
    /// A gRPC call ended.
    pub fn rpc(&self, method: &str, code: &'static str, took: Duration) {
        self.rpc_duration.record(
            took.as_secs_f64(),
            &[
                KeyValue::new("rpc.system.name", "grpc"),
                KeyValue::new("rpc.method", method.to_owned()),
                KeyValue::new("rpc.response.status_code", code),
            ],
        );
    }

    /// A server serves: what it refuses is there, at 0, so that the first refusal is seen as a rise.
    pub(crate) fn serves(&self) {
        let labels = [KeyValue::new("rpc.method", "_OTHER"), KeyValue::new("error.type", "TOO_MANY_CALLS")];
        self.calls_refused.add(0, &labels);
        for why in ["no_room", "handshake", "too_slow"] {
            self.connections_refused.add(0, &[KeyValue::new("error.type", why)]);
        }
    }

    /// A call was refused because its caller asked more than one may.
    pub(crate) fn refused(&self, method: &str, reason: &'static str) {
        let labels = [KeyValue::new("rpc.method", method.to_owned()), KeyValue::new("error.type", reason)];
        self.calls_refused.add(1, &labels);
    }

    /// A connection was hung up on before it became HTTP/2.
    pub(crate) fn connection_refused(&self, why: &'static str) {
        self.connections_refused.add(1, &[KeyValue::new("error.type", why)]);
    }

    /// A reaction ended.
    pub fn reaction(
        &self,
        name: &'static str,
        event_type: &'static str,
        took: Duration,
        outcome: &'static str,
    ) {
        self.process_duration.record(
            took.as_secs_f64(),
            &[
                KeyValue::new("messaging.consumer.group.name", name),
                KeyValue::new("casetrail.event_type", event_type),
                KeyValue::new("casetrail.outcome", outcome),
            ],
        );
    }

    /// A message was published, and acknowledged or not.
    pub fn published(&self, system: &'static str, took: Duration, error: Option<&'static str>) {
        let mut labels = vec![
            KeyValue::new("messaging.system", system),
            KeyValue::new("messaging.operation.name", "publish"),
        ];
        labels.extend(error.map(|error| KeyValue::new("error.type", error)));
        self.operation_duration.record(took.as_secs_f64(), &labels);
    }

    /// A reaction has answered a fact that was committed so long ago.
    pub fn answered_after(&self, name: &'static str, delay: Duration) {
        let consumer = KeyValue::new("messaging.consumer.group.name", name);
        self.reaction_delay.record(delay.as_secs_f64(), &[consumer]);
    }

    /// A try of a reaction failed; with 0 it only says that there is such a reaction, so that the first failure
    /// is seen as a rise.
    pub fn redelivered(&self, name: &'static str, times: u64) {
        self.redeliveries.add(times, &[KeyValue::new("messaging.consumer.group.name", name)]);
    }

    /// The log's database was asked for something.
    pub fn database(&self, system: &'static str, operation: &'static str, took: Duration, ok: bool) {
        let labels = [
            KeyValue::new("db.system.name", system),
            KeyValue::new("db.operation.name", operation),
            KeyValue::new("error.type", "_OTHER"),
        ];
        self.database_duration.record(took.as_secs_f64(), if ok { &labels[..2] } else { &labels });
    }

    /// Appends were taken to be committed together.
    pub fn batched(&self, appends: usize) {
        self.batch_size.record(appends as u64, &[]);
    }

    /// A service executes commands: from now on its figures are there, at 0.
    pub fn begins(&self, service: &'static str) {
        self.events_appended(service, 0);
        self.append_conflicts.add(0, &[KeyValue::new("casetrail.service", service)]);
    }

    /// Events were committed.
    pub fn events_appended(&self, service: &'static str, count: usize) {
        self.events_appended.add(count as u64, &[KeyValue::new("casetrail.service", service)]);
    }

    /// An append met newer events.
    pub fn append_conflict(&self, service: &'static str) {
        self.append_conflicts.add(1, &[KeyValue::new("casetrail.service", service)]);
    }

    /// A folded case was looked up.
    pub fn state_cache(&self, hit: bool) {
        let count = if hit { &self.state_cache.hits } else { &self.state_cache.misses };
        count.fetch_add(1, Ordering::Relaxed);
    }
}
