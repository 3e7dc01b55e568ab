//! What the methods about agents have in common.

use case::routing::agent::{Agent, AgentDesk, AgentRegistered, Command, Presence, agent_stream_id};
use case::{Actor, AgentId, Aggregate, Brand};
use contracts::routing::v1 as pb;
use service_kit::request::{Body, Checks, actor, etag_of, fingerprint, timestamp};
use service_kit::{CommandRequest, Failure};
use tonic::Request;
use uuid::Uuid;

use super::Api;
use super::words::Word;
use crate::read_model::AgentLine;

/// A request that changes an agent.
pub(super) struct AgentMutation {
    pub(super) brand: Brand,
    pub(super) agent_id: AgentId,
    actor: Actor,
    request_id: Uuid,
    fingerprint: [u8; 32],
    etag: Option<u64>,
}

impl AgentMutation {
    /// Checks the fields that every such request has. `None` when one of them is wrong.
    pub(super) fn read<M: Body>(
        checks: &mut Checks,
        request: &Request<M>,
        request_id: &str,
        etag: &str,
        brand: &str,
        agent_id: &str,
    ) -> Result<Option<Self>, Failure> {
        let actor = actor(request)?;
        let fingerprint = fingerprint(request.get_ref());
        let request_id = checks.request_id(request_id);
        let etag = checks.etag(etag);
        let brand = checks.brand("brand", brand);
        let agent_id = checks.parse("agent_id", agent_id);
        Ok((|| {
            Some(Self {
                brand: brand?,
                agent_id: agent_id?,
                actor,
                request_id: request_id?,
                fingerprint,
                etag,
            })
        })())
    }

    /// Decides and records; the agent as they are then.
    pub(super) async fn execute(self, api: &Api, command: Command) -> Result<pb::Agent, Failure> {
        let creates = matches!(command, Command::RegisterAgent(_));
        let request = CommandRequest::<AgentDesk> {
            stream: agent_stream_id(&self.brand, &self.agent_id),
            command_id: self.request_id,
            fingerprint: self.fingerprint,
            actor: self.actor,
            etag: self.etag,
            causation_id: None,
            answers: None,
            correlation_id: None,
            creates,
            command,
        };
        let agent = match api.desk.agents.execute(request).await {
            Ok(outcome) => outcome.state,
            Err(Failure::NotFound { .. }) => return Err(not_found(&self.agent_id)),
            Err(failure) => return Err(failure),
        };
        let registered = agent.registered.as_ref().ok_or_else(|| not_found(&self.agent_id))?;
        let line = api.desk.model.agent(&self.brand, &self.agent_id).await?;
        Ok(shown(registered, agent.version, agent.presence, line.as_ref()))
    }
}

/// There is no such agent.
pub(super) fn not_found(agent_id: &AgentId) -> Failure {
    Failure::NotFound { reason: Agent::NOT_FOUND, what: Agent::WHAT, id: agent_id.to_string() }
}

/// An agent as the read model has them.
pub(super) fn agent(line: &AgentLine) -> pb::Agent {
    shown(&line.registered, line.version, line.presence, Some(line))
}

fn shown(
    registered: &AgentRegistered,
    version: u64,
    presence: Presence,
    line: Option<&AgentLine>,
) -> pb::Agent {
    let units = |units: u32| i32::try_from(units).unwrap_or(i32::MAX);
    pb::Agent {
        brand: registered.brand.to_string(),
        agent_id: registered.agent_id.to_string(),
        display_name: registered.display_name.clone(),
        teams: registered.teams.iter().map(Word::number).collect(),
        language_codes: registered.languages.iter().map(ToString::to_string).collect(),
        skills: registered.skills.iter().map(Word::number).collect(),
        capacity: units(registered.capacity),
        load: line.map_or(0, |line| units(line.load)),
        presence: presence.number(),
        personal_contact_for: registered.personal_contact_for.iter().map(ToString::to_string).collect(),
        last_assigned_at: line.and_then(|line| line.last_assigned_at).map(timestamp),
        etag: etag_of(version),
    }
}
