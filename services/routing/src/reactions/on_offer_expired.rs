//! An agent let an offer run out: they have room again; one who does so again and again is taken as away.

use std::sync::Arc;

use async_trait::async_trait;
use case::routing::agent::{AgentDesk, Command, Presence, SetPresence, agent_stream_id};
use case::{CaseEvent, routing};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction, case_of};

use crate::desk::Desk;

pub(super) struct OnOfferExpired(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnOfferExpired {
    fn name(&self) -> &'static str {
        "routing.on_offer_expired"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.offer_expired"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Routing(routing::Event::OfferExpired(expired)) = &fact.event else { return Ok(()) };
        let case = case_of(&self.0.executor, fact).await?;
        let Some(brand) = case.brand() else { return Ok(()) };
        self.0.model.reach(fact.committed.position).await?;
        let agent = self.0.model.agent(brand, &expired.agent_id).await?;
        if agent.is_some_and(|agent| agent.is_silent(self.0.away_after_missed_offers)) {
            let stream = agent_stream_id(brand, &expired.agent_id);
            let command = Command::SetPresence(SetPresence { presence: Presence::Away });
            self.0.agents.execute(fact.command_for::<AgentDesk>(self.name(), stream, command)).await?;
            return Ok(());
        }
        self.0.dispatcher.agent(brand, &expired.agent_id, fact).await
    }
}
