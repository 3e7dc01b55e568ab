//! Returns one agent with their load, as of everything recorded when the call came.

use case::AgentId;
use contracts::routing::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::agents::{agent, not_found};

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::GetAgentRequest>,
) -> Result<pb::GetAgentResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let brand = checks.brand("brand", &asked.brand);
    let agent_id = checks.parse::<AgentId>("agent_id", &asked.agent_id);
    let (brand, agent_id) = checks.finish_with(brand.zip(agent_id))?;
    api.catch_up().await?;
    let line = api.desk.model.agent(&brand, &agent_id).await?.ok_or_else(|| not_found(&agent_id))?;
    Ok(pb::GetAgentResponse { agent: Some(agent(&line)) })
}
