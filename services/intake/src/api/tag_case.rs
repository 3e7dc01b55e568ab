//! Puts a word on the case.

use case::intake::{TagCase, limits};
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::TagCaseRequest>,
) -> Result<pb::TagCaseResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let tag = checks.text("tag", &asked.tag, limits::TAG_CHARACTERS);
    let (mutation, command) = checks.finish_with(mutation.zip(tag.map(|tag| TagCase { tag })))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::TagCaseResponse { case: Some(case_ref(&outcome.state)) })
}
