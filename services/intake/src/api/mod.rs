//! The gRPC API: one file a method. Each checks its request, turns it into a command (or a read), and
//! shows what came of it. No rule is here: `decide` says no.

mod abandon_case;
mod accept_answer;
mod accept_evidence;
mod add_note;
mod approve_verification;
mod classify_case;
mod close_case;
mod complete_callback;
mod declare_complaint;
mod download_evidence;
mod download_original;
mod get_case;
mod get_upload;
mod give_feedback;
mod grant_evidence;
mod link_case;
mod list_articles;
mod list_cases;
mod merge_case;
mod mutation;
mod open_case;
mod other_case;
mod page;
pub(crate) mod privacy;
mod receive_message;
mod record_verification_questions;
mod refuse_verification;
mod refused_upload;
mod reject_case;
mod reject_evidence;
mod reopen_case;
mod request_callback;
mod request_evidence;
mod request_human;
mod resolve_case;
mod send_reply;
mod switch_channel;
mod tag_case;
mod upload_evidence;
mod view;
mod words;

use std::sync::Arc;

use ambient::Clock;
use case::{Case, Language};
use contracts::intake::v1 as pb;
use contracts::intake::v1::intake_service_server::IntakeService;
use evidence::Examination;
use history::CaseDirectory;
use sealing::Sealer;
use service_kit::store::Store;
use service_kit::{Executor, Failure};
use tonic::{Request, Response, Status, Streaming};

use crate::evidence_store::EvidenceStore;
use crate::numbers::Numbers;
use crate::texts::Texts;

/// Answers the calls.
pub(crate) struct Api {
    pub(crate) executor: Executor<Case>,
    pub(crate) directory: CaseDirectory,
    pub(crate) numbers: Numbers,
    pub(crate) store: Store,
    pub(crate) evidence: Arc<EvidenceStore>,
    pub(crate) examination: Examination,
    /// Media types of which files are kept as they came too.
    pub(crate) keep_originals: Vec<String>,
    pub(crate) texts: Arc<Texts>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How many shards cases are spread over.
    pub(crate) shards: u16,
    pub(crate) assumed_language: Language,
}

impl Api {
    /// The case that `field` of a request names.
    ///
    /// # Errors
    /// `CASE_NOT_FOUND` when there is none, or the caller may not know of it.
    async fn case(&self, field: &str, named: &str) -> Result<Arc<Case>, Failure> {
        self.executor.load_existing(self.directory.resolve(field, named).await?).await
    }
}

macro_rules! methods {
    ($($method:ident: $request:ty => $response:ident),+ $(,)?) => {
        #[tonic::async_trait]
        impl IntakeService for Api {
            $(async fn $method(&self, request: Request<$request>) -> Result<Response<pb::$response>, Status> {
                Ok(Response::new($method::handle(self, request).await?))
            })+

            type DownloadEvidenceStream = download_evidence::Pieces;
            type DownloadOriginalStream = download_original::Pieces;

            async fn download_original(
                &self,
                request: Request<pb::DownloadOriginalRequest>,
            ) -> Result<Response<Self::DownloadOriginalStream>, Status> {
                Ok(Response::new(download_original::handle(self, request).await?))
            }

            async fn download_evidence(
                &self,
                request: Request<pb::DownloadEvidenceRequest>,
            ) -> Result<Response<Self::DownloadEvidenceStream>, Status> {
                Ok(Response::new(download_evidence::handle(self, request).await?))
            }
        }
    };
}

methods! {
    open_case: pb::OpenCaseRequest => OpenCaseResponse,
    receive_message: pb::ReceiveMessageRequest => ReceiveMessageResponse,
    send_reply: pb::SendReplyRequest => SendReplyResponse,
    add_note: pb::AddNoteRequest => AddNoteResponse,
    classify_case: pb::ClassifyCaseRequest => ClassifyCaseResponse,
    switch_channel: pb::SwitchChannelRequest => SwitchChannelResponse,
    request_evidence: pb::RequestEvidenceRequest => RequestEvidenceResponse,
    upload_evidence: Streaming<pb::UploadEvidenceRequest> => UploadEvidenceResponse,
    get_upload: pb::GetUploadRequest => GetUploadResponse,
    grant_evidence: pb::GrantEvidenceRequest => GrantEvidenceResponse,
    accept_evidence: pb::AcceptEvidenceRequest => AcceptEvidenceResponse,
    reject_evidence: pb::RejectEvidenceRequest => RejectEvidenceResponse,
    record_verification_questions:
        pb::RecordVerificationQuestionsRequest => RecordVerificationQuestionsResponse,
    approve_verification: pb::ApproveVerificationRequest => ApproveVerificationResponse,
    refuse_verification: pb::RefuseVerificationRequest => RefuseVerificationResponse,
    accept_answer: pb::AcceptAnswerRequest => AcceptAnswerResponse,
    request_human: pb::RequestHumanRequest => RequestHumanResponse,
    list_articles: pb::ListArticlesRequest => ListArticlesResponse,
    request_callback: pb::RequestCallbackRequest => RequestCallbackResponse,
    complete_callback: pb::CompleteCallbackRequest => CompleteCallbackResponse,
    declare_complaint: pb::DeclareComplaintRequest => DeclareComplaintResponse,
    link_case: pb::LinkCaseRequest => LinkCaseResponse,
    merge_case: pb::MergeCaseRequest => MergeCaseResponse,
    tag_case: pb::TagCaseRequest => TagCaseResponse,
    resolve_case: pb::ResolveCaseRequest => ResolveCaseResponse,
    close_case: pb::CloseCaseRequest => CloseCaseResponse,
    reopen_case: pb::ReopenCaseRequest => ReopenCaseResponse,
    reject_case: pb::RejectCaseRequest => RejectCaseResponse,
    abandon_case: pb::AbandonCaseRequest => AbandonCaseResponse,
    give_feedback: pb::GiveFeedbackRequest => GiveFeedbackResponse,
    get_case: pb::GetCaseRequest => GetCaseResponse,
    list_cases: pb::ListCasesRequest => ListCasesResponse,
}
