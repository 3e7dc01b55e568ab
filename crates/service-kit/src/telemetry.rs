//! Logs, traces and metrics: set up once at the start of a process, flushed at its end.
//!
//! Filters are per layer: a global filter would switch spans off with the log lines. OTLP goes over HTTP
//! from a thread of its own, because the gRPC exporter lost spans at shutdown on small runtimes.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde::Deserialize;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// `[telemetry]` in a configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// Which log lines are written, such as `info` or `info,event_log=debug`.
    pub log_filter: String,
    /// How: `text` for people or `json` for machines.
    pub log_format: LogFormat,
    /// OTLP over HTTP, such as `http://127.0.0.1:4318`; empty: traces and metrics are not pushed.
    pub otlp_endpoint: String,
    /// Link to a trace in your tracing tool, with `{trace_id}` in it.
    pub trace_url: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, with the trace's id.
    Json,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log_filter: "warn".to_owned(),
            log_format: LogFormat::Text,
            otlp_endpoint: String::new(),
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
    /// `telemetry.otlp_endpoint` cannot be used.
    #[error("telemetry.otlp_endpoint: {0}; use for example 'http://127.0.0.1:4318'")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The metrics registry refused.
    #[error("metrics cannot be set up: {0}")]
    Metrics(String),
    /// Telemetry was set up twice in one process.
    #[error("logging was set up before: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Telemetry that is running; [`Telemetry::stop`] flushes it.
#[derive(Debug, Clone)]
pub struct Telemetry {
    tracer: SdkTracerProvider,
    meter: SdkMeterProvider,
    registry: prometheus::Registry,
}

/// How long the last flush may take.
const FLUSH: Duration = Duration::from_secs(5);

/// Sets up logging, tracing and metrics for this process.
pub fn start(config: &TelemetryConfig, service_name: &str) -> Result<Telemetry, TelemetryError> {
    let resource = Resource::builder()
        .with_service_name(service_name.to_owned())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let filter = EnvFilter::try_new(&config.log_filter)?;
    let lines = match config.log_format {
        LogFormat::Text => {
            tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter).boxed()
        }
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .with_filter(filter)
            .boxed(),
    };
    let tracer = tracer_provider(&config.otlp_endpoint, resource.clone())?;
    // Our own spans only: those of libraries (HTTP, SQL) would drown a case's journey.
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer.tracer("casetrail"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_filter(tracing_subscriber::filter::filter_fn(|metadata| {
            metadata.is_span() && *metadata.level() <= tracing::Level::INFO && is_ours(metadata.target())
        }));
    global::set_text_map_propagator(TraceContextPropagator::new());
    let (meter, registry) = meter_provider(config, resource)?;
    global::set_meter_provider(meter.clone());
    tracing_subscriber::registry().with(lines).with(spans).try_init()?;
    Ok(Telemetry { tracer, meter, registry })
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
fn tracer_provider(endpoint: &str, resource: Resource) -> Result<SdkTracerProvider, TelemetryError> {
    let provider = SdkTracerProvider::builder().with_resource(resource);
    if endpoint.is_empty() {
        return Ok(provider.build());
    }
    // The exporter's HTTP client takes the process's TLS provider; that one was installed before is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_timeout(FLUSH)
        .with_headers(std::collections::HashMap::new())
        .build()?;
    Ok(provider.with_batch_exporter(exporter).build())
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
    if !config.otlp_endpoint.is_empty() {
        let exporter = opentelemetry_otlp::MetricExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
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

    /// Hands the finished spans over now.
    pub async fn flush(&self) {
        let tracer = self.tracer.clone();
        let _ = tokio::task::spawn_blocking(move || tracer.force_flush()).await;
    }

    /// Flushes what is left and stops. Blocks up to five seconds, off the runtime's threads.
    pub async fn stop(self) {
        let stopped = tokio::task::spawn_blocking(move || {
            if let Err(error) = self.tracer.shutdown_with_timeout(FLUSH) {
                tracing::warn!(%error, "the last spans may be lost");
            }
            let _ = self.meter.shutdown_with_timeout(FLUSH);
        });
        let _ = stopped.await;
    }
}
