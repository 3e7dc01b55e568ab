//! Logs, traces and metrics: set up once at the start of a process, flushed at its end.
//!
//! - `lines`: log lines, each with its trace and its case.
//! - `spans`: spans of the bridge that have ended.
//! - `written`: spans that are written down as they are made.
//! - `beside`: those of them that lines are written in, beside the spans of `tracing`.
//! - `sampling`: which of them are kept: all, or those of a share of all cases.
//! - `handover`: handing spans and lines over, which nobody waits for.
//! - `otlp`: what is handed over, and to whom.
//!
//! Filters are per layer: a global filter would switch spans off with the log lines. OTLP goes over HTTP
//! from a thread of its own, because the gRPC exporter lost spans at shutdown on small runtimes.

mod beside;
mod handover;
mod lines;
mod otlp;
mod sampling;
mod spans;
#[cfg(test)]
pub(crate) mod taken;
mod written;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::Metadata;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use handover::{Fate, HandOver, Signal};
use lines::{Chosen, Lines};
use otlp::Otlp;
use sampling::Share;
use spans::Ended;

pub(crate) use beside::{Beside, beside, beside_current, here};
pub(crate) use written::{Writer, Written};

/// `[telemetry]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// Whether spans are made and metrics counted at all. Only to measure what they cost: a fact that is recorded
    /// without them is in no trace for ever.
    pub enabled: bool,
    /// Which log lines are written, such as `info` or `info,event_log=debug`. Reloaded on SIGHUP.
    pub log_filter: String,
    /// How: `text` for people or `json` for machines.
    pub log_format: LogFormat,
    /// OTLP over HTTP, such as `http://127.0.0.1:4318`; empty: traces and metrics are not pushed.
    pub otlp_endpoint: String,
    /// Whether log lines are pushed there as well. They are on standard error in any case.
    pub otlp_logs: bool,
    /// The share of cases whose spans are kept, from 0 to 1. A case is kept whole or not at all. Reloaded on SIGHUP.
    pub sample_ratio: f64,
    /// Link to a trace in your tracing tool, with `{trace_id}` in it.
    pub trace_url: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, with the trace, the span and the case.
    Json,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            log_filter: "warn".to_owned(),
            log_format: LogFormat::Text,
            otlp_endpoint: String::new(),
            otlp_logs: false,
            sample_ratio: 1.0,
            trace_url: String::new(),
        }
    }
}

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `telemetry.log_filter` does not read.
    #[error("telemetry.log_filter: {0}; use for example 'info' or 'info,event_log=debug'")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// `telemetry.sample_ratio` is no share.
    #[error("telemetry.sample_ratio = {0}: use a number from 0 (no case) to 1 (every case)")]
    Ratio(f64),
    /// `telemetry.otlp_endpoint` cannot be used.
    #[error("telemetry.otlp_endpoint: {0}; use for example 'http://127.0.0.1:4318'")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Likewise, for spans and lines.
    #[error("telemetry.otlp_endpoint: {0}; use for example 'http://127.0.0.1:4318'")]
    Endpoint(String),
    /// `telemetry.otlp_logs` without a collector that takes them.
    #[error(
        "telemetry.otlp_logs = true, but nobody takes them: \
         set telemetry.otlp_endpoint, for example to 'http://127.0.0.1:4318'"
    )]
    NoEndpoint,
    /// Nobody could hand spans or lines over.
    #[error("no thread could be started: {0}")]
    Thread(std::io::Error),
    /// The metrics registry refused.
    #[error("metrics cannot be set up: {0}")]
    Metrics(String),
    /// Telemetry was set up twice in one process.
    #[error("logging was set up before: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Writes spans of this process down; nobody while telemetry is not started, or not enabled.
static WRITER: OnceLock<Writer> = OnceLock::new();
/// The scope of everything that this system tells.
const SCOPE: &str = "casetrail";
/// The attribute that says which case a span belongs to.
pub(crate) const CASE_ID: &str = "casetrail.case.id";
/// The attribute that says how people call a span's case.
pub(crate) const CASE_NUMBER: &str = "casetrail.case.number";
/// Whether anybody reads the fields of spans that are written down.
static READS_FIELDS: AtomicBool = AtomicBool::new(false);

/// Makes spans of this process; nobody does without telemetry.
pub(crate) fn writer() -> Option<&'static Writer> {
    WRITER.get()
}

/// Whether anybody reads the fields of spans that are written down: the filter of lines may go by them.
pub(crate) fn reads_fields() -> bool {
    READS_FIELDS.load(Ordering::Relaxed)
}

