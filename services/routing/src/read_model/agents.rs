//! Agents: rows from the facts about them, and from what cases tell of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use case::routing::agent::{self, AgentEvent, AgentRegistered, Presence};
use case::routing::matching::AgentView;
use case::routing::{Event, agent::PresenceChanged};
use case::{AgentId, Brand, CaseEvent, PlayerId, StoredEvent, Team};
use event_log::Committed;
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::projection::{FactRows, Lines, ReadModel as Declared};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::{ReadModel, from_json, json, word};

/// What is written here.
pub(crate) const AGENTS: Declared = Declared::of_tables(
    "routing.agents",
    &["agent", "agent_team", "personal_contact", "agent_activity", "missed_offer"],
);

/// Writes the rows. What cases tell may come in any order.
pub(super) struct AgentRows;

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
        let mut told = Told::default();
        told.take_in(rows, committed, event).await?;
        told.write(rows).await
    }

    async fn put_all(
        &self,
        rows: &mut AnyConnection,
        facts: &[(Committed, CaseEvent)],
    ) -> Result<(), Failure> {
        let mut told = Told::default();
        for (committed, event) in facts {
            told.take_in(rows, committed, event).await?;
        }
        told.write(rows).await
    }
}

/// What facts tell of what agents did. Agents are few and their cases are many: it is written once an agent.
#[derive(Default)]
struct Told {
    /// By brand and agent.
    activity: BTreeMap<(String, String), Activity>,
    /// The same, with when an offer ran out.
    missed: BTreeSet<(String, String, i64)>,
}

#[derive(Default)]
struct Activity {
    last_assigned_us: i64,
    last_active_us: i64,
}

