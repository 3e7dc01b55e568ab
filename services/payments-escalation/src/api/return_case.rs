//! Gives the case back to the team it came from.

use case::payments_escalation::ReturnCase;
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ReturnCaseRequest>,
) -> Result<pb::ReturnCaseResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let mutation = checks.finish_with(mutation)?;
    let outcome = mutation.execute(api, ReturnCase {}).await?;
    Ok(pb::ReturnCaseResponse { case: Some(case_ref(&outcome.state)) })
}