/// Notes whether the filter of lines goes by the fields of spans.
fn heed(chosen: &Chosen) {
    READS_FIELDS.store(chosen.goes_by_spans(), Ordering::Relaxed);
}

/// Telemetry that is running; [`Telemetry::stop`] flushes it.
#[derive(Debug, Clone)]
pub struct Telemetry {
    tracer: SdkTracerProvider,
    meter: SdkMeterProvider,
    registry: prometheus::Registry,
    /// Where lines are pushed.
    pushed: Option<HandOver>,
    share: Share,
    chosen: Chosen,
}

/// How long a collector may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// How long the last flush may take.
const FLUSH: Duration = Duration::from_secs(5);

impl TelemetryConfig {
    /// Whether it makes sense; whether a collector is there is not asked.
    ///
    /// # Errors
    /// Names the setting.
    pub fn check(&self) -> Result<(), TelemetryError> {
        ratio(self)?;
        Chosen::new(&self.log_filter)?;
        match (self.otlp_endpoint.as_str(), self.otlp_logs) {
            ("", true) => Err(TelemetryError::NoEndpoint),
            ("", false) => Ok(()),
            (endpoint, _) => Otlp::url(endpoint, Signal::Spans).map(drop).map_err(TelemetryError::Endpoint),
        }
    }
}

/// The share of cases that are kept, checked.
fn ratio(config: &TelemetryConfig) -> Result<f64, TelemetryError> {
    let ratio = config.sample_ratio;
    if (0.0..=1.0).contains(&ratio) { Ok(ratio) } else { Err(TelemetryError::Ratio(ratio)) }
}

/// Sets up logging, tracing and metrics for this process.
pub fn start(config: &TelemetryConfig, service_name: &str) -> Result<Telemetry, TelemetryError> {
    let resource = Resource::builder()
        .with_service_name(service_name.to_owned())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    // The exporters' HTTP clients take the process's TLS provider; that one was installed before is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    config.check()?;
    let chosen = Chosen::new(&config.log_filter)?;
    heed(&chosen);
    let (meter, registry) = meter_provider(config, resource.clone())?;
    let share = Share::new(config.sample_ratio);
    global::set_text_map_propagator(TraceContextPropagator::new());
    if config.enabled {
        global::set_meter_provider(meter.clone());
    }
    // There from the start, at 0: that nothing gets lost is told as well.
    let (of_spans, of_lines) = (Fate::of(Signal::Spans), Fate::of(Signal::Lines));
    let pushed = lines_pushed(config, of_lines, resource.clone())?;
    let (tracer, way) = tracer_provider(config, &share, of_spans, resource)?;
    if config.enabled {
        // A second start fails below.
        let _ = WRITER.set(Writer::new(way, share.clone()));
    }
    tracing_subscriber::registry().with(layers(config, &chosen, &tracer, pushed.clone())).try_init()?;
    Ok(Telemetry { tracer, meter, registry, pushed, share, chosen })
}

/// Those who hear of spans and lines. Each has a filter, and who is left out is not there: a layer that is `None` would
/// have every span of every library made, for nobody (adr/0029; in intake those of HTTP/2 were some two fifths of what
/// telemetry took).
type Layers = Vec<Box<dyn Layer<Registry> + Send + Sync>>;

fn layers(
    config: &TelemetryConfig,
    chosen: &Chosen,
    tracer: &SdkTracerProvider,
    pushed: Option<HandOver>,
) -> Layers {
    let lines = Lines::new(config.log_format, pushed);
    if !config.enabled {
        return vec![lines.with_filter(chosen.clone()).boxed()];
    }
    let bridge = tracing_opentelemetry::layer()
        .with_tracer(tracer.tracer(SCOPE))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        // No library of ours looks for OpenTelemetry's own idea of what is current, which would be told at
        // every poll.
        .with_context_activation(false);
    vec![lines.with_filter(chosen.with_spans()).boxed(), bridge.with_filter(filter_fn(is_bridged)).boxed()]
}

/// Whether OpenTelemetry hears of a span by the bridge: one that says of which kind it is. Whatever else a span of ours
/// is for a collector is kept beside it.
fn is_bridged(metadata: &Metadata<'_>) -> bool {
    is_span_of_ours(metadata) && metadata.fields().field("otel.kind").is_some()
}

/// Whether this is a span of a case's journey: those of libraries (HTTP, SQL) would drown it.
fn is_span_of_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= tracing::Level::INFO && is_ours(metadata.target())
}

