//! Spans and lines that nobody asked for are not made: a library's are many, and each would be looked at by everybody.

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;

use super::handover::Signal;
use super::lines::Chosen;
use super::taken::Taken;
use super::{LogFormat, TelemetryConfig, layers};

/// Whether a library's span and our own are made, and whether a library's line is looked at.
fn made(enabled: bool, log_format: LogFormat, is_pushed: bool) -> (bool, bool, bool) {
    let config = TelemetryConfig { enabled, log_format, ..TelemetryConfig::default() };
    let pushed = is_pushed.then(|| Taken::default().way(Signal::Lines));
    let (chosen, tracer) = (Chosen::new("info").unwrap(), SdkTracerProvider::builder().build());
    let layers = layers(&config, &chosen, &tracer, pushed);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layers), || {
        let library = tracing::trace_span!(target: "h2::proto", "poll");
        let line = tracing::enabled!(target: "h2::proto", tracing::Level::TRACE);
        let ours = tracing::info_span!(target: "service_kit::spans", "process");
        (!library.is_disabled(), !ours.is_disabled(), line)
    })
}

#[test]
fn a_librarys_spans_and_lines_are_not_made_however_lines_are_written() {
    for log_format in [LogFormat::Text, LogFormat::Json] {
        for is_pushed in [false, true] {
            assert_eq!(made(true, log_format, is_pushed), (false, true, false), "{log_format:?} {is_pushed}");
            let (library, _, line) = made(false, log_format, is_pushed);
            assert!(!library && !line, "without telemetry: {log_format:?} {is_pushed}");
        }
    }
}
