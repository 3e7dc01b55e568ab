//! An agent came: they are offered what waits. An agent went: what they had goes back to the queues.

use std::sync::Arc;

use async_trait::async_trait;
use case::routing::agent::{AgentRegistered, Presence};
use case::routing::{Command, ExpireOffer, ReleaseCase, ReleaseReason, Routing};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnPresenceChanged(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnPresenceChanged {
    fn name(&self) -> &'static str {
        "routing.on_presence_changed"
    }

    fn events(&self) -> &'static [&'static str] {
        &["agent.presence_changed"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let agent = self.0.agents.load(fact.stream).await?;
        let Some(registered) = &agent.registered else { return Ok(()) };
        // What counts is where they are by now, not what they said then.
        match agent.presence {
            Presence::Available => {
                self.0.dispatcher.agent(&registered.brand, &registered.agent_id, fact).await
            }
            Presence::Offline => self.give_back(registered, fact).await,
            Presence::Away => Ok(()),
        }
    }
}

impl OnPresenceChanged {
    /// Everything an agent has or was offered goes back.
    async fn give_back(&self, agent: &AgentRegistered, fact: &Fact) -> Result<(), Failure> {
        let holdings = {
            let _turn = self.0.dispatcher.turn(&agent.brand).await?;
            self.0.model.reach(fact.committed.position).await?;
            self.0.model.holdings(&agent.brand, &agent.agent_id).await?
        };
        for holding in holdings {
            let command = match holding.offer_id {
                Some(offer_id) => Command::ExpireOffer(ExpireOffer { offer_id, agent_is_gone: true }),
                None => Command::ReleaseCase(ReleaseCase {
                    rules: Arc::clone(&self.0.rules),
                    agent_id: agent.agent_id.clone(),
                    reason: ReleaseReason::AgentOffline,
                }),
            };
            let request = fact.command_for::<Routing>(self.name(), holding.case_id, command);
            self.0.executor.execute(request).await?;
        }
        Ok(())
    }
}
