//! What agents are called: from the facts in their own streams.

use async_trait::async_trait;
use case::CaseEvent;
use case::routing::agent;
use event_log::Committed;
use service_kit::Failure;
use service_kit::projection::{FactRows, ReadModel};
use sqlx::AnyConnection;

/// What is written here.
pub(crate) const AGENTS: ReadModel = ReadModel::of_tables("notifications.agents", &["agent"]);

/// Writes the names down.
pub(super) struct Agents;

#[async_trait]
impl FactRows for Agents {
    fn model(&self) -> ReadModel {
        AGENTS
    }

    fn facts(&self) -> &'static [&'static str] {
        &["agent.registered"]
    }

    async fn put(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        _event: &CaseEvent,
    ) -> Result<(), Failure> {
        let read =
            agent::Event::decode_known(&committed.event_type, committed.schema_version, &committed.payload);
        let Some(event) = read else { return Ok(()) };
        let event =
            event.map_err(|error| Failure::Internal(format!("an agent's fact does not read: {error}")))?;
        let agent::Event::AgentRegistered(registered) = event else { return Ok(()) };
        sqlx::query(
            "INSERT INTO agent (brand, agent_id, display_name) VALUES ($1, $2, $3) \
             ON CONFLICT (brand, agent_id) DO UPDATE SET display_name = excluded.display_name",
        )
        .bind(registered.brand.as_str().to_owned())
        .bind(registered.agent_id.as_str().to_owned())
        .bind(registered.display_name)
        .execute(rows)
        .await?;
        Ok(())
    }
}
