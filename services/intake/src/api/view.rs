//! How a case is shown.

use case::intake::{Evidence, EvidenceStanding, Player};
use case::{Case, CaseState, Channel, Personal, Team, Topic};
use contracts::intake::v1 as pb;
use jiff::Timestamp;
use service_kit::request::{etag_of, timestamp};

use super::words::{Word, number_of_stored};
use crate::read_model::Line;
use crate::texts::Article;

/// The case in short, as every answer to a command shows it.
pub(super) fn case_ref(case: &Case) -> pb::CaseRef {
    pb::CaseRef {
        case_id: case.id.to_string(),
        number: case.number().map(ToString::to_string).unwrap_or_default(),
        etag: etag_of(case.version),
        state: case.state.number(),
    }
}

/// Everything that intake shows of a case.
pub(super) fn whole_case(case: &Case) -> pb::Case {
    let state = &case.intake;
    let verification = match state.verified {
        None => pb::VerificationStanding::Open,
        Some(true) => pb::VerificationStanding::Approved,
        Some(false) => pb::VerificationStanding::Refused,
    };
    pb::Case {
        r#ref: Some(case_ref(case)),
        brand: case.brand().map(ToString::to_string).unwrap_or_default(),
        player: state.player.as_ref().map(player),
        channel: state.channel.map_or(0, |channel| channel.number()),
        language_code: state.language.map(|language| language.to_string()).unwrap_or_default(),
        topic: state.topic.map_or(0, |topic| topic.number()),
        product: state.product.clone().unwrap_or_default(),
        opened_at: case.opened_at.map(timestamp),
        updated_at: case.updated_at.map(timestamp),
        evidence_requested: state.evidence_requested.iter().map(Word::number).collect(),
        evidence: state.evidence.iter().map(evidence).collect(),
        verification: verification as i32,
        suggested_article_id: state.suggested_article.clone().unwrap_or_default(),
        self_exclusion_requested: state.self_exclusion_requested,
        unanswered_since: state.unanswered_since.map(timestamp),
        callback_requested: state.callback.is_some(),
        complaint_jurisdiction: state.complaint_jurisdiction.clone().unwrap_or_default(),
        tags: state.tags.clone(),
        pattern_ids: state.patterns.iter().map(ToString::to_string).collect(),
        linked_case_ids: state.linked.iter().map(ToString::to_string).collect(),
        merged_into_case_id: state.merged_into.map(|case| case.to_string()).unwrap_or_default(),
        previous_case_id: state.previous_case.map(|case| case.to_string()).unwrap_or_default(),
        resolution: state.resolution.map_or(0, |resolution| resolution.number()),
        resolved_at: state.resolved_at.map(timestamp),
        reopened_count: i32::try_from(state.reopened).unwrap_or(i32::MAX),
        feedback_score: state.feedback_score.map(i32::from),
    }
}

fn player(player: &Player) -> pb::Player {
    // Empty once the player was erased.
    let shown = |text: &Personal| text.text().unwrap_or_default().to_owned();
    pb::Player {
        player_id: player.player_id.to_string(),
        username: shown(&player.username),
        email: player.email.as_ref().map(shown).unwrap_or_default(),
        time_zone: player.time_zone.clone().unwrap_or_default(),
        tier: player.tier.number(),
        marketing_consent: player.marketing_consent,
    }
}

fn evidence(evidence: &Evidence) -> pb::Evidence {
    let (standing, rejection_reason) = match evidence.standing {
        EvidenceStanding::Received => (pb::EvidenceStanding::Received, 0),
        EvidenceStanding::Accepted => (pb::EvidenceStanding::Accepted, 0),
        EvidenceStanding::Rejected(reason) => (pb::EvidenceStanding::Rejected, reason.number()),
    };
    pb::Evidence {
        evidence_id: evidence.evidence_id.to_string(),
        kind: evidence.kind.number(),
        standing: standing as i32,
        rejection_reason,
        received_at: Some(timestamp(evidence.received_at)),
    }
}

/// A line of the list.
pub(super) fn summary(line: &Line) -> pb::CaseSummary {
    let at = |us: i64| Timestamp::from_microsecond(us).ok().map(timestamp);
    pb::CaseSummary {
        r#ref: Some(pb::CaseRef {
            case_id: line.case_id.clone(),
            number: line.number.clone(),
            etag: etag_of(line.version),
            state: number_of_stored(&line.state, CaseState::as_str),
        }),
        brand: line.brand.clone(),
        player_id: line.player_id.clone(),
        channel: number_of_stored(&line.channel, Channel::as_str),
        topic: number_of_stored(&line.topic, Topic::as_str),
        team: number_of_stored(&line.team, Team::as_str),
        owner_agent_id: line.owner_agent_id.clone(),
        language_code: line.language.clone(),
        opened_at: at(line.opened_at_us),
        updated_at: at(line.updated_at_us),
    }
}

/// An article of the help centre.
pub(super) fn article(article: &Article) -> pb::Article {
    pb::Article {
        article_id: article.id.to_owned(),
        title: article.title.clone(),
        body: article.body.clone(),
        language_code: article.language.to_string(),
        topic: article.topic.number(),
    }
}
