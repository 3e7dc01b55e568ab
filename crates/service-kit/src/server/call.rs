//! Around every gRPC call: its span, its caller, its deadline, what its caller is shown, its duration.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use access::table::{self, Admits};
use case::intake::mask;
use http::{Request, Response};
use http_body_util::BodyExt;
use opentelemetry::trace::SpanContext;
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument, Span};

use super::connection::Peer;
use super::deadline::budget;
use super::explain::explained;
use crate::auth::{Admitted, Authenticator, Caller, KnownServices};
use crate::failure::Failure;
use crate::limits::{Held, Limits};
use crate::meta::parse_traceparent;
use crate::metrics::metrics;
use crate::spans;
use crate::telemetry::{self, beside};

/// Wraps the gRPC services of a server.
#[derive(Clone)]
pub struct CallLayer {
    authenticator: Arc<dyn Authenticator>,
    longest: Duration,
    fence: Option<Arc<Fence>>,
}

/// What stands around the calls of a server beside their caller's roles.
pub(crate) struct Fence {
    /// How much a caller may ask.
    pub(crate) limits: Limits,
    /// The services that are known by their certificates.
    pub(crate) services: KnownServices,
    /// The paths of the methods whose answers have no end.
    pub(crate) watches: Vec<String>,
}

impl CallLayer {
    /// Callers as `authenticator` knows them; calls of at most `longest`.
    pub fn new(authenticator: Arc<dyn Authenticator>, longest: Duration) -> Self {
        Self { authenticator, longest, fence: None }
    }

    /// The same, and callers may ask so much and be known by certificates.
    pub(crate) fn fenced(self, fence: Fence) -> Self {
        Self { fence: Some(Arc::new(fence)), ..self }
    }

    /// Who calls, and the room that the call takes while it lasts.
    async fn admit(
        &self,
        path: &str,
        metadata: &MetadataMap,
        peer: Option<&Peer>,
        budget: Duration,
    ) -> Result<(Admitted, Option<Held>), Failure> {
        let Some(fence) = &self.fence else {
            return Ok((self.authenticator.authenticate(path, metadata).await?, None));
        };
        fence.limits.fits(metadata.as_ref())?;
        let certificate = peer.and_then(|peer| peer.certificate.as_deref());
        let by_certificate = fence.services.admit(certificate, path, metadata)?;
        let admitted = match by_certificate {
            Some(admitted) => admitted,
            None => self.authenticator.authenticate(path, metadata).await?,
        };
        let is_watch = fence.watches.iter().any(|watch| watch == path);
        match fence.limits.admit(&admitted.actor, path, is_watch) {
            Ok(held) => Ok((admitted, Some(held))),
            Err(failure) => {
                fence.limits.wait_to_refuse(&admitted.actor, budget / 2).await;
                Err(failure)
            }
        }
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
        // Anything can be called; what is no method's name must not take card data into a span either.
        let method = mask(request.uri().path().trim_start_matches('/')).text;
        let span = spans::call(telemetry::writer(), &method, caller_of(request.headers()).as_ref());
        let record = Record { method, span: span.clone(), started: Instant::now(), code: Code::Cancelled };
        let metadata = MetadataMap::from_headers(request.headers().clone());
        let budget = budget(request.headers().get("grpc-timeout"), self.layer.longest);
        let layer = self.layer.clone();
        Box::pin(
            async move {
                // The deadline covers all of it: keys may have to be fetched before the caller is known.
                let answering = async {
                    let peer = request.extensions().get::<Peer>();
                    let admitted = layer.admit(request.uri().path(), &metadata, peer, budget).await;
                    let (Admitted { actor, scope, sight }, held) = match admitted {
                        Ok(admitted) => admitted,
                        Err(failure) => {
                            Limits::count(&failure, record.label());
                            return Ok(Err(Status::from(failure)));
                        }
                    };
                    request.extensions_mut().insert(Caller(actor));
                    request.extensions_mut().insert(sight.clone());
                    let uri = request.uri().clone();
                    let answer = scope.surround(inner.call(request)).await?;
                    let shown = sight.show(uri.path(), answer).map_err(Status::from);
                    Ok(shown.map(|answer| holding(answer, held)))
                };
                let answered = tokio::time::timeout(budget, answering).await;
                match answered {
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

/// The call has its room until the last of its answer was taken, or nobody wants it any more.
fn holding(response: Response<Body>, held: Option<Held>) -> Response<Body> {
    let Some(held) = held else { return response };
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &held;
            frame
        }))
    })
}

/// The span that called, if the caller names it.
fn caller_of(headers: &http::HeaderMap) -> Option<SpanContext> {
    headers.get("traceparent")?.to_str().ok().and_then(parse_traceparent)
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

    /// The method as a label. What nobody serves, or nobody known asked for, may be any text: too many values.
    fn label(&self) -> &str {
        let is_ours = !matches!(self.code, Code::Unimplemented | Code::Unauthenticated)
            && table::admitted(&self.method) != Admits::Nobody;
        if is_ours { &self.method } else { "_OTHER" }
    }

    fn refuse(mut self, status: &Status) -> Response<Body> {
        self.code = status.code();
        explained(status).unwrap_or_else(|| status.clone()).into_http()
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let name = code_name(self.code);
        beside(&self.span, |call| {
            let written = call.written();
            written.say("rpc.response.status_code", name);
            if is_server_error(self.code) {
                written.failed(name);
            }
        });
        metrics().rpc(self.label(), name, self.started.elapsed());
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
