//! Records how the verification questions went.

use case::intake::RecordVerificationQuestions;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{Mutation, small};
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::RecordVerificationQuestionsRequest>,
) -> Result<pb::RecordVerificationQuestionsResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let asked_questions = small(&mut checks, "asked", asked.asked);
    let correct = small(&mut checks, "correct", asked.correct);
    let command =
        asked_questions.zip(correct).map(|(asked, correct)| RecordVerificationQuestions { asked, correct });
    let (mutation, command) = checks.finish_with(mutation.zip(command))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::RecordVerificationQuestionsResponse { case: Some(case_ref(&outcome.state)) })
}
