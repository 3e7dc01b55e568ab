//! `privacy.v1`: what is held on a player as a whole. One file a method, this one ties them to the contract.

mod erase_player;
mod export;
mod export_player;
mod list_erasures;
mod mutation;
mod set_legal_hold;
mod words;

use std::pin::Pin;
use std::sync::Arc;

use case::Case;
use case::privacy::DataSubject;
use contracts::privacy::v1 as pb;
use contracts::privacy::v1::privacy_service_server::PrivacyService;
use event_bus::Subscription;
use history::ReadAudit;
use service_kit::store::Store;
use service_kit::{Executor, Parts};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::erasures::PrivacyRows;
use crate::evidence_store::EvidenceStore;

/// Answers the calls.
#[derive(Clone)]
pub(crate) struct PrivacyApi {
    pub(crate) parts: Parts,
    pub(crate) subjects: Executor<DataSubject>,
    pub(crate) executor: Executor<Case>,
    pub(crate) store: Store,
    pub(crate) evidence: Arc<EvidenceStore>,
    pub(crate) audit: ReadAudit,
    pub(crate) rows: Arc<PrivacyRows>,
    /// The list of cases.
    pub(crate) cases: Subscription,
}

#[tonic::async_trait]
impl PrivacyService for PrivacyApi {
    async fn erase_player(
        &self,
        request: Request<pb::ErasePlayerRequest>,
    ) -> Result<Response<pb::ErasePlayerResponse>, Status> {
        Ok(Response::new(erase_player::handle(self, request).await?))
    }

    async fn set_legal_hold(
        &self,
        request: Request<pb::SetLegalHoldRequest>,
    ) -> Result<Response<pb::SetLegalHoldResponse>, Status> {
        Ok(Response::new(set_legal_hold::handle(self, request).await?))
    }

    async fn list_erasures(
        &self,
        request: Request<pb::ListErasuresRequest>,
    ) -> Result<Response<pb::ListErasuresResponse>, Status> {
        Ok(Response::new(list_erasures::handle(self, request).await?))
    }

    type ExportPlayerStream = Pin<Box<dyn Stream<Item = Result<pb::ExportPlayerResponse, Status>> + Send>>;

    async fn export_player(
        &self,
        request: Request<pb::ExportPlayerRequest>,
    ) -> Result<Response<Self::ExportPlayerStream>, Status> {
        Ok(Response::new(export_player::handle(self, request).await?))
    }
}
