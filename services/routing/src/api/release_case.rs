//! Gives a case back to its queue.

use std::sync::Arc;

use case::routing::{Command, Refusal, ReleaseCase, ReleaseReason};
use case::{ActorKind, AgentId};
use contracts::routing::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ReleaseCaseRequest>,
) -> Result<pb::ReleaseCaseResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let mutation = checks.finish_with(mutation)?;
    let agent_id = owner(api, &mutation, &asked.case).await?;
    let rules = Arc::clone(&api.desk.rules);
    let command = Command::ReleaseCase(ReleaseCase { rules, agent_id, reason: ReleaseReason::Requested });
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::ReleaseCaseResponse { case: Some(case_ref(&outcome.state)) })
}

/// An agent gives back what is theirs; a service what it finds in somebody's hands.
async fn owner(api: &Api, mutation: &Mutation, case: &str) -> Result<AgentId, Failure> {
    if mutation.actor.kind == ActorKind::Service {
        let stream = api.directory.resolve("case", case).await?;
        let case = api.desk.executor.load_existing(stream).await?;
        let owner = case.routing.owner.as_ref().or(case.routing.previous_owner.as_ref());
        return owner.cloned().ok_or_else(|| Failure::refused(&Refusal::NotAssigned));
    }
    mutation.actor.id.parse().map_err(|_| Failure::refused(&Refusal::ActorNotAllowed))
}
