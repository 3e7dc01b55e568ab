//! The methods of `casetrail.notifications.v1.NotificationsService`, one file each.

mod get_preferences;
mod list_deliveries;
mod queue_offer;
mod redrive_notification;
mod set_preferences;
mod words;

use std::sync::Arc;

use contracts::notifications::v1::notifications_service_server::NotificationsService;
use contracts::notifications::v1::{
    GetPreferencesRequest, GetPreferencesResponse, ListDeliveriesRequest, ListDeliveriesResponse,
    QueueOfferRequest, QueueOfferResponse, RedriveNotificationRequest, RedriveNotificationResponse,
    SetPreferencesRequest, SetPreferencesResponse,
};
use tonic::{Request, Response, Status, async_trait};

use crate::service::Service;

/// Answers the calls.
pub(crate) struct Api {
    service: Arc<Service>,
}

impl Api {
    /// Methods of this service.
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service }
    }
}

#[async_trait]
impl NotificationsService for Api {
    async fn queue_offer(
        &self,
        request: Request<QueueOfferRequest>,
    ) -> Result<Response<QueueOfferResponse>, Status> {
        Ok(Response::new(queue_offer::answer(&self.service, request).await?))
    }

    async fn set_preferences(
        &self,
        request: Request<SetPreferencesRequest>,
    ) -> Result<Response<SetPreferencesResponse>, Status> {
        Ok(Response::new(set_preferences::answer(&self.service, request).await?))
    }

    async fn get_preferences(
        &self,
        request: Request<GetPreferencesRequest>,
    ) -> Result<Response<GetPreferencesResponse>, Status> {
        Ok(Response::new(get_preferences::answer(&self.service, request).await?))
    }

    async fn list_deliveries(
        &self,
        request: Request<ListDeliveriesRequest>,
    ) -> Result<Response<ListDeliveriesResponse>, Status> {
        Ok(Response::new(list_deliveries::answer(&self.service, request).await?))
    }

    async fn redrive_notification(
        &self,
        request: Request<RedriveNotificationRequest>,
    ) -> Result<Response<RedriveNotificationResponse>, Status> {
        Ok(Response::new(redrive_notification::answer(&self.service, request).await?))
    }
}
