//! Agents: rows from the facts about them, and from what cases tell of them.

use async_trait::async_trait;
use case::routing::agent::{self, AgentEvent, AgentRegistered, Presence};
use case::routing::matching::AgentView;
use case::routing::{Event, agent::PresenceChanged};
use case::{AgentId, Brand, CaseEvent, PlayerId, StoredEvent, Team};
use event_log::Committed;
use jiff::{SignedDuration, Timestamp};
use service_kit::Failure;
use service_kit::projection::{FactRows, ReadModel as Declared};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{ReadModel, from_json, json, word};

/// What is written here.
pub(crate) const AGENTS: Declared =
    Declared::of_tables("routing.agents", &["agent", "agent_team", "personal_contact"]);

/// Writes the rows.
pub(super) struct AgentRows {
    pub(super) offer_time_limit: SignedDuration,
}

/// An agent with their load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AgentLine {
    pub(crate) registered: AgentRegistered,
    pub(crate) version: u64,
    pub(crate) presence: Presence,
    pub(crate) load: u32,
    pub(crate) last_assigned_at: Option<Timestamp>,
    /// Offers in a row that they let run out.
    pub(crate) missed_offers: u32,
}

impl AgentLine {
    /// Whether they are said to be there and yet let this many offers in a row run out.
    pub(crate) fn is_silent(&self, away_after_missed_offers: u32) -> bool {
        self.presence == Presence::Available && self.missed_offers >= away_after_missed_offers
    }

    /// The agent, as a choice among agents sees them: who is silent is away, even before that is recorded.
    fn view(&self, away_after_missed_offers: u32) -> AgentView {
        let silent = self.is_silent(away_after_missed_offers);
        AgentView {
            agent_id: self.registered.agent_id.clone(),
            teams: self.registered.teams.clone(),
            languages: self.registered.languages.clone(),
            skills: self.registered.skills.clone(),
            presence: if silent { Presence::Away } else { self.presence },
            load: self.load,
            capacity: self.registered.capacity,
            last_assigned_at: self.last_assigned_at,
        }
    }
}

#[async_trait]
impl FactRows for AgentRows {
    fn model(&self) -> Declared {
        AGENTS
    }

