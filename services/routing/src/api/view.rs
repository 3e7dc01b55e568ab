//! How cases, queues, offers and clocks are shown.

use case::routing::priority::explain;
use case::routing::{Clock, ClockKind, Priority, Rules};
use case::{Case, Team};
use contracts::routing::v1 as pb;
use jiff::Timestamp;
use service_kit::request::{etag_of, timestamp};

use super::words::{Word, state_number};
use crate::read_model::QueueLine;

/// The case in short, as every answer to a command shows it.
pub(super) fn case_ref(case: &Case) -> pb::CaseRef {
    pb::CaseRef {
        case_id: case.id.to_string(),
        number: case.number().map(ToString::to_string).unwrap_or_default(),
        etag: etag_of(case.version),
        state: case.state.number(),
    }
}

fn line_ref(line: &QueueLine) -> pb::CaseRef {
    pb::CaseRef {
        case_id: line.case_id.to_string(),
        number: line.number.clone(),
        etag: etag_of(line.version),
        state: state_number(&line.state),
    }
}

fn priority(priority: &Priority) -> pb::Priority {
    pb::Priority {
        safety_rank: priority.safety_rank.into(),
        jurisdiction_rank: priority.jurisdiction_rank.into(),
        topic_rank: priority.topic_rank.into(),
        value_rank: priority.value_rank.into(),
        sla_rank: priority.sla_rank.into(),
        waiting_since: Some(timestamp(priority.waiting_since)),
    }
}

/// A line of a queue, at its place.
pub(super) fn entry(line: &QueueLine, place: u32, now: Timestamp) -> pb::QueueEntry {
    pb::QueueEntry {
        case: Some(line_ref(line)),
        place: i32::try_from(place).unwrap_or(i32::MAX),
        topic: line.inputs.topic.number(),
        channel: line.entry.channel.number(),
        language_code: line.entry.language.to_string(),
        tier: line.inputs.tier.number(),
        skills: line.entry.skills.iter().map(Word::number).collect(),
        queued_at: Some(timestamp(line.queued_at)),
        reason: line.reason.number(),
        priority: Some(priority(&line.priority)),
        priority_explanation: explain(&line.inputs, now),
        offered_to_agent_id: line.offer.as_ref().map(|offer| offer.agent_id.to_string()).unwrap_or_default(),
    }
}

/// The offer that is out for a case; `None` if there is none.
pub(super) fn offer(line: &QueueLine) -> Option<pb::Offer> {
    let offer = line.offer.as_ref()?;
    Some(pb::Offer {
        offer_id: offer.offer_id.to_string(),
        case: Some(line_ref(line)),
        agent_id: offer.agent_id.to_string(),
        expires_at: Some(timestamp(offer.expires_at)),
        reason: offer.reason.number(),
        topic: line.inputs.topic.number(),
        channel: line.entry.channel.number(),
        language_code: line.entry.language.to_string(),
        team: line.entry.team.number(),
    })
}

/// A clock as of `now`.
pub(super) fn clock(kind: ClockKind, clock: &Clock, rules: &Rules, team: Team, now: Timestamp) -> pb::Clock {
    pb::Clock {
        kind: kind.number(),
        standing: clock.standing.number(),
        generation: i32::try_from(clock.generation).unwrap_or(i32::MAX),
        calendar: clock.calendar.clone(),
        target: Some(duration(clock.target_seconds)),
        breach: Some(duration(clock.breach_seconds)),
        used: Some(duration(clock.used_seconds_by(rules, team, now))),
        target_at: Some(timestamp(clock.target_at)),
        breach_at: Some(timestamp(clock.breach_at)),
        warned: clock.warned,
        breached: clock.breached,
    }
}

fn duration(seconds: u64) -> prost_types::Duration {
    prost_types::Duration { seconds: i64::try_from(seconds).unwrap_or(i64::MAX), nanos: 0 }
}
