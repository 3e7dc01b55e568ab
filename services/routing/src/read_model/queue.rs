//! The queues, in order, and what takes capacity of agents: rows per case.

use async_trait::async_trait;
use case::routing::matching::QueueEntry;
use case::routing::{ChoiceReason, Priority, PriorityInputs, QueueReason};
use case::{AgentId, Brand, Case, Team};
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::projection::{Before, CaseRows, Lines, ReadModel as Declared, Value, delete};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use uuid::Uuid;

use super::{ReadModel, from_json, json, word};

/// What is written here.
pub(crate) const QUEUE: Declared = Declared::of_tables("routing.queue", &["queue_entry", "holding"]);

/// Writes the rows.
pub(super) struct QueueRows;

/// A case in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueueLine {
    pub(crate) case_id: Uuid,
    pub(crate) number: String,
    pub(crate) version: u64,
    pub(crate) state: String,
    pub(crate) priority: Priority,
    pub(crate) inputs: PriorityInputs,
    pub(crate) entry: QueueEntry,
    pub(crate) queued_at: Timestamp,
    pub(crate) reason: QueueReason,
    pub(crate) offer: Option<OfferLine>,
}

/// The offer that is out for a case in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferLine {
    pub(crate) offer_id: Uuid,
    pub(crate) agent_id: AgentId,
    pub(crate) expires_at: Timestamp,
    pub(crate) reason: ChoiceReason,
}

/// A place in a queue's order, behind which to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rank {
    priority: Priority,
    case_id: Uuid,
}

/// A whole queue in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) cases: i64,
    pub(crate) oldest_queued_at: Option<Timestamp>,
}

/// A team's queue over all brands, in figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TeamQueue {
    pub(crate) team: Team,
    pub(crate) cases: f64,
    pub(crate) oldest_queued_at: Option<Timestamp>,
}

/// A case that takes capacity of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) case_id: Uuid,
    /// Set when it is only offered to them.
    pub(crate) offer_id: Option<Uuid>,
}

impl QueueLine {
    /// Its place in the order.
    pub(crate) fn rank(&self) -> Rank {
        Rank { priority: self.priority.clone(), case_id: self.case_id }
    }
}

const COLUMNS: &str = "case_id, number, version, state, safety_rank, jurisdiction_rank, topic_rank, \
    value_rank, sla_rank, waiting_since_us, queued_at_us, reason, inputs, entry, offered_to, offer_id, \
    offer_reason, offer_expires_us";
/// The same as they are written, with where the queue is.
const ENTRY: &str = "brand, team, case_id, number, version, state, safety_rank, jurisdiction_rank, topic_rank, \
    value_rank, sla_rank, waiting_since_us, queued_at_us, reason, inputs, entry, offered_to, offer_id, \
    offer_reason, offer_expires_us";
const ORDER: &str =
    "safety_rank, jurisdiction_rank, topic_rank, value_rank, sla_rank, waiting_since_us, case_id";

#[async_trait]
impl CaseRows for QueueRows {
    fn model(&self) -> Declared {
        QUEUE
    }

    fn unchanged(&self, before: Option<&Case>, after: &Case) -> bool {
        let in_rows = |case: &Case| {
            let routing = &case.routing;
            routing.owner.is_some() || routing.offer.is_some() || routing.queued.is_some()
        };
        !before.is_some_and(in_rows) && !in_rows(after)
    }

    async fn put_all(&self, rows: &mut AnyConnection, cases: &[(&Before, &Case)]) -> Result<(), Failure> {
        let old = cases.iter().filter(|(before, _)| !matches!(before, Before::None));
        let old: Vec<Value> = old.map(|(_, case)| case.id.to_string().into()).collect();
        delete(rows, "queue_entry", &["case_id"], old.clone()).await?;
        delete(rows, "holding", &["case_id"], old).await?;
        let mut holdings = Lines::of("holding", "case_id, brand, agent_id, weight, offer_id", "");
        let mut entries = Lines::of("queue_entry", ENTRY, "");
        for (_, case) in cases {
            let Some(brand) = case.brand() else { continue };
            if let Some(line) = holding(case, brand) {
                holdings.push(line);
            }
            if let Some(line) = entry(case, brand)? {
                entries.push(line);
            }
        }
        holdings.write(rows).await?;
        entries.write(rows).await
    }
}

fn holding(case: &Case, brand: &Brand) -> Option<[Value; 5]> {
    let routing = &case.routing;
    let (agent_id, weight, offer_id) = match (&routing.owner, &routing.offer) {
        (Some(owner), _) => (owner, routing.owner_weight, String::new()),
        (None, Some(offer)) => (&offer.agent_id, offer.weight, offer.offer_id.to_string()),
        (None, None) => return None,
    };
    Some([
        case.id.to_string().into(),
        brand.as_str().into(),
        agent_id.as_str().into(),
        i64::from(weight).into(),
        offer_id.into(),
    ])
}

