//! `history.v1.HistoryService`: one file a method, this one ties them to the contract.

use std::pin::Pin;
use std::sync::Arc;

use case::Case;
use contracts::history::v1 as pb;
use contracts::history::v1::history_service_server::{HistoryService, HistoryServiceServer};
use service_kit::execute::{AsOf, Executor};
use service_kit::{Failure, Parts, RegisterHistory};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::directory::{CaseDirectory, not_found};
use crate::reads::Reader;
use crate::{get_case, list_history, list_reads, list_traces, verify_case, watch_case};

/// Answers `history.v1` from the log. Cheap to clone.
#[derive(Clone)]
pub struct History {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) parts: Parts,
    pub(crate) executor: Executor<Case>,
    pub(crate) directory: CaseDirectory,
    /// Link to a trace, with `{trace_id}` in it; empty for none.
    pub(crate) trace_url: String,
}

impl History {
    /// The service's full name, for health.
    pub const NAME: &'static str = contracts::history::v1::history_service_server::SERVICE_NAME;

    /// Reads what `parts` hold. `trace_url` is `telemetry.trace_url`: a link to a trace with `{trace_id}`
    /// in it, or empty.
    pub fn new(parts: &Parts, executor: Executor<Case>, directory: CaseDirectory, trace_url: String) -> Self {
        let inner = Inner { parts: parts.clone(), executor, directory, trace_url };
        Self { inner: Arc::new(inner) }
    }

    /// The gRPC service, with its limits set.
    pub fn into_server(self) -> HistoryServiceServer<Self> {
        let messages = self.inner.parts.messages;
        HistoryServiceServer::new(self)
            .max_decoding_message_size(messages.request)
            .max_encoding_message_size(messages.answer)
    }
}

/// How a service that has an executor and a directory serves the history beside its own API.
pub fn registration(parts: &Parts, executor: &Executor<Case>, directory: &CaseDirectory) -> RegisterHistory {
    let (parts, executor, directory) = (parts.clone(), executor.clone(), directory.clone());
    Box::new(move |routes, trace_url| {
        routes.add_service(History::new(&parts, executor, directory, trace_url).into_server());
    })
}

impl Inner {
    /// The case as it stood at a moment, or now. `named` is how the caller named it.
    pub(crate) async fn case_as_of(
        &self,
        stream: Uuid,
        named: &str,
        as_of: Option<AsOf>,
    ) -> Result<Arc<Case>, Failure> {
        let case = match as_of {
            None => self.executor.load(stream).await?,
            Some(as_of) => Arc::new(self.executor.load_as_of(stream, as_of).await?),
        };
        if !case.exists() {
            return Err(not_found(named));
        }
        match as_of {
            Some(AsOf::Version(version)) if version > case.version => {
                let newest = case.version;
                Err(Failure::invalid(
                    "as_of.version",
                    format!("is {version}, but the newest version is {newest}"),
                ))
            }
            _ => Ok(case),
        }
    }
}

fn respond<T>(answered: Result<T, Failure>) -> Result<Response<T>, Status> {
    answered.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl HistoryService for History {
    async fn get_case(
        &self,
        request: Request<pb::GetCaseRequest>,
    ) -> Result<Response<pb::GetCaseResponse>, Status> {
        let reader = Reader::of(&request)?;
        respond(get_case::answer(&self.inner, &reader, request.into_inner()).await)
    }

    async fn list_history(
        &self,
        request: Request<pb::ListHistoryRequest>,
    ) -> Result<Response<pb::ListHistoryResponse>, Status> {
        let reader = Reader::of(&request)?;
        respond(list_history::answer(&self.inner, &reader, request.into_inner()).await)
    }

    type WatchCaseStream = Pin<Box<dyn Stream<Item = Result<pb::WatchCaseResponse, Status>> + Send>>;

    async fn watch_case(
        &self,
        request: Request<pb::WatchCaseRequest>,
    ) -> Result<Response<Self::WatchCaseStream>, Status> {
        let reader = Reader::of(&request)?;
        respond(watch_case::answer(&self.inner, &reader, request.into_inner()).await)
    }

    async fn verify_case(
        &self,
        request: Request<pb::VerifyCaseRequest>,
    ) -> Result<Response<pb::VerifyCaseResponse>, Status> {
        respond(verify_case::answer(&self.inner, request.into_inner()).await)
    }

    async fn list_reads(
        &self,
        request: Request<pb::ListReadsRequest>,
    ) -> Result<Response<pb::ListReadsResponse>, Status> {
        respond(list_reads::answer(&self.inner, request.into_inner()).await)
    }

    async fn list_traces(
        &self,
        request: Request<pb::ListTracesRequest>,
    ) -> Result<Response<pb::ListTracesResponse>, Status> {
        respond(list_traces::answer(&self.inner, request.into_inner()).await)
    }
}
