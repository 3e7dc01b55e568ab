//! Lets the case go on in another one.

use case::intake::MergeCase;
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
    request: Request<pb::MergeCaseRequest>,
) -> Result<pb::MergeCaseResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let named = checks.text("into_case", &asked.into_case, MAX_NAMED);
    let (mutation, named) = checks.finish_with(mutation.zip(named))?;
    let into = load_second(api, "into_case", &named).await?;
    let outcome = mutation.execute(api, MergeCase { into }).await?;
    Ok(pb::MergeCaseResponse { case: Some(case_ref(&outcome.state)) })
}
