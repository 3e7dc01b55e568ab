//! The gRPC API: one file a method. Each checks its request, turns it into a command (or a read), and shows
//! what came of it. No rule is here: `decide` says no.

mod accept_offer;
mod agents;
mod claim_next;
mod decline_offer;
mod extend_horizon;
mod get_agent;
mod get_sla;
mod list_agents;
mod list_offers;
mod list_queue;
mod mutation;
mod page;
mod register_agent;
mod release_case;
mod set_presence;
mod transfer_case;
mod view;
mod words;

use std::sync::Arc;

use contracts::routing::v1 as pb;
use contracts::routing::v1::routing_service_server::RoutingService;
use history::CaseDirectory;
use service_kit::Failure;
use tonic::{Request, Response, Status};

use crate::desk::Desk;

/// Answers the calls.
pub(crate) struct Api {
    pub(crate) desk: Arc<Desk>,
    pub(crate) directory: CaseDirectory,
}

impl Api {
    /// Waits until the read models hold everything that had been recorded when the call came: who has just
    /// seen a fact finds it in a list.
    async fn catch_up(&self) -> Result<(), Failure> {
        for head in self.desk.parts.heads().await? {
            self.desk.model.reach(head).await?;
        }
        Ok(())
    }
}

macro_rules! methods {
    ($($method:ident: $request:ident -> $response:ident),+ $(,)?) => {
        #[tonic::async_trait]
        impl RoutingService for Api {
            $(async fn $method(&self, request: Request<pb::$request>) -> Result<Response<pb::$response>, Status> {
                Ok(Response::new($method::handle(self, request).await?))
            })+
        }
    };
}

methods! {
    register_agent: RegisterAgentRequest -> RegisterAgentResponse,
    set_presence: SetPresenceRequest -> SetPresenceResponse,
    get_agent: GetAgentRequest -> GetAgentResponse,
    list_agents: ListAgentsRequest -> ListAgentsResponse,
    list_offers: ListOffersRequest -> ListOffersResponse,
    accept_offer: AcceptOfferRequest -> AcceptOfferResponse,
    decline_offer: DeclineOfferRequest -> DeclineOfferResponse,
    claim_next: ClaimNextRequest -> ClaimNextResponse,
    release_case: ReleaseCaseRequest -> ReleaseCaseResponse,
    transfer_case: TransferCaseRequest -> TransferCaseResponse,
    extend_horizon: ExtendHorizonRequest -> ExtendHorizonResponse,
    list_queue: ListQueueRequest -> ListQueueResponse,
    get_sla: GetSlaRequest -> GetSlaResponse,
}
