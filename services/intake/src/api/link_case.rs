//! Says that two cases belong together.

use case::intake::LinkCase;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::other_case::load_second;
use super::view::case_ref;

/// The longest way to name a case, in characters.
const MAX_NAMED: usize = 64;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::LinkCaseRequest>,
) -> Result<pb::LinkCaseResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let named = checks.text("other_case", &asked.other_case, MAX_NAMED);
    let (mutation, named) = checks.finish_with(mutation.zip(named))?;
    let other = load_second(api, "other_case", &named).await?;
    let outcome = mutation.execute(api, LinkCase { other }).await?;
    Ok(pb::LinkCaseResponse { case: Some(case_ref(&outcome.state)) })
}
