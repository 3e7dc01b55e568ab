//! `RedriveNotification`: has a notification that was given up tried again.

use case::notifications::{Command, Redrive};
use contracts::notifications::v1::{RedriveNotificationRequest, RedriveNotificationResponse};
use service_kit::Failure;
use service_kit::request::{Checks, actor, fingerprint};
use tonic::Request;

use super::words::{self, Mutation};
use crate::service::Service;

pub(super) async fn answer(
    service: &Service,
    request: Request<RedriveNotificationRequest>,
) -> Result<RedriveNotificationResponse, Failure> {
    let actor = actor(&request)?;
    let message = request.into_inner();
    let mut checks = Checks::new();
    let request_id = checks.request_id(&message.request_id);
    let etag = checks.etag(&message.etag);
    let notification_id = checks.parse("notification_id", &message.notification_id);
    if message.case.is_empty() {
        checks.fail("case", "is required");
    }
    let (request_id, notification_id) = checks.finish_with(request_id.zip(notification_id))?;
    let case_id = service.find_case(&message.case).await?;
    let mutation = Mutation { case_id, request_id, fingerprint: fingerprint(&message), etag, actor };
    let command = Command::Redrive(Redrive { notification_id });
    let outcome = service.execute(mutation.with(command)).await?;
    Ok(RedriveNotificationResponse {
        case: Some(words::case_ref(&outcome.state)),
        delivery: Some(words::delivery_of(&outcome.state, notification_id)?),
    })
}