fn entry(case: &Case, brand: &Brand) -> Result<Option<[Value; 20]>, Failure> {
    let routing = &case.routing;
    let (Some(entry), Some(queued), Some(priority), Some(inputs)) =
        (QueueEntry::of(case), &routing.queued, &routing.priority, &routing.priority_inputs)
    else {
        return Ok(None);
    };
    let offer = routing.offer.as_ref();
    Ok(Some([
        brand.as_str().into(),
        entry.team.as_str().into(),
        case.id.to_string().into(),
        case.number().map(ToString::to_string).unwrap_or_default().into(),
        i64::try_from(case.version).unwrap_or(i64::MAX).into(),
        case.state.as_str().into(),
        i64::from(priority.safety_rank).into(),
        i64::from(priority.jurisdiction_rank).into(),
        i64::from(priority.topic_rank).into(),
        i64::from(priority.value_rank).into(),
        i64::from(priority.sla_rank).into(),
        priority.waiting_since.as_microsecond().into(),
        queued.queued_at.as_microsecond().into(),
        json(&queued.reason)?.into(),
        json(inputs)?.into(),
        json(&entry)?.into(),
        offer.map(|offer| offer.agent_id.to_string()).unwrap_or_default().into(),
        offer.map(|offer| offer.offer_id.to_string()).unwrap_or_default().into(),
        offer.map(|offer| json(&offer.reason)).transpose()?.unwrap_or_default().into(),
        offer.map_or(0, |offer| offer.expires_at.as_microsecond()).into(),
    ]))
}

