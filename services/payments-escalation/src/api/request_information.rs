//! Asks the player something.

use case::Personal;
use case::payments_escalation::RequestInformation;
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{MAX_TEXT, Mutation};
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::RequestInformationRequest>,
) -> Result<pb::RequestInformationResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let question = checks.text("question", &asked.question, MAX_TEXT).map(Personal::Clear);
    let (mutation, question) = checks.finish_with(mutation.zip(question))?;
    let command = RequestInformation { question_id: mutation.made("question"), question };
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::RequestInformationResponse { case: Some(case_ref(&outcome.state)) })
}