    fn facts(&self) -> &'static [&'static str] {
        &["agent", "routing.case_assigned", "routing.offer_declined", "routing.offer_expired"]
    }

    async fn put(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        event: &CaseEvent,
    ) -> Result<(), Failure> {
        match event {
            CaseEvent::Routing(Event::CaseAssigned(assigned)) => {
                sqlx::query(
                    "UPDATE agent SET last_assigned_us = $1, missed_offers = 0 \
                     WHERE brand = $2 AND agent_id = $3",
                )
                .bind(committed.recorded_at.as_microsecond())
                .bind(&committed.tenant)
                .bind(assigned.agent_id.as_str())
                .execute(rows)
                .await?;
            }
            CaseEvent::Routing(Event::OfferDeclined(declined)) => {
                sqlx::query("UPDATE agent SET missed_offers = 0 WHERE brand = $1 AND agent_id = $2")
                    .bind(&committed.tenant)
                    .bind(declined.agent_id.as_str())
                    .execute(rows)
                    .await?;
            }
            CaseEvent::Routing(Event::OfferExpired(expired)) => {
                self.put_missed(rows, committed, &expired.agent_id).await?;
            }
            CaseEvent::Unknown { .. } => {
                let read =
                    AgentEvent::decode(&committed.event_type, committed.schema_version, &committed.payload)?;
                match read {
                    AgentEvent::Known(agent::Event::AgentRegistered(registered)) => {
                        put_registered(rows, committed, &registered).await?;
                    }
                    AgentEvent::Known(agent::Event::PresenceChanged(changed)) => {
                        put_presence(rows, committed, changed).await?;
                    }
                    AgentEvent::Unknown { .. } => {}
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl AgentRows {
    /// Offers that run out together (within half the time one stands) are one silence.
    async fn put_missed(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        agent_id: &AgentId,
    ) -> Result<(), Failure> {
        let now_us = committed.recorded_at.as_microsecond();
        let together_us = i64::try_from(self.offer_time_limit.as_micros() / 2).unwrap_or(i64::MAX / 2);
        sqlx::query(
            "UPDATE agent SET missed_offers = missed_offers + 1, last_missed_us = $1 \
             WHERE brand = $2 AND agent_id = $3 AND last_missed_us < $4",
        )
        .bind(now_us)
        .bind(&committed.tenant)
        .bind(agent_id.as_str())
        .bind(now_us - together_us)
        .execute(rows)
        .await?;
        Ok(())
    }
}

async fn put_registered(
    rows: &mut AnyConnection,
    committed: &Committed,
    registered: &AgentRegistered,
) -> Result<(), Failure> {
    let (brand, agent_id) = (registered.brand.as_str(), registered.agent_id.as_str());
    sqlx::query(
        "INSERT INTO agent (brand, agent_id, stream, version, presence, registered, last_assigned_us, \
         missed_offers, last_missed_us) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0) \
         ON CONFLICT (brand, agent_id) DO UPDATE SET version = excluded.version, registered = excluded.registered",
    )
    .bind(brand)
    .bind(agent_id)
    .bind(committed.stream.to_string())
    .bind(i64::try_from(committed.version).unwrap_or(i64::MAX))
    .bind(Presence::Offline.as_str())
    .bind(json(registered)?)
    .execute(&mut *rows)
    .await?;
    for statement in [
        "DELETE FROM agent_team WHERE brand = $1 AND agent_id = $2",
        "DELETE FROM personal_contact WHERE brand = $1 AND agent_id = $2",
    ] {
        sqlx::query(statement).bind(brand).bind(agent_id).execute(&mut *rows).await?;
    }
    for team in &registered.teams {
        sqlx::query("INSERT INTO agent_team (brand, team, agent_id) VALUES ($1, $2, $3)")
            .bind(brand)
            .bind(team.as_str())
            .bind(agent_id)
            .execute(&mut *rows)
            .await?;
    }
    for player_id in &registered.personal_contact_for {
        sqlx::query("INSERT INTO personal_contact (brand, player_id, agent_id) VALUES ($1, $2, $3)")
            .bind(brand)
            .bind(player_id.as_str())
            .bind(agent_id)
            .execute(&mut *rows)
            .await?;
    }
    Ok(())
}

async fn put_presence(
    rows: &mut AnyConnection,
    committed: &Committed,
    changed: PresenceChanged,
) -> Result<(), Failure> {
    sqlx::query("UPDATE agent SET presence = $1, version = $2, missed_offers = 0 WHERE stream = $3")
        .bind(changed.presence.as_str())
        .bind(i64::try_from(committed.version).unwrap_or(i64::MAX))
        .bind(committed.stream.to_string())
        .execute(rows)
        .await?;
    Ok(())
}

/// Postgres sums up to a wider type; the read model has one.
const COLUMNS: &str = "a.registered, a.version, a.presence, a.last_assigned_us, a.missed_offers, \
    CAST((SELECT COALESCE(SUM(h.weight), 0) FROM holding h \
          WHERE h.brand = a.brand AND h.agent_id = a.agent_id) AS BIGINT)";

impl ReadModel {
    /// An agent with their load; `None` if there is none of this id.
    pub(crate) async fn agent(
        &self,
        brand: &Brand,
        agent_id: &AgentId,
    ) -> Result<Option<AgentLine>, Failure> {
        let statement = format!("SELECT {COLUMNS} FROM agent a WHERE a.brand = $1 AND a.agent_id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(brand.as_str())
            .bind(agent_id.as_str())
            .fetch_optional(self.store.pool())
            .await?;
        row.as_ref().map(agent_line).transpose()
    }

    /// A brand's agents by id, of one team or of all, behind an id.
    pub(crate) async fn agents(
        &self,
        brand: &Brand,
        team: Option<Team>,
        behind: &str,
        size: u32,
    ) -> Result<Vec<AgentLine>, Failure> {
        let statement = format!(
            "SELECT {COLUMNS} FROM agent a WHERE a.brand = $1 AND a.agent_id > $3 AND ($2 = '' OR EXISTS \
             (SELECT 1 FROM agent_team t WHERE t.brand = a.brand AND t.team = $2 AND t.agent_id = a.agent_id)) \
             ORDER BY a.agent_id LIMIT $4"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(brand.as_str())
            .bind(team.map_or("", Team::as_str))
            .bind(behind)
            .bind(i64::from(size))
            .fetch_all(self.store.pool())
            .await?;
        rows.iter().map(agent_line).collect()
    }

    /// Everybody of a team, as a choice among agents sees them.
    pub(crate) async fn team(&self, brand: &Brand, team: Team) -> Result<Vec<AgentView>, Failure> {
        let agents = self.agents(brand, Some(team), "", u32::MAX).await?;
        Ok(agents.iter().map(|agent| agent.view(self.away_after_missed_offers)).collect())
    }

    /// The personal contact of a player; of several the first by id.
    pub(crate) async fn personal_contact(
        &self,
        brand: &Brand,
        player_id: &PlayerId,
    ) -> Result<Option<AgentId>, Failure> {
        let row = sqlx::query(
            "SELECT agent_id FROM personal_contact WHERE brand = $1 AND player_id = $2 ORDER BY agent_id LIMIT 1",
        )
        .bind(brand.as_str())
        .bind(player_id.as_str())
        .fetch_optional(self.store.pool())
        .await?;
        row.map(|row| word(&row.try_get::<String, _>(0)?)).transpose()
    }
}

fn agent_line(row: &AnyRow) -> Result<AgentLine, Failure> {
    let last_assigned_us: i64 = row.try_get(3)?;
    let units =
        |column: usize| row.try_get::<i64, _>(column).map(|units| u32::try_from(units).unwrap_or(u32::MAX));
    Ok(AgentLine {
        registered: from_json(&row.try_get::<String, _>(0)?)?,
        version: u64::try_from(row.try_get::<i64, _>(1)?).unwrap_or(0),
        presence: word(&row.try_get::<String, _>(2)?)?,
        last_assigned_at: Timestamp::from_microsecond(last_assigned_us).ok().filter(|_| last_assigned_us > 0),
        missed_offers: units(4)?,
        load: units(5)?,
    })
}
