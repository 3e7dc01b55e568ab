//! A folded case as the contract shows it.

use case::intake::{Evidence, EvidenceStanding, Player};
use case::routing::{Clock, ClockKind};
use case::{Aggregate, Case, Personal};
use contracts::history::v1 as pb;
use jiff::Timestamp;
use service_kit::request::{etag_of, timestamp};
use uuid::Uuid;

use crate::words::Word;

/// The whole view of a case.
pub(crate) fn case_view(case: &Case) -> pb::Case {
    let intake = &case.intake;
    let routing = &case.routing;
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let times = |value: Option<Timestamp>| value.map(timestamp);
    let uuids = |value: Option<case::CaseId>| value.map_or_else(String::new, |id| id.to_string());
    pb::Case {
        case_id: case.id.to_string(),
        number: case.spoken_name().unwrap_or_default(),
        etag: etag_of(case.version),
        version: case.version,
        state: case.state.number(),
        brand: text(case.brand().map(case::Brand::as_str)),
        player: intake.player.as_ref().map(player_view),
        channel: intake.channel.map_or(0, Word::number),
        language_code: text(intake.language.map(case::Language::as_str)),
        topic: intake.topic.map_or(0, Word::number),
        product: text(intake.product.as_deref()),
        opened_at: times(case.opened_at),
        updated_at: times(case.updated_at),
        team: routing.team.map_or(0, Word::number),
        owner_agent_id: text(routing.owner.as_ref().map(case::AgentId::as_str)),
        offered_to_agent_id: text(routing.offer.as_ref().map(|offer| offer.agent_id.as_str())),
        queued_at: times(routing.queued.as_ref().map(|queued| queued.queued_at)),
        horizon: times(routing.horizon),
        clocks: routing.clocks.iter().map(|(kind, clock)| clock_view(*kind, clock)).collect(),
        evidence_requested: intake.evidence_requested.iter().map(|kind| kind.number()).collect(),
        evidence: intake.evidence.iter().map(evidence_view).collect(),
        escalation: escalation_view(case),
        self_exclusion_requested: intake.self_exclusion_requested,
        complaint_jurisdiction: text(intake.complaint_jurisdiction.as_deref()),
        tags: intake.tags.clone(),
        linked_case_ids: intake.linked.iter().map(ToString::to_string).collect(),
        merged_into_case_id: uuids(intake.merged_into),
        previous_case_id: uuids(intake.previous_case),
        resolution: intake.resolution.as_ref().map_or_else(String::new, stored_word),
        resolved_at: times(intake.resolved_at),
        feedback_score: intake.feedback_score.map(i32::from),
        notifications_sent: case
            .notifications
            .notifications
            .values()
            .fold(0, |sum, one| sum.saturating_add(i32::try_from(one.times_sent).unwrap_or(i32::MAX))),
    }
}

fn stored_word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn player_view(player: &Player) -> pb::Player {
    let shown = |text: &Personal| text.text().unwrap_or_default().to_owned();
    pb::Player {
        player_id: player.player_id.to_string(),
        username: shown(&player.username),
        email: player.email.as_ref().map(shown).unwrap_or_default(),
        time_zone: player.time_zone.clone().unwrap_or_default(),
        tier: player.tier.number(),
        marketing_consent: player.marketing_consent,
        erased: player.username == Personal::Erased,
    }
}

fn clock_view(kind: ClockKind, clock: &Clock) -> pb::Clock {
    pb::Clock {
        kind: kind.number(),
        standing: clock.standing.number(),
        generation: i32::try_from(clock.generation).unwrap_or(i32::MAX),
        calendar: clock.calendar.clone(),
        target_at: Some(timestamp(clock.target_at)),
        breach_at: Some(timestamp(clock.breach_at)),
        warned: clock.warned,
        breached: clock.breached,
    }
}

fn evidence_view(evidence: &Evidence) -> pb::Evidence {
    let (standing, reason) = match evidence.standing {
        EvidenceStanding::Received => (pb::EvidenceStanding::Received, 0),
        EvidenceStanding::Accepted => (pb::EvidenceStanding::Accepted, 0),
        EvidenceStanding::Rejected(reason) => (pb::EvidenceStanding::Rejected, reason.number()),
    };
    pb::Evidence {
        evidence_id: Uuid::to_string(&evidence.evidence_id),
        kind: evidence.kind.number(),
        standing: standing as i32,
        rejection_reason: reason,
        received_at: Some(timestamp(evidence.received_at)),
    }
}

fn escalation_view(case: &Case) -> Option<pb::Escalation> {
    let payments = &case.payments_escalation;
    let escalation = payments.escalation.as_ref()?;
    Some(pb::Escalation {
        progress: payments.progress.map_or(0, Word::number),
        kind: stored_word(&escalation.kind),
        amount: Some(pb::Money {
            minor_units: escalation.amount.minor,
            currency_code: escalation.amount.currency.code().to_owned(),
        }),
        escalated_at: Some(timestamp(escalation.escalated_at)),
        transaction_ids: payments.transactions.iter().map(ToString::to_string).collect(),
    })
}
