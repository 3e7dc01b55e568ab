//! How cases, notifications and preferences are shown: our words as protobuf has them.

use case::notifications::{DeliveryChannel, PreferencesChanged};
use case::{Actor, Case};
use contracts::notifications::v1 as proto;
use service_kit::request::{enum_name, etag_of, timestamp};
use service_kit::{CommandRequest, Failure};
use uuid::Uuid;

use crate::read_model::{CaseHead, DeliveryRow};

/// What every mutation has in common.
pub(super) struct Mutation {
    /// The case.
    pub(super) case_id: Uuid,
    /// The request's id.
    pub(super) request_id: Uuid,
    /// Digest of its body.
    pub(super) fingerprint: [u8; 32],
    /// The version the caller saw.
    pub(super) etag: Option<u64>,
    /// Who calls.
    pub(super) actor: Actor,
}

impl Mutation {
    /// As a request to the decision loop.
    pub(super) fn with(
        self,
        command: case::notifications::Command,
    ) -> CommandRequest<case::notifications::Notifications> {
        CommandRequest {
            stream: self.case_id,
            command_id: self.request_id,
            fingerprint: self.fingerprint,
            actor: self.actor,
            etag: self.etag,
            causation_id: None,
            answers: None,
            correlation_id: None,
            creates: false,
            command,
        }
    }
}

/// A case in short.
pub(super) fn case_ref(case: &Case) -> proto::CaseRef {
    case_ref_of(&CaseHead::of(case))
}

fn case_ref_of(head: &CaseHead) -> proto::CaseRef {
    let state = proto::CaseState::from_str_name(&enum_name("CASE_STATE_", &head.state));
    proto::CaseRef {
        case_id: head.case_id.to_string(),
        number: head.number.clone(),
        etag: etag_of(head.version),
        state: state.unwrap_or_default().into(),
    }
}

/// A notification and what became of it.
pub(super) fn delivery(head: &CaseHead, row: &DeliveryRow) -> proto::Delivery {
    let kind = proto::NotificationKind::from_str_name(&enum_name("NOTIFICATION_KIND_", &row.kind));
    let channel = proto::DeliveryChannel::from_str_name(&enum_name("DELIVERY_CHANNEL_", &row.channel));
    proto::Delivery {
        notification_id: row.notification_id.to_string(),
        case: Some(case_ref_of(head)),
        kind: kind.unwrap_or_default().into(),
        audience: audience(&row.audience),
        channel: channel.unwrap_or_default().into(),
        language_code: row.language.clone(),
        standing: standing(&row.standing).into(),
        suppression_reason: suppression_reason(&row.suppression_reason).into(),
        attempts: i32::try_from(row.attempts).unwrap_or(i32::MAX),
        last_error_code: row.last_error_code.clone(),
        due_at: row.due_at.map(timestamp),
        queued_at: Some(timestamp(row.queued_at)),
        sent_at: row.sent_at.map(timestamp),
    }
}

/// What became of a notification.
pub(super) fn standing(word: &str) -> proto::DeliveryStanding {
    proto::DeliveryStanding::from_str_name(&enum_name("DELIVERY_STANDING_", word)).unwrap_or_default()
}

/// Why it was not sent.
pub(super) fn suppression_reason(word: &str) -> proto::SuppressionReason {
    proto::SuppressionReason::from_str_name(&enum_name("SUPPRESSION_REASON_", word)).unwrap_or_default()
}

fn audience(spoken: &str) -> Option<proto::Audience> {
    use proto::audience::Audience;
    let audience = match spoken.split_once(':') {
        Some(("team", team)) => Audience::Team(team.to_owned()),
        Some(("agent", agent)) => Audience::AgentId(agent.to_owned()),
        _ if spoken == "player" => Audience::Player(proto::PlayerAudience {}),
        _ => return None,
    };
    Some(proto::Audience { audience: Some(audience) })
}

/// The preferences in force: what the player said last, or what was known when the case was opened.
pub(super) fn preferences(case: &Case) -> proto::Preferences {
    let known = case.intake.player.as_ref().is_some_and(|player| player.marketing_consent);
    let said = case.notifications.preferences.clone().unwrap_or(PreferencesChanged {
        channel: DeliveryChannel::Email,
        marketing_consent: known,
        quiet_from_hour: None,
        quiet_until_hour: None,
    });
    let channel =
        proto::DeliveryChannel::from_str_name(&enum_name("DELIVERY_CHANNEL_", said.channel.as_str()));
    let quiet_hours = said
        .quiet_from_hour
        .zip(said.quiet_until_hour)
        .map(|(from, until)| proto::QuietHours { from_hour: i32::from(from), until_hour: i32::from(until) });
    proto::Preferences {
        channel: channel.unwrap_or_default().into(),
        marketing_consent: said.marketing_consent,
        quiet_hours,
    }
}

/// A notification of a case, by its id.
pub(super) fn delivery_of(case: &Case, notification_id: Uuid) -> Result<proto::Delivery, Failure> {
    let rows = DeliveryRow::of_case(case);
    let row = rows.iter().find(|row| row.notification_id == notification_id).ok_or_else(|| {
        Failure::Internal(format!("notification {notification_id} was accepted and is not there"))
    })?;
    Ok(delivery(&CaseHead::of(case), row))
}
