//! Says whether an agent can be given work.

use case::routing::agent::{Command, Presence, SetPresence};
use contracts::routing::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::agents::AgentMutation;
use super::words::word;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::SetPresenceRequest>,
) -> Result<pb::SetPresenceResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let (id, etag, brand, agent) = (&asked.request_id, &asked.etag, &asked.brand, &asked.agent_id);
    let mutation = AgentMutation::read(&mut checks, &request, id, etag, brand, agent)?;
    let presence: Option<Presence> = word(&mut checks, "presence", asked.presence);
    let (mutation, presence) = checks.finish_with(mutation.zip(presence))?;
    let command = Command::SetPresence(SetPresence { presence });
    Ok(pb::SetPresenceResponse { agent: Some(mutation.execute(api, command).await?) })
}
