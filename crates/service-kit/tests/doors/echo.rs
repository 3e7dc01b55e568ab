//! A service that is in the table of methods, and does as little as it is asked to.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt};
use http::{Request, Response};
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto};
use service_kit::Caller;
use tonic::Status;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tower::Service;

use crate::bytes::Bytes;

/// Answers with who called.
pub(crate) const WHO: &str = "/casetrail.history.v1.HistoryService/GetCase";
/// Answers with so many bytes as the request says.
pub(crate) const LARGE: &str = "/casetrail.history.v1.HistoryService/ListHistory";
/// Works for a while before it answers.
pub(crate) const WORK: &str = "/casetrail.history.v1.HistoryService/ListTraces";
/// Answers once, and never ends.
pub(crate) const WATCH: &str = "/casetrail.history.v1.HistoryService/WatchCase";

/// How long [`WORK`] takes of a processor.
pub(crate) const WORKING: Duration = Duration::from_millis(1);

#[derive(Clone)]
pub(crate) struct Echo;

/// What the contract says of it.
pub(crate) fn descriptors() -> Vec<u8> {
    let method = |path: &str, endless| MethodDescriptorProto {
        name: path.split('/').nth(2).map(str::to_owned),
        server_streaming: Some(endless),
        ..MethodDescriptorProto::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("HistoryService".to_owned()),
        method: vec![method(WHO, false), method(LARGE, false), method(WORK, false), method(WATCH, true)],
        ..ServiceDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        package: Some("casetrail.history.v1".to_owned()),
        service: vec![service],
        ..FileDescriptorProto::default()
    };
    FileDescriptorSet { file: vec![file] }.encode_to_vec()
}

impl NamedService for Echo {
    const NAME: &'static str = "casetrail.history.v1.HistoryService";
}

impl Service<Request<Body>> for Echo {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let mut grpc = Grpc::new(Bytes);
            Ok(if path == WATCH {
                grpc.server_streaming(Watch, request).await
            } else {
                grpc.unary(Answer(path), request).await
            })
        })
    }
}

struct Answer(String);

impl UnaryService<Vec<u8>> for Answer {
    type Response = Vec<u8>;
    type Future = BoxFuture<'static, Result<tonic::Response<Vec<u8>>, Status>>;

    fn call(&mut self, request: tonic::Request<Vec<u8>>) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move {
            let answer = match path.as_str() {
                WHO => {
                    let Caller(actor) = request.extensions().get::<Caller>().cloned().unwrap();
                    format!("{:?} {}", actor.kind, actor.id).into_bytes()
                }
                LARGE => vec![b'x'; String::from_utf8_lossy(request.get_ref()).parse().unwrap()],
                _ => {
                    let begun = Instant::now();
                    while begun.elapsed() < WORKING {
                        std::hint::spin_loop();
                    }
                    Vec::new()
                }
            };
            Ok(tonic::Response::new(answer))
        })
    }
}

struct Watch;

impl ServerStreamingService<Vec<u8>> for Watch {
    type Response = Vec<u8>;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<Vec<u8>, Status>> + Send>>;
    type Future = BoxFuture<'static, Result<tonic::Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, _: tonic::Request<Vec<u8>>) -> Self::Future {
        let once = futures_util::stream::once(async { Ok(b"now".to_vec()) });
        let stream: Self::ResponseStream = Box::pin(once.chain(futures_util::stream::pending()));
        Box::pin(async move { Ok(tonic::Response::new(stream)) })
    }
}
