//! Registers an agent, or changes everything about one but their presence.

use case::routing::agent::{Command, RegisterAgent};
use case::{Language, PlayerId};
use contracts::routing::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::agents::AgentMutation;
use super::words::words;

/// The capacity of an agent of whom nothing else is said (choice).
const DEFAULT_CAPACITY: u32 = 6;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::RegisterAgentRequest>,
) -> Result<pb::RegisterAgentResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let (id, etag, brand, agent) = (&asked.request_id, &asked.etag, &asked.brand, &asked.agent_id);
    let mutation = AgentMutation::read(&mut checks, &request, id, etag, brand, agent)?;
    let teams = words(&mut checks, "teams", &asked.teams);
    let skills = words(&mut checks, "skills", &asked.skills);
    let languages: Vec<Option<Language>> =
        asked.language_codes.iter().map(|code| checks.parse("language_codes", code)).collect();
    let players: Vec<Option<PlayerId>> = asked
        .personal_contact_for
        .iter()
        .map(|player| checks.parse("personal_contact_for", player))
        .collect();
    let capacity = match asked.capacity {
        0 => DEFAULT_CAPACITY,
        given => checks
            .take("capacity", u32::try_from(given).map_err(|_| "must not be negative"))
            .unwrap_or_default(),
    };
    let read = mutation.zip(teams.zip(skills));
    let (mutation, (teams, skills)) = checks.finish_with(read)?;
    let command = Command::RegisterAgent(RegisterAgent {
        brand: mutation.brand.clone(),
        agent_id: mutation.agent_id.clone(),
        display_name: asked.display_name.clone(),
        teams,
        languages: languages.into_iter().flatten().collect(),
        skills,
        capacity,
        personal_contact_for: players.into_iter().flatten().collect(),
    });
    Ok(pb::RegisterAgentResponse { agent: Some(mutation.execute(api, command).await?) })
}
