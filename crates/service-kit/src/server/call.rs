//! Around every gRPC call: its span, its caller, its deadline, its duration.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use access::table::{self, Admits};
use http::{Request, Response};
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument, Span};

use super::deadline::budget;
use super::explain::explained;
use crate::auth::{Admitted, Authenticator, Caller};
use crate::meta::{parse_traceparent, record_trace_id};
use crate::metrics::metrics;
use crate::spans::hang;

/// Wraps the gRPC services of a server.
#[derive(Clone)]
pub struct CallLayer {
    authenticator: Arc<dyn Authenticator>,
    longest: Duration,
}

impl CallLayer {
    /// Callers as `authenticator` knows them; calls of at most `longest`.
    pub fn new(authenticator: Arc<dyn Authenticator>, longest: Duration) -> Self {
        Self { authenticator, longest }
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> CallService<S> {
        CallService { inner, layer: self.clone() }
    }
}

/// A service inside [`CallLayer`].
#[derive(Clone)]
pub struct CallService<S> {
    inner: S,
    layer: CallLayer,
}

/// Health and reflection tell nothing about anybody: they need no caller and no span.
fn is_plumbing(path: &str) -> bool {
    table::admitted(path) == Admits::Everybody
}

impl<S> Service<Request<Body>> for CallService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The clone takes the place of the one that was polled ready.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        if is_plumbing(request.uri().path()) {
            return Box::pin(inner.call(request));
        }
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let span = server_span(&method, request.headers());
        let record = Record { method, span: span.clone(), started: Instant::now(), code: Code::Cancelled };
        let metadata = MetadataMap::from_headers(request.headers().clone());
        let budget = budget(request.headers().get("grpc-timeout"), self.layer.longest);
        let authenticator = Arc::clone(&self.layer.authenticator);
        Box::pin(
            async move {
                // The deadline covers all of it: keys may have to be fetched before the caller is known.
                let answering = async {
                    let admitted = authenticator.authenticate(request.uri().path(), &metadata).await;
                    let Admitted { actor, scope } = match admitted {
                        Ok(admitted) => admitted,
                        Err(failure) => return Ok(Err(Status::from(failure))),
                    };
                    request.extensions_mut().insert(Caller(actor));
                    scope.surround(inner.call(request)).await.map(Ok)
                };
                match tokio::time::timeout(budget, answering).await {
                    Ok(Ok(Ok(response))) => Ok(record.finish(response)),
                    Ok(Ok(Err(refused))) => Ok(record.refuse(&refused)),
                    Ok(Err(error)) => Err(error),
                    Err(_) => Ok(record.refuse(&Status::deadline_exceeded(
                        "the deadline passed; the command may still have been recorded: repeat it with the same request_id to learn its answer",
                    ))),
                }
            }
            .instrument(span),
        )
    }
}

fn server_span(method: &str, headers: &http::HeaderMap) -> Span {
    let service = method.split('.').nth(1).unwrap_or_default();
    let span = tracing::info_span!(
        parent: None,
        "grpc call",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        error.type = tracing::field::Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = tracing::field::Empty,
        casetrail.service = service,
        casetrail.case.id = tracing::field::Empty,
        casetrail.case.number = tracing::field::Empty,
        trace_id = tracing::field::Empty,
    );
    let caller = headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(parse_traceparent);
    if let Some(caller) = caller {
        hang(&span, caller);
    }
    record_trace_id(&span);
    span
}

/// Writes a call's end down, however it ends: dropped before its answer counts as cancelled.
struct Record {
    method: String,
    span: Span,
    started: Instant,
    code: Code,
}

impl Record {
    fn finish(mut self, response: Response<Body>) -> Response<Body> {
        // A refusal comes in the headers; without one there the call went well (or is a stream).
        let Some(status) = Status::from_header_map(response.headers()) else {
            self.code = Code::Ok;
            return response;
        };
        self.code = status.code();
        explained(&status).map_or(response, Status::into_http)
    }

    fn refuse(mut self, status: &Status) -> Response<Body> {
        self.code = status.code();
        explained(status).unwrap_or_else(|| status.clone()).into_http()
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let name = code_name(self.code);
        self.span.record("rpc.response.status_code", name);
        if is_server_error(self.code) {
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error.type", name);
        }
        // What nobody serves, or nobody known asked for, may be any text: too many values for a label.
        let is_ours = !matches!(self.code, Code::Unimplemented | Code::Unauthenticated);
        let method = if is_ours { &self.method } else { "_OTHER" };
        metrics().rpc(method, name, self.started.elapsed());
    }
}

/// A refusal is no error of the server (operations.md); these are.
fn is_server_error(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