fn is_ours(target: &str) -> bool {
    const OURS: [&str; 9] = [
        "service_kit",
        "event_log",
        "event_bus",
        "history",
        "intake",
        "routing",
        "payments_escalation",
        "notifications",
        "casetrail",
    ];
    let root = target.split("::").next().unwrap_or(target);
    OURS.contains(&root)
}

/// Spans are made even when nothing exports them: each event stores the context it was created in, and
/// what was not stored then can never be found again.
fn tracer_provider(
    config: &TelemetryConfig,
    share: &Share,
    fate: Fate,
    resource: Resource,
) -> Result<(SdkTracerProvider, Option<HandOver>), TelemetryError> {
    let provider = SdkTracerProvider::builder().with_resource(resource.clone()).with_sampler(share.clone());
    let endpoint = &config.otlp_endpoint;
    if endpoint.is_empty() || !config.enabled {
        return Ok((provider.build(), None));
    }
    let way = hand_over(endpoint, resource, Signal::Spans, fate)?;
    let processor = Ended::new(share.clone(), way.clone());
    Ok((provider.with_span_processor(processor).build(), Some(way)))
}

/// Where lines are pushed, if they are.
fn lines_pushed(
    config: &TelemetryConfig,
    fate: Fate,
    resource: Resource,
) -> Result<Option<HandOver>, TelemetryError> {
    if !config.otlp_logs {
        return Ok(None);
    }
    hand_over(&config.otlp_endpoint, resource, Signal::Lines, fate).map(Some)
}

fn hand_over(
    endpoint: &str,
    resource: Resource,
    signal: Signal,
    fate: Fate,
) -> Result<HandOver, TelemetryError> {
    let collector = Otlp::to(endpoint, ANSWER, signal).map_err(TelemetryError::Endpoint)?;
    HandOver::to(collector, resource, signal, fate).map_err(TelemetryError::Thread)
}

fn meter_provider(
    config: &TelemetryConfig,
    resource: Resource,
) -> Result<(SdkMeterProvider, prometheus::Registry), TelemetryError> {
    let registry = prometheus::Registry::new();
    let scrape = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .build()
        .map_err(|error| TelemetryError::Metrics(error.to_string()))?;
    let mut provider = SdkMeterProvider::builder().with_reader(scrape).with_resource(resource);
    if !config.otlp_endpoint.is_empty() && config.enabled {
        let exporter = opentelemetry_otlp::MetricExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(ANSWER)
            .with_endpoint(format!("{}/v1/metrics", config.otlp_endpoint.trim_end_matches('/')))
            .build()?;
        provider = provider.with_periodic_exporter(exporter);
    }
    Ok((provider.build(), registry))
}

impl Telemetry {
    /// All metrics in Prometheus' text format.
    pub fn scrape(&self) -> Result<String, TelemetryError> {
        prometheus::TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .map_err(|error| TelemetryError::Metrics(error.to_string()))
    }

    /// Takes over what can be changed while it runs: the log's filter, and the share of cases that are kept. The
    /// rest of `config` is not looked at.
    pub fn change(&self, config: &TelemetryConfig) -> Result<(), TelemetryError> {
        let ratio = ratio(config)?;
        self.chosen.change(&config.log_filter)?;
        heed(&self.chosen);
        self.share.set(ratio);
        Ok(())
    }

    /// Hands the finished spans, and the lines that were written, over now.
    pub async fn flush(&self) {
        let (tracer, pushed) = (self.tracer.clone(), self.pushed.clone());
        let spans = tokio::task::spawn_blocking(move || tracer.force_flush());
        let lines = tokio::task::spawn_blocking(move || pushed.map(|pushed| pushed.flush(FLUSH)));
        let _ = tokio::join!(spans, lines);
    }

    /// Flushes what is left and stops. Blocks up to five seconds, off the runtime's threads.
    pub async fn stop(self) {
        let Self { tracer, meter, pushed, .. } = self;
        // Beside each other: a collector that does not answer is waited for once.
        let spans = tokio::task::spawn_blocking(move || {
            if let Err(error) = tracer.shutdown_with_timeout(FLUSH) {
                tracing::warn!(%error, "the last spans may be lost");
            }
        });
        let figures = tokio::task::spawn_blocking(move || drop(meter.shutdown_with_timeout(FLUSH)));
        let lines = tokio::task::spawn_blocking(move || {
            if let Some(Err(error)) = pushed.map(|pushed| pushed.stop(FLUSH)) {
                tracing::warn!(%error, "the last lines may be lost to the collector");
            }
        });
        let _ = tokio::join!(spans, figures, lines);
    }
}

#[cfg(test)]
mod dead_collector;
#[cfg(test)]
mod nobody_asked;
