//! A real OTLP receiver: takes what an exporter sends over HTTP, as a collector would.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Everything that came. Clones are the same.
#[derive(Debug, Clone, Default)]
struct Received {
    spans: Arc<Mutex<Vec<Span>>>,
    lines: Arc<Mutex<Vec<ResourceLogs>>>,
}

/// A receiver on a free port of this machine. Ends when it is dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    received: Received,
    _serving: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let received = Received::default();
        let router = Router::new()
            .route("/v1/traces", post(take_spans))
            .route("/v1/metrics", post(take_metrics))
            .route("/v1/logs", post(take_lines))
            .with_state(received.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, received, _serving: serving }
    }

    /// What `telemetry.otlp_endpoint` is set to.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every span that came since the last time.
    pub(crate) fn take(&self) -> Vec<Span> {
        std::mem::take(&mut self.received.spans.lock().unwrap())
    }

    /// Every log record that came since the last time, by who wrote it.
    pub(crate) fn take_lines(&self) -> Vec<ResourceLogs> {
        std::mem::take(&mut self.received.lines.lock().unwrap())
    }
}

async fn take_spans(State(received): State<Received>, body: Bytes) -> Result<Vec<u8>, StatusCode> {
    let request = ExportTraceServiceRequest::decode(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    for resource in request.resource_spans {
        for scope in resource.scope_spans {
            received.spans.lock().unwrap().extend(scope.spans);
        }
    }
    Ok(ExportTraceServiceResponse::default().encode_to_vec())
}

async fn take_lines(State(received): State<Received>, body: Bytes) -> Result<Vec<u8>, StatusCode> {
    let request = ExportLogsServiceRequest::decode(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    received.lines.lock().unwrap().extend(request.resource_logs);
    Ok(ExportLogsServiceResponse::default().encode_to_vec())
}

/// Metrics are scraped here; that what is pushed reads is enough.
async fn take_metrics(body: Bytes) -> StatusCode {
    match ExportMetricsServiceRequest::decode(body) {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}
