//! What the service looks up instead of folding every case: which cases a player has and what they said
//! about offers, what became of each notification, what agents are called. All of it can be rebuilt.

mod agents;
mod cases;
mod delivery;

use std::time::Duration;

use case::Case;
use event_bus::Subscription;
use service_kit::projection::{Derivation, project_cases, project_facts};
use service_kit::store::Store;
use service_kit::{Executor, Failure, Parts};
use sqlx::Row;
use uuid::Uuid;

pub(crate) use agents::AGENTS;
pub(crate) use cases::CASES;
pub(crate) use delivery::{CaseHead, DeliveryRow, Page};

/// What derives its rows.
pub(crate) fn derivations() -> [Derivation; 2] {
    [Derivation::cases(cases::Cases), Derivation::facts(agents::Agents)]
}

/// How long something that must know everything waits for the read model to catch up.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is known of a player across all their cases at a brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlayerStanding {
    /// Asked to be excluded.
    pub(crate) excluded: bool,
    /// Their last word about offers, on any case.
    pub(crate) consent: Option<bool>,
}

/// The read model, kept up to date in the background.
#[derive(Clone)]
pub(crate) struct ReadModel {
    store: Store,
    cases: Subscription,
    agents: Subscription,
}

impl ReadModel {
    /// Starts its projections.
    pub(crate) async fn start(
        parts: &Parts,
        store: &Store,
        executor: &Executor<Case>,
    ) -> Result<Self, event_bus::Error> {
        Ok(Self {
            store: store.clone(),
            cases: project_cases(parts, store, executor, cases::Cases).await?,
            agents: project_facts(parts, store, agents::Agents).await?,
        })
    }

    /// Its consumers.
    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        vec![self.cases.clone(), self.agents.clone()]
    }

    /// Returns once everything up to `position` is in the rows.
    pub(crate) async fn catch_up(&self, position: u64) -> Result<(), Failure> {
        let both = async {
            self.cases.wait_until(position).await?;
            self.agents.wait_until(position).await
        };
        match tokio::time::timeout(PATIENCE, both).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(stopped)) => Err(Failure::Away(stopped.to_string())),
            Err(_) => Err(Failure::Away("notifications' read model lags behind the log".to_owned())),
        }
    }

    /// All cases of a player.
    pub(crate) async fn cases_of_player(&self, brand: &str, player_id: &str) -> Result<Vec<Uuid>, Failure> {
        let rows = sqlx::query(
            "SELECT case_id FROM player_case WHERE brand = $1 AND player_id = $2 ORDER BY case_id",
        )
        .bind(brand)
        .bind(player_id)
        .fetch_all(self.store.pool())
        .await?;
        rows.iter().map(|row| read_id(row.get(0))).collect()
    }

    /// What is known of a player.
    pub(crate) async fn player(&self, brand: &str, player_id: &str) -> Result<PlayerStanding, Failure> {
        let rows = sqlx::query(
            "SELECT excluded, consent FROM player_case WHERE brand = $1 AND player_id = $2 \
             ORDER BY consent_stated DESC, consent_us DESC, case_id DESC",
        )
        .bind(brand)
        .bind(player_id)
        .fetch_all(self.store.pool())
        .await?;
        Ok(PlayerStanding {
            excluded: rows.iter().any(|row| row.get::<i64, _>(0) != 0),
            consent: rows.first().map(|row| row.get::<i64, _>(1) != 0),
        })
    }

    /// What an agent is called; their id if nobody registered them.
    pub(crate) async fn agent_name(&self, brand: &str, agent_id: &str) -> Result<String, Failure> {
        let row = sqlx::query("SELECT display_name FROM agent WHERE brand = $1 AND agent_id = $2")
            .bind(brand)
            .bind(agent_id)
            .fetch_optional(self.store.pool())
            .await?;
        Ok(row.map_or_else(|| agent_id.to_owned(), |row| row.get(0)))
    }

    /// A page of a brand's notifications, the last queued first.
    pub(crate) async fn deliveries(
        &self,
        brand: &str,
        standing: Option<&str>,
        page: &Page,
    ) -> Result<Vec<(CaseHead, DeliveryRow)>, Failure> {
        delivery::select(self.store.pool(), brand, standing, page).await
    }
}

fn read_id(text: &str) -> Result<Uuid, Failure> {
    Uuid::parse_str(text).map_err(|error| Failure::Internal(format!("an id in a read model: {error}")))
}
