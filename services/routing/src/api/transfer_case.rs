//! Moves a case, with its whole history, to another team's queue.

use std::sync::Arc;

use case::Team;
use case::routing::{Command, TransferCase};
use contracts::routing::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;
use super::words::word;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::TransferCaseRequest>,
) -> Result<pb::TransferCaseResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let to: Option<Team> = word(&mut checks, "team", asked.team);
    let (mutation, to) = checks.finish_with(mutation.zip(to))?;
    let rules = Arc::clone(&api.desk.rules);
    let outcome = mutation.execute(api, Command::TransferCase(TransferCase { rules, to })).await?;
    Ok(pb::TransferCaseResponse { case: Some(case_ref(&outcome.state)) })
}
