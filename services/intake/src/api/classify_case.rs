//! Says what the case is about.

use case::intake::ClassifyCase;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;
use super::words::word;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ClassifyCaseRequest>,
) -> Result<pb::ClassifyCaseResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let topic = word(&mut checks, "topic", asked.topic);
    let (mutation, command) = checks.finish_with(mutation.zip(topic.map(|topic| ClassifyCase { topic })))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::ClassifyCaseResponse { case: Some(case_ref(&outcome.state)) })
}
