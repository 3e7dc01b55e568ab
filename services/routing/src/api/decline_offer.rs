//! Passes an offered case on.

use case::routing::{Command, DeclineOffer};
use contracts::routing::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{Mutation, offer_id};
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::DeclineOfferRequest>,
) -> Result<pb::DeclineOfferResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let offer_id = offer_id(&mut checks, &asked.offer_id);
    let (mutation, offer_id) = checks.finish_with(mutation.zip(offer_id))?;
    let outcome = mutation.execute(api, Command::DeclineOffer(DeclineOffer { offer_id })).await?;
    Ok(pb::DeclineOfferResponse { case: Some(case_ref(&outcome.state)) })
}
