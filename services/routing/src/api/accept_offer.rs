//! Takes an offered case.

use case::routing::{AcceptOffer, Command};
use contracts::routing::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{Mutation, offer_id};
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::AcceptOfferRequest>,
) -> Result<pb::AcceptOfferResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let offer_id = offer_id(&mut checks, &asked.offer_id);
    let (mutation, offer_id) = checks.finish_with(mutation.zip(offer_id))?;
    let outcome = mutation.execute(api, Command::AcceptOffer(AcceptOffer { offer_id })).await?;
    Ok(pb::AcceptOfferResponse { case: Some(case_ref(&outcome.state)) })
}
