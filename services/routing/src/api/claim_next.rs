//! Takes the first case of a team's queue that fits the caller: pull routing.
//!
//! What a request is given is written down before it is taken, so that its repeat, even after a crash, goes
//! on with the same case.

use case::routing::agent::{Presence, agent_stream_id};
use case::routing::matching::candidates;
use case::routing::{ClaimCase, Command, Refusal, Routing, may_claim};
use case::{Actor, AgentId, Brand, Case, Team};
use contracts::routing::v1 as pb;
use service_kit::execute::Outcome;
use service_kit::request::{Checks, actor, fingerprint};
use service_kit::{CommandRequest, Failure};
use tonic::Request;
use uuid::Uuid;

use super::Api;
use super::agents::not_found;
use super::view::case_ref;
use super::words::word;
use crate::read_model::{AgentLine, QueueLine};

/// How many waiting cases are read at a time.
const PAGE: u32 = 50;

/// A request, checked.
struct Claim {
    actor: Actor,
    agent: AgentLine,
    brand: Brand,
    team: Team,
    request_id: Uuid,
    fingerprint: [u8; 32],
}

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ClaimNextRequest>,
) -> Result<pb::ClaimNextResponse, Failure> {
    let asked = request.get_ref();
    let (actor, fingerprint) = (actor(&request)?, fingerprint(asked));
    let mut checks = Checks::new();
    let request_id = checks.request_id(&asked.request_id);
    let brand = checks.brand("brand", &asked.brand);
    let team: Option<Team> = word(&mut checks, "team", asked.team);
    let (request_id, (brand, team)) = checks.finish_with(request_id.zip(brand.zip(team)))?;

    let _turn = api.desk.dispatcher.turn(&brand).await?;
    api.catch_up().await?;
    let before = api.desk.model.claimed(request_id, fingerprint).await?;
    let agent = caller(api, &actor, &brand).await?;
    let claim = Claim { actor, agent, brand, team, request_id, fingerprint };
    let taken = match before {
        Some(case_id) => claim.take(api, case_id).await?,
        None => None,
    };
    let taken = match taken {
        Some(outcome) => Some(outcome),
        None => claim.take_first(api).await?,
    };
    if let Some(position) = taken.as_ref().and_then(|outcome| outcome.position) {
        api.desk.model.reach(position).await?;
    }
    Ok(pb::ClaimNextResponse { case: taken.map(|outcome| case_ref(&outcome.state)) })
}

/// The agent who calls.
async fn caller(api: &Api, actor: &Actor, brand: &Brand) -> Result<AgentLine, Failure> {
    let agent_id: AgentId = actor.id.parse().map_err(|_| Failure::refused(&Refusal::ActorNotAllowed))?;
    let registered = api.desk.agents.load(agent_stream_id(brand, &agent_id)).await?.registered.is_some();
    let line = api.desk.model.agent(brand, &agent_id).await?;
    line.filter(|_| registered).ok_or_else(|| not_found(&agent_id))
}

impl Claim {
    async fn take_first(&self, api: &Api) -> Result<Option<Outcome<Case>>, Failure> {
        may_claim(&self.actor, self.team, self.agent.presence)
            .map_err(|refusal| Failure::refused(&refusal))?;
        let (load, capacity) = (self.agent.load, self.agent.registered.capacity);
        if load >= capacity {
            return Err(Failure::refused(&Refusal::NoCapacity { load, capacity, weight: 1 }));
        }
        let agent_id = &self.agent.registered.agent_id;
        let mut team = api.desk.model.team(&self.brand, self.team).await?;
        // Who claims is there, whatever they say about offers.
        for caller in team.iter_mut().filter(|agent| agent.agent_id == *agent_id) {
            caller.presence = Presence::Available;
        }
        let fits = |line: &QueueLine| {
            let now = api.desk.clock.now();
            candidates(&line.entry, &team, now).iter().any(|agent| agent.agent_id == *agent_id)
        };
        let mut behind = None;
        loop {
            let page = api.desk.model.waiting(&self.brand, self.team, behind.as_ref(), PAGE).await?;
            for line in page.iter().filter(|line| fits(line)) {
                api.desk.model.give(self.request_id, self.fingerprint, line.case_id).await?;
                if let Some(outcome) = self.take(api, line.case_id).await? {
                    return Ok(Some(outcome));
                }
            }
            match page.last() {
                Some(line) => behind = Some(line.rank()),
                None => return Ok(None),
            }
        }
    }

    /// Claims a case; `None` if somebody else has it by now.
    async fn take(&self, api: &Api, case_id: Uuid) -> Result<Option<Outcome<Case>>, Failure> {
        let command = ClaimCase {
            presence: self.agent.presence,
            load: self.agent.load,
            capacity: self.agent.registered.capacity,
        };
        let request = CommandRequest::<Routing> {
            stream: case_id,
            command_id: self.request_id,
            fingerprint: self.fingerprint,
            actor: self.actor.clone(),
            etag: None,
            causation_id: None,
            answers: None,
            correlation_id: None,
            creates: false,
            command: Command::ClaimCase(command),
        };
        match api.desk.executor.execute(request).await {
            Ok(outcome) => Ok(Some(outcome)),
            Err(Failure::Refused { permission: false, .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
