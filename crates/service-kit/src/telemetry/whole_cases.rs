//! Calls, appends and reactions of many cases, thinned out: each case is there whole or not at all.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use opentelemetry::trace::TracerProvider;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message;
use tracing::field::Empty;
use tracing_subscriber::layer::SubscriberExt;
use uuid::Uuid;

use super::handover::{Collector, Fate, HandOver, Signal};
use super::sampling::{CASE, Share};
use super::spans::Ended;
use crate::meta::{parse_traceparent, traceparent_of};
use crate::spans::hang;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Spans that one case has here.
const SPANS: usize = 4;

#[derive(Debug, Clone, Default)]
struct Exported(Arc<Mutex<Vec<Span>>>);

impl Collector for Exported {
    fn take(&self, body: Vec<u8>) -> Result<Option<String>, String> {
        let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        let scopes = request.resource_spans.into_iter().flat_map(|of_one| of_one.scope_spans);
        self.0.lock().unwrap().extend(scopes.flat_map(|of_one| of_one.spans));
        Ok(None)
    }
}

/// What is exported of these cases. A caller's trace says that it is not to be kept, which is not asked here.
fn exported(share: f64, cases: &[Uuid]) -> Vec<Span> {
    let (exported, share) = (Exported::default(), Share::new(share));
    let (sampler, resource) = (share.clone(), Resource::builder_empty().build());
    let to = HandOver::to(exported.clone(), resource, Signal::Spans, Fate::of(Signal::Spans)).unwrap();
    let processor = Ended::new(share, to);
    let provider = SdkTracerProvider::builder().with_sampler(sampler).with_span_processor(processor).build();
    let layer =
        tracing_opentelemetry::layer().with_tracer(provider.tracer("tests")).with_context_activation(false);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        for case in cases {
            let created = called(*case);
            reacted(*case, &created);
        }
    });
    provider.shutdown().unwrap();
    std::mem::take(&mut exported.0.lock().unwrap())
}

/// A call that makes the case: its span knows it only when the request was read.
fn called(case: Uuid) -> String {
    let call = tracing::info_span!("call", otel.kind = "server", casetrail.case.id = Empty);
    let entered = call.entered();
    tracing::Span::current().record(CASE, tracing::field::display(case));
    // And once more, as whoever learns of it does.
    tracing::Span::current().record(CASE, tracing::field::display(case));
    let append = tracing::info_span!("append", otel.kind = "client", casetrail.case.id = %case);
    let created = append.in_scope(|| {
        let create = tracing::info_span!("create", otel.kind = "producer", casetrail.case.id = %case);
        traceparent_of(&create.context()).unwrap()
    });
    drop(entered);
    created
}

/// A reaction in another process.
fn reacted(case: Uuid, created: &str) {
    let process =
        tracing::info_span!(parent: None, "process", otel.kind = "consumer", casetrail.case.id = %case);
    hang(&process, parse_traceparent(created).unwrap());
    let _entered = process.entered();
}

fn case_of(span: &Span) -> String {
    let mut cases = span.attributes.iter().filter(|pair| pair.key == CASE);
    let case = cases.next().unwrap().value.clone().unwrap().value;
    assert!(cases.next().is_none(), "it stands once: {span:?}");
    let Some(Value::StringValue(case)) = case else { panic!("an id is a text: {span:?}") };
    case
}

#[test]
fn a_case_is_kept_with_its_calls_or_left_out_with_them() {
    let cases: Vec<Uuid> = (0..200).map(Uuid::from_u128).collect();
    let spans = exported(0.3, &cases);
    let there: HashSet<&[u8]> = spans.iter().map(|span| span.span_id.as_slice()).collect();
    let mut of_case: BTreeMap<String, usize> = BTreeMap::new();
    for span in &spans {
        *of_case.entry(case_of(span)).or_default() += 1;
        assert!(span.flags & 1 == 1, "{span:?}");
        let parent = span.parent_span_id.as_slice();
        assert!(parent.is_empty() || there.contains(parent), "{} is an orphan", span.name);
    }
    assert!(of_case.values().all(|spans| *spans == SPANS), "{of_case:?}");
    assert!((30..90).contains(&of_case.len()), "about 60 of 200 cases, not {}", of_case.len());
}

#[test]
fn all_are_kept_where_nothing_is_thinned_out_and_none_at_nothing() {
    let cases: Vec<Uuid> = (0..20).map(Uuid::from_u128).collect();
    assert_eq!(exported(1.0, &cases).len(), cases.len() * SPANS);
    assert!(exported(0.0, &cases).is_empty());
}
