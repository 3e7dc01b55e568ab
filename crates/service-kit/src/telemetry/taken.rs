//! What a collector takes in tests, and spans made for it by both ways: by lines' spans and written down.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::ScopeLogs;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message;
use tracing_subscriber::layer::SubscriberExt;

use super::handover::{Collector, Fate, HandOver, Signal};
use super::lines::Chosen;
use super::sampling::Share;
use super::spans::Ended;
use super::written::Writer;
use super::{FLUSH, TelemetryConfig, layers};

/// Takes everything. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken(Arc<Mutex<Vec<Vec<u8>>>>);

impl Collector for Taken {
    fn take(&self, body: Vec<u8>) -> Result<Option<String>, String> {
        self.0.lock().unwrap().push(body);
        Ok(None)
    }
}

impl Taken {
    /// The way to it.
    pub(super) fn way(&self, signal: Signal) -> HandOver {
        let resource = Resource::builder_empty().build();
        HandOver::to(self.clone(), resource, signal, Fate::of(signal)).unwrap()
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        let bodies = self.0.lock().unwrap();
        let requests = bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
        let scopes =
            requests.flat_map(|request| request.resource_spans).flat_map(|of_one| of_one.scope_spans);
        scopes.flat_map(|of_one| of_one.spans).collect()
    }

    pub(super) fn lines(&self) -> Vec<ScopeLogs> {
        let bodies = self.0.lock().unwrap();
        let requests = bodies.iter().map(|body| ExportLogsServiceRequest::decode(body.as_slice()).unwrap());
        requests.flat_map(|request| request.resource_logs).flat_map(|of_one| of_one.scope_logs).collect()
    }
}

/// The spans that a collector takes of what is done, of this share of all cases.
pub(crate) fn taken(share: f64, doing: impl FnOnce(&Writer)) -> Vec<Span> {
    let (taken, share) = (Taken::default(), Share::new(share));
    let way = taken.way(Signal::Spans);
    let processor = Ended::new(share.clone(), way.clone());
    let provider =
        SdkTracerProvider::builder().with_sampler(share.clone()).with_span_processor(processor).build();
    let layers = layers(&TelemetryConfig::default(), &Chosen::new("off").unwrap(), &provider, None);
    let writer = Writer::new(Some(way.clone()), share);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layers), || doing(&writer));
    way.stop(FLUSH).unwrap();
    taken.spans()
}
