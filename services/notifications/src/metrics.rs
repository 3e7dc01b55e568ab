//! The one figure this service reports beyond those that every service has.

use std::sync::OnceLock;

use case::notifications::DeliveryChannel;
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};

static SENT: OnceLock<Counter<u64>> = OnceLock::new();

/// A try to hand a notification over ended: `sent`, `failed` or `dead_lettered`.
pub(crate) fn tried(channel: DeliveryChannel, outcome: &'static str) {
    let counter = SENT.get_or_init(|| {
        global::meter("casetrail")
            .u64_counter("casetrail.notifications.sent")
            .with_description("Tries to hand a notification over, by channel and outcome.")
            .build()
    });
    counter.add(
        1,
        &[KeyValue::new("casetrail.channel", channel.as_str()), KeyValue::new("casetrail.outcome", outcome)],
    );
}