impl Told {
    async fn take_in(
        &mut self,
        rows: &mut AnyConnection,
        committed: &Committed,
        event: &CaseEvent,
    ) -> Result<(), Failure> {
        match event {
            CaseEvent::Routing(Event::CaseAssigned(assigned)) => {
                self.active(committed, assigned.agent_id.as_str(), true);
            }
            CaseEvent::Routing(Event::OfferDeclined(declined)) => {
                self.active(committed, declined.agent_id.as_str(), false);
            }
            CaseEvent::Routing(Event::OfferExpired(expired)) => {
                let missed_us = committed.recorded_at.as_microsecond();
                self.missed.insert((committed.tenant.clone(), expired.agent_id.to_string(), missed_us));
            }
            CaseEvent::Unknown { .. } => {
                let read =
                    AgentEvent::decode(&committed.event_type, committed.schema_version, &committed.payload)?;
                match read {
                    AgentEvent::Known(agent::Event::AgentRegistered(registered)) => {
                        put_registered(rows, committed, &registered).await?;
                    }
                    AgentEvent::Known(agent::Event::PresenceChanged(changed)) => {
                        if let Some(agent_id) = put_presence(rows, committed, changed).await? {
                            self.active(committed, &agent_id, false);
                        }
                    }
                    AgentEvent::Unknown { .. } => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn active(&mut self, committed: &Committed, agent_id: &str, assigned: bool) {
        let now_us = committed.recorded_at.as_microsecond();
        let activity = self.activity.entry((committed.tenant.clone(), agent_id.to_owned())).or_default();
        activity.last_active_us = activity.last_active_us.max(now_us);
        if assigned {
            activity.last_assigned_us = activity.last_assigned_us.max(now_us);
        }
    }

    /// An agent who did something is forgiven what they let run out before that.
    async fn write(self, rows: &mut AnyConnection) -> Result<(), Failure> {
        let mut lines = Lines::of(
            "agent_activity",
            "brand, agent_id, last_assigned_us, last_active_us",
            "ON CONFLICT (brand, agent_id) DO UPDATE SET \
             last_assigned_us = CASE WHEN excluded.last_assigned_us > agent_activity.last_assigned_us \
                 THEN excluded.last_assigned_us ELSE agent_activity.last_assigned_us END, \
             last_active_us = CASE WHEN excluded.last_active_us > agent_activity.last_active_us \
                 THEN excluded.last_active_us ELSE agent_activity.last_active_us END",
        );
        for ((brand, agent_id), activity) in &self.activity {
            let (last_assigned_us, last_active_us) = (activity.last_assigned_us, activity.last_active_us);
            lines.push([
                brand.as_str().into(),
                agent_id.as_str().into(),
                last_assigned_us.into(),
                last_active_us.into(),
            ]);
        }
        lines.write(rows).await?;
        for (brand, agent_id, missed_us) in &self.missed {
            let of = (brand.clone(), agent_id.clone());
            // Otherwise the statement would find it out.
            if self.activity.get(&of).is_none_or(|activity| activity.last_active_us < *missed_us) {
                put_missed(rows, brand, agent_id, *missed_us).await?;
            }
        }
        for ((brand, agent_id), activity) in &self.activity {
            sqlx::query("DELETE FROM missed_offer WHERE brand = $1 AND agent_id = $2 AND missed_us <= $3")
                .bind(brand)
                .bind(agent_id)
                .bind(activity.last_active_us)
                .execute(&mut *rows)
                .await?;
        }
        Ok(())
    }
}

/// An agent let an offer run out, unless they are known to have done something since.
async fn put_missed(
    rows: &mut AnyConnection,
    brand: &str,
    agent_id: &str,
    missed_us: i64,
) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO missed_offer (brand, agent_id, missed_us) \
         SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM agent_activity a \
             WHERE a.brand = $1 AND a.agent_id = $2 AND a.last_active_us >= $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind(brand)
    .bind(agent_id)
    .bind(missed_us)
    .execute(rows)
    .await?;
    Ok(())
}

async fn put_registered(
    rows: &mut AnyConnection,
    committed: &Committed,
    registered: &AgentRegistered,
) -> Result<(), Failure> {
    let (brand, agent_id) = (registered.brand.as_str(), registered.agent_id.as_str());
    sqlx::query(
        "INSERT INTO agent (brand, agent_id, stream, version, presence, registered) \
         VALUES ($1, $2, $3, $4, $5, $6) \
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

/// Who it is; `None` if they are not known here.
async fn put_presence(
    rows: &mut AnyConnection,
    committed: &Committed,
    changed: PresenceChanged,
) -> Result<Option<String>, Failure> {
    let row =
        sqlx::query("UPDATE agent SET presence = $1, version = $2 WHERE stream = $3 RETURNING agent_id")
            .bind(changed.presence.as_str())
            .bind(i64::try_from(committed.version).unwrap_or(i64::MAX))
            .bind(committed.stream.to_string())
            .fetch_optional(rows)
            .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Postgres sums up to a wider type; the read model has one.
const COLUMNS: &str = "a.registered, a.version, a.presence, \
    COALESCE((SELECT c.last_assigned_us FROM agent_activity c \
              WHERE c.brand = a.brand AND c.agent_id = a.agent_id), 0), \
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
        let missed = self.missed_offers(brand, agent_id.as_str()).await?;
        row.as_ref().map(|row| agent_line(row, &missed)).transpose()
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
        let missed = self.missed_offers(brand, "").await?;
        rows.iter().map(|row| agent_line(row, &missed)).collect()
    }

    /// Offers in a row that an agent let run out, or all agents of a brand: those that ran out together (within
    /// half the time one stands) are one silence.
    async fn missed_offers(&self, brand: &Brand, agent_id: &str) -> Result<HashMap<String, u32>, Failure> {
        let rows = sqlx::query(
            "SELECT agent_id, missed_us FROM missed_offer \
             WHERE brand = $1 AND ($2 = '' OR agent_id = $2) ORDER BY agent_id, missed_us",
        )
        .bind(brand.as_str())
        .bind(agent_id)
        .fetch_all(self.store.pool())
        .await?;
        let together_us = i64::try_from(self.offer_time_limit.as_micros() / 2).unwrap_or(i64::MAX / 2);
        let mut silences: HashMap<String, (u32, i64)> = HashMap::new();
        for row in rows {
            let (agent_id, missed_us): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            let (count, last_us) = silences.entry(agent_id).or_insert((0, 0));
            if *last_us < missed_us - together_us {
                (*count, *last_us) = (*count + 1, missed_us);
            }
        }
        Ok(silences.into_iter().map(|(agent_id, (count, _))| (agent_id, count)).collect())
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

fn agent_line(row: &AnyRow, missed_offers: &HashMap<String, u32>) -> Result<AgentLine, Failure> {
    let registered: AgentRegistered = from_json(&row.try_get::<String, _>(0)?)?;
    let last_assigned_us: i64 = row.try_get(3)?;
    Ok(AgentLine {
        version: u64::try_from(row.try_get::<i64, _>(1)?).unwrap_or(0),
        presence: word(&row.try_get::<String, _>(2)?)?,
        last_assigned_at: Timestamp::from_microsecond(last_assigned_us).ok().filter(|_| last_assigned_us > 0),
        missed_offers: missed_offers.get(registered.agent_id.as_str()).copied().unwrap_or(0),
        load: u32::try_from(row.try_get::<i64, _>(4)?).unwrap_or(u32::MAX),
        registered,
    })
}

#[cfg(test)]
mod tests;
