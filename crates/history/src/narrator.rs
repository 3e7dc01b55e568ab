//! Turns committed facts into history entries, in order: a sentence needs the case as it stood.

use case::{Actor, Aggregate, Case, CaseEvent, Recorded, StoredEvent};
use contracts::history::v1 as pb;
use event_log::Committed;
use service_kit::execute::{AsOf, Executor, read_event};
use service_kit::request::timestamp;
use service_kit::{EventMeta, Failure, Parts};
use uuid::Uuid;

use crate::describe::describe;
use crate::details::details;
use crate::dossier::ToldFact;
use crate::words::Word;

/// Tells a case's facts one after the other.
pub(crate) struct Narrator {
    parts: Parts,
    case: Case,
}

impl Narrator {
    /// Stands after the fact of `version`; the next one told is that of `version + 1`.
    pub(crate) async fn after(
        parts: &Parts,
        executor: &Executor<Case>,
        stream: Uuid,
        version: u64,
    ) -> Result<Self, Failure> {
        let case = match version {
            0 => Case::empty(stream),
            version => executor.load_as_of(stream, AsOf::Version(version)).await?,
        };
        Ok(Self { parts: parts.clone(), case })
    }

    /// The version of the fact told last.
    pub(crate) fn version(&self) -> u64 {
        self.case.version
    }

    /// The case after the fact told last.
    pub(crate) fn into_case(self) -> Case {
        self.case
    }

    /// Takes the next fact in and tells it.
    pub(crate) async fn tell(&mut self, committed: &Committed) -> Result<pb::Entry, Failure> {
        let (recorded, meta) = self.take_in(committed).await?;
        let team = self.case.routing.team;
        let trace_id = meta.span_context().map(|span| span.trace_id().to_string()).unwrap_or_default();
        Ok(pb::Entry {
            version: committed.version,
            position: committed.position,
            event_id: committed.event_id.to_string(),
            r#type: recorded.event.stored_name().to_owned(),
            schema_version: i32::from(committed.schema_version),
            recorded_at: Some(timestamp(committed.recorded_at)),
            actor: Some(actor_view(&meta.actor)),
            team: team.map_or(0, Word::number),
            summary: describe(&recorded.event, &self.case).told_of(&meta.actor, team),
            details_json: details(&recorded.event)?.to_string(),
            command_id: committed.command_id.to_string(),
            causation_id: meta.causation_id.map(|id| id.to_string()).unwrap_or_default(),
            trace_id,
            hash: hex::encode(committed.hash),
        })
    }

    /// The same, for those who take it as it is.
    pub(crate) async fn tell_whole(&mut self, committed: &Committed) -> Result<ToldFact, Failure> {
        let (recorded, meta) = self.take_in(committed).await?;
        Ok(ToldFact {
            version: committed.version,
            recorded_at: committed.recorded_at,
            event_type: recorded.event.stored_name().to_owned(),
            summary: describe(&recorded.event, &self.case).told_of(&meta.actor, self.case.routing.team),
            actor: meta.actor,
            details: details(&recorded.event)?,
        })
    }

    async fn take_in(&mut self, committed: &Committed) -> Result<(Recorded<CaseEvent>, EventMeta), Failure> {
        let event: CaseEvent = read_event(&self.parts.sealer, committed).await?;
        let meta = EventMeta::decode(&committed.meta)
            .map_err(|error| Failure::Internal(format!("the meta of {}: {error}", committed.event_id)))?;
        let recorded = Recorded { version: committed.version, recorded_at: committed.recorded_at, event };
        self.case.evolve(&recorded);
        Ok((recorded, meta))
    }
}

fn actor_view(actor: &Actor) -> pb::Actor {
    pb::Actor {
        kind: actor.kind.number(),
        id: actor.id.clone(),
        teams: actor.teams.iter().map(|team| team.number()).collect(),
    }
}
