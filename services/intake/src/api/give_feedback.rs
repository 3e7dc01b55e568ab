//! Rates the handling.

use case::intake::{GiveFeedback, limits};
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{Mutation, small};
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::GiveFeedbackRequest>,
) -> Result<pb::GiveFeedbackResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let score = small(&mut checks, "score", asked.score);
    let comment = checks.optional_text("comment", &asked.comment, limits::REASON_CHARACTERS);
    let (mutation, command) =
        checks.finish_with(mutation.zip(score.map(|score| GiveFeedback { score, comment })))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::GiveFeedbackResponse { case: Some(case_ref(&outcome.state)) })
}
