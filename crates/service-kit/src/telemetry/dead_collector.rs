//! The real exporter, and nobody who takes anything: whoever ends a span goes on at once.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use opentelemetry::trace::{Span as _, Tracer, TracerProvider};
use opentelemetry_sdk::Resource;

use super::handover::{Fate, QUEUE, Signal};
use super::sampling::Share;
use super::{FLUSH, TelemetryConfig, tracer_provider};

/// More than the queue has room for, several times over.
const SPANS: usize = 5 * QUEUE;
/// Whoever waited for the collector would have waited for as long as it may take to answer, at least once.
const PROMPT: Duration = super::ANSWER;

/// Ends so many spans; the longest that one took, how many found no room, and how long the end took.
fn end_spans(collector: SocketAddr) -> (Duration, u64, Duration) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config =
        TelemetryConfig { otlp_endpoint: format!("http://{collector}"), ..TelemetryConfig::default() };
    let (fate, resource) = (Fate::of(Signal::Spans), Resource::builder_empty().build());
    let (provider, _) = tracer_provider(&config, &Share::new(1.0), fate.clone(), resource).unwrap();
    let tracer = provider.tracer("tests");
    let mut longest = Duration::ZERO;
    for _ in 0..SPANS {
        let began = Instant::now();
        tracer.start("a span").end();
        longest = longest.max(began.elapsed());
    }
    let (dropped, ending) = (fate.dropped(), Instant::now());
    let _ = provider.shutdown_with_timeout(FLUSH);
    (longest, dropped, ending.elapsed())
}

#[test]
fn a_port_where_nobody_listens_holds_nobody_up() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (longest, _, ended_in) = end_spans(nobody);
    assert!(longest < PROMPT, "one took {longest:?}");
    assert!(ended_in < FLUSH + PROMPT, "{ended_in:?}");
}

#[test]
fn one_that_never_answers_holds_nobody_up_and_the_queue_has_an_end() {
    // The system takes connections for a listener that never does.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (longest, dropped, ended_in) = end_spans(silent.local_addr().unwrap());
    assert!(longest < PROMPT, "one took {longest:?}");
    assert!(ended_in < FLUSH + PROMPT, "{ended_in:?}");
    let fit = SPANS as u64 - dropped;
    // What was being handed over meanwhile is no longer in the queue.
    assert!(dropped > 0 && fit < 2 * QUEUE as u64, "{fit} of {SPANS} spans found room");
}