impl ReadModel {
    /// The line of a case that stands in a queue.
    pub(crate) async fn line(&self, case_id: Uuid) -> Result<Option<QueueLine>, Failure> {
        let statement = format!("SELECT {COLUMNS} FROM queue_entry WHERE case_id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(case_id.to_string())
            .fetch_optional(self.store.pool())
            .await?;
        row.as_ref().map(line).transpose()
    }

    /// Cases of a team that wait and are offered to nobody, in order, behind a place.
    pub(crate) async fn waiting(
        &self,
        brand: &Brand,
        team: Team,
        behind: Option<&Rank>,
        size: u32,
    ) -> Result<Vec<QueueLine>, Failure> {
        let statement = format!(
            "SELECT {COLUMNS} FROM queue_entry WHERE brand = $1 AND team = $2 AND offered_to = '' \
             AND ({ORDER}) > ($3, $4, $5, $6, $7, $8, $9) ORDER BY {ORDER} LIMIT $10"
        );
        let rank = |of: fn(&Priority) -> i64| behind.map_or(i64::MIN, |behind| of(&behind.priority));
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(brand.as_str())
            .bind(team.as_str())
            .bind(rank(|priority| i64::from(priority.safety_rank)))
            .bind(rank(|priority| i64::from(priority.jurisdiction_rank)))
            .bind(rank(|priority| i64::from(priority.topic_rank)))
            .bind(rank(|priority| i64::from(priority.value_rank)))
            .bind(rank(|priority| i64::from(priority.sla_rank)))
            .bind(rank(|priority| priority.waiting_since.as_microsecond()))
            .bind(behind.map(|behind| behind.case_id.to_string()).unwrap_or_default())
            .bind(i64::from(size))
            .fetch_all(self.store.pool())
            .await?;
        rows.iter().map(line).collect()
    }

    /// A team's whole queue in order, from the place after `skip`; offered cases keep their place.
    pub(crate) async fn queue(
        &self,
        brand: &Brand,
        team: Team,
        skip: u32,
        size: u32,
    ) -> Result<Vec<QueueLine>, Failure> {
        let statement = format!(
            "SELECT {COLUMNS} FROM queue_entry WHERE brand = $1 AND team = $2 \
             ORDER BY {ORDER} LIMIT $3 OFFSET $4"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(brand.as_str())
            .bind(team.as_str())
            .bind(i64::from(size))
            .bind(i64::from(skip))
            .fetch_all(self.store.pool())
            .await?;
        rows.iter().map(line).collect()
    }

    /// A team's queue in figures.
    pub(crate) async fn depth(&self, brand: &Brand, team: Team) -> Result<Depth, Failure> {
        let row = sqlx::query(
            "SELECT COUNT(*), COALESCE(MIN(queued_at_us), 0) FROM queue_entry WHERE brand = $1 AND team = $2",
        )
        .bind(brand.as_str())
        .bind(team.as_str())
        .fetch_one(self.store.pool())
        .await?;
        let cases: i64 = row.try_get(0)?;
        let oldest = Some(row.try_get::<i64, _>(1)?).filter(|_| cases > 0);
        Ok(Depth { cases, oldest_queued_at: oldest.map(moment).transpose()? })
    }

    /// Every team's queue, over all brands: those in which nobody waits as well.
    pub(crate) async fn queues(&self) -> Result<Vec<TeamQueue>, Failure> {
        let statement = "SELECT team, COUNT(*), MIN(queued_at_us) FROM queue_entry GROUP BY team";
        let rows = sqlx::query(statement).fetch_all(self.store.pool()).await?;
        let mut queues: Vec<_> =
            Team::ALL.iter().map(|&team| TeamQueue { team, cases: 0.0, oldest_queued_at: None }).collect();
        for row in rows {
            let team: Team = word(&row.try_get::<String, _>(0)?)?;
            let oldest_queued_at = Some(moment(row.try_get(2)?)?);
            let cases = f64::from(u32::try_from(row.try_get::<i64, _>(1)?).unwrap_or(u32::MAX));
            for queue in queues.iter_mut().filter(|queue| queue.team == team) {
                *queue = TeamQueue { team, cases, oldest_queued_at };
            }
        }
        Ok(queues)
    }

    /// Offers that an agent has not answered, the first to expire first, behind a moment and case.
    pub(crate) async fn offers(
        &self,
        brand: &Brand,
        agent_id: &AgentId,
        behind: Option<&(i64, Uuid)>,
        size: u32,
    ) -> Result<Vec<QueueLine>, Failure> {
        let statement = format!(
            "SELECT {COLUMNS} FROM queue_entry WHERE brand = $1 AND offered_to = $2 \
             AND (offer_expires_us, case_id) > ($3, $4) ORDER BY offer_expires_us, case_id LIMIT $5"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(brand.as_str())
            .bind(agent_id.as_str())
            .bind(behind.map_or(i64::MIN, |(expires_us, _)| *expires_us))
            .bind(behind.map(|(_, case_id)| case_id.to_string()).unwrap_or_default())
            .bind(i64::from(size))
            .fetch_all(self.store.pool())
            .await?;
        rows.iter().map(line).collect()
    }

    /// Everything that takes capacity of an agent.
    pub(crate) async fn holdings(&self, brand: &Brand, agent_id: &AgentId) -> Result<Vec<Holding>, Failure> {
        let rows = sqlx::query("SELECT case_id, offer_id FROM holding WHERE brand = $1 AND agent_id = $2")
            .bind(brand.as_str())
            .bind(agent_id.as_str())
            .fetch_all(self.store.pool())
            .await?;
        rows.iter()
            .map(|row| {
                let offer_id: String = row.try_get(1)?;
                let offer_id = Some(offer_id).filter(|id| !id.is_empty());
                Ok(Holding {
                    case_id: word(&row.try_get::<String, _>(0)?)?,
                    offer_id: offer_id.map(|id| word(&id)).transpose()?,
                })
            })
            .collect()
    }
}

fn moment(us: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_microsecond(us)
        .map_err(|error| Failure::Internal(format!("a row does not read: {error}")))
}

fn rank<T: TryFrom<i64>>(row: &AnyRow, column: usize) -> Result<T, Failure> {
    T::try_from(row.try_get::<i64, _>(column)?)
        .map_err(|_| Failure::Internal("a row does not read: a rank out of range".to_owned()))
}

fn line(row: &AnyRow) -> Result<QueueLine, Failure> {
    let text = |column: usize| row.try_get::<String, _>(column);
    let offered_to = text(14)?;
    let offer = if offered_to.is_empty() {
        None
    } else {
        Some(OfferLine {
            agent_id: word(&offered_to)?,
            offer_id: word(&text(15)?)?,
            reason: from_json(&text(16)?)?,
            expires_at: moment(row.try_get(17)?)?,
        })
    };
    Ok(QueueLine {
        case_id: word(&text(0)?)?,
        number: text(1)?,
        version: rank(row, 2)?,
        state: text(3)?,
        priority: Priority {
            safety_rank: rank(row, 4)?,
            jurisdiction_rank: rank(row, 5)?,
            topic_rank: rank(row, 6)?,
            value_rank: rank(row, 7)?,
            sla_rank: rank(row, 8)?,
            waiting_since: moment(row.try_get(9)?)?,
        },
        queued_at: moment(row.try_get(10)?)?,
        reason: from_json(&text(11)?)?,
        inputs: from_json(&text(12)?)?,
        entry: from_json(&text(13)?)?,
        offer,
    })
}
