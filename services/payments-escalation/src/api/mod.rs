//! The gRPC API: one file a method. Each checks its request, turns it into a command (or a read), and
//! shows what came of it. No rule is here: `decide` says no.

mod approve_resolution;
mod deny_resolution;
mod escalate_payment;
mod get_escalation;
mod inquire_gateway;
mod link_transaction;
mod list_escalations;
mod mutation;
mod propose_resolution;
mod refuse_payment;
mod request_information;
mod return_case;
mod view;
mod words;

use std::sync::Arc;

use ambient::Clock;
use case::{Case, Money};
use contracts::payments_escalation::v1 as pb;
use contracts::payments_escalation::v1::payments_escalation_service_server::PaymentsEscalationService;
use history::CaseDirectory;
use jiff::SignedDuration;
use service_kit::Executor;
use service_kit::store::Store;
use tonic::{Request, Response, Status};

/// Answers the calls.
pub(crate) struct Api {
    pub(crate) executor: Executor<Case>,
    pub(crate) directory: CaseDirectory,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) large_payout_limits: Vec<Money>,
    pub(crate) inquiry_answer_due: SignedDuration,
}

macro_rules! methods {
    ($($method:ident: $request:ident -> $response:ident),+ $(,)?) => {
        #[tonic::async_trait]
        impl PaymentsEscalationService for Api {
            $(async fn $method(&self, request: Request<pb::$request>) -> Result<Response<pb::$response>, Status> {
                Ok(Response::new($method::handle(self, request).await?))
            })+
        }
    };
}

methods! {
    escalate_payment: EscalatePaymentRequest -> EscalatePaymentResponse,
    link_transaction: LinkTransactionRequest -> LinkTransactionResponse,
    request_information: RequestInformationRequest -> RequestInformationResponse,
    inquire_gateway: InquireGatewayRequest -> InquireGatewayResponse,
    propose_resolution: ProposeResolutionRequest -> ProposeResolutionResponse,
    approve_resolution: ApproveResolutionRequest -> ApproveResolutionResponse,
    deny_resolution: DenyResolutionRequest -> DenyResolutionResponse,
    refuse_payment: RefusePaymentRequest -> RefusePaymentResponse,
    return_case: ReturnCaseRequest -> ReturnCaseResponse,
    get_escalation: GetEscalationRequest -> GetEscalationResponse,
    list_escalations: ListEscalationsRequest -> ListEscalationsResponse,
}
