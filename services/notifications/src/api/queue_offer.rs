//! `QueueOffer`: marketing, with consent only and never to an excluded player (R42, I11).

use case::Personal;
use case::notifications::{Audience, Command, NotificationKind, notification_id};
use contracts::notifications::v1::{QueueOfferRequest, QueueOfferResponse};
use service_kit::Failure;
use service_kit::request::{Checks, actor, fingerprint, moment};
use tonic::Request;

use super::words::{self, Mutation};
use crate::service::Service;

pub(super) async fn answer(
    service: &Service,
    request: Request<QueueOfferRequest>,
) -> Result<QueueOfferResponse, Failure> {
    let actor = actor(&request)?;
    let message = request.into_inner();
    let mut checks = Checks::new();
    let request_id = checks.request_id(&message.request_id);
    let etag = checks.etag(&message.etag);
    let send_after = message.send_after.as_ref().and_then(|given| moment(&mut checks, "send_after", given));
    if message.case.is_empty() {
        checks.fail("case", "is required");
    }
    let request_id = checks.finish_with(request_id)?;
    let case_id = service.find_case(&message.case).await?;
    let case = service.case(case_id).await?;
    // The request's id as origin: repeating the request is the same offer.
    let mut offer = service.to_player(&case, request_id, NotificationKind::Offer).await?;
    offer.send_after = send_after;
    let offer = offer.argument("title", message.title.trim()).text(Personal::new(message.text.trim()));
    let mutation = Mutation { case_id, request_id, fingerprint: fingerprint(&message), etag, actor };
    let outcome = service.execute(mutation.with(Command::QueueNotification(offer))).await?;
    let id = notification_id(request_id, NotificationKind::Offer, &Audience::Player);
    let delivery = words::delivery_of(&outcome.state, id)?;
    Ok(QueueOfferResponse {
        case: delivery.case,
        notification_id: delivery.notification_id,
        standing: delivery.standing,
        suppression_reason: delivery.suppression_reason,
    })
}
