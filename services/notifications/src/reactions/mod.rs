//! Another stage's fact becomes something to say: one file a fact, named after it. Two are our own, and make
//! the sender work.
//!
//! Never here: whether it may be said, or when (`case::notifications` decides that), and no wording.

mod on_answer_suggested;
mod on_callback_requested;
mod on_case_assigned;
mod on_case_reopened;
mod on_case_resolved;
mod on_evidence_received;
mod on_evidence_rejected;
mod on_evidence_requested;
mod on_horizon_extended;
mod on_horizon_set;
mod on_notification_queued;
mod on_notification_redriven;
mod on_payment_executed;
mod on_payment_information_requested;
mod on_payment_refused;
mod on_personal_contact_assigned;
mod on_player_refused;
mod on_player_verified;
mod on_reply_sent;
mod on_self_exclusion_requested;
mod on_sla_breached;
mod on_sla_warned;

use std::sync::Arc;

use event_bus::Subscription;
use service_kit::Parts;
use service_kit::reaction::subscribe as add;

use crate::sender::Sender;
use crate::service::Service;

/// The durable names of all reactions: NATS lets this service take from their consumers only.
pub const NAMES: &[&str] = &[
    "notifications.on_answer_suggested",
    "notifications.on_callback_requested",
    "notifications.on_case_assigned",
    "notifications.on_case_reopened",
    "notifications.on_case_resolved",
    "notifications.on_evidence_received",
    "notifications.on_evidence_rejected",
    "notifications.on_evidence_requested",
    "notifications.on_horizon_extended",
    "notifications.on_horizon_set",
    "notifications.on_notification_queued",
    "notifications.on_notification_redriven",
    "notifications.on_payment_executed",
    "notifications.on_payment_information_requested",
    "notifications.on_payment_refused",
    "notifications.on_personal_contact_assigned",
    "notifications.on_player_refused",
    "notifications.on_player_verified",
    "notifications.on_reply_sent",
    "notifications.on_self_exclusion_requested",
    "notifications.on_sla_breached",
    "notifications.on_sla_warned",
];

/// Starts all reactions; they run until shutdown.
pub(crate) async fn subscribe(
    parts: &Parts,
    service: &Arc<Service>,
    sender: &Arc<Sender>,
) -> Result<Vec<Subscription>, event_bus::Error> {
    let service = || Arc::clone(service);
    let sender = || Arc::clone(sender);
    Ok(vec![
        add(parts, on_answer_suggested::OnAnswerSuggested(service())).await?,
        add(parts, on_callback_requested::OnCallbackRequested(service())).await?,
        add(parts, on_case_assigned::OnCaseAssigned(service())).await?,
        add(parts, on_case_reopened::OnCaseReopened(service())).await?,
        add(parts, on_case_resolved::OnCaseResolved(service())).await?,
        add(parts, on_evidence_received::OnEvidenceReceived(service())).await?,
        add(parts, on_evidence_rejected::OnEvidenceRejected(service())).await?,
        add(parts, on_evidence_requested::OnEvidenceRequested(service())).await?,
        add(parts, on_horizon_extended::OnHorizonExtended(service())).await?,
        add(parts, on_horizon_set::OnHorizonSet(service())).await?,
        add(parts, on_notification_queued::OnNotificationQueued(sender())).await?,
        add(parts, on_notification_redriven::OnNotificationRedriven(sender())).await?,
        add(parts, on_payment_executed::OnPaymentExecuted(service())).await?,
        add(parts, on_payment_information_requested::OnPaymentInformationRequested(service())).await?,
        add(parts, on_payment_refused::OnPaymentRefused(service())).await?,
        add(parts, on_personal_contact_assigned::OnPersonalContactAssigned(service())).await?,
        add(parts, on_player_refused::OnPlayerRefused(service())).await?,
        add(parts, on_player_verified::OnPlayerVerified(service())).await?,
        add(parts, on_reply_sent::OnReplySent(service())).await?,
        add(parts, on_self_exclusion_requested::OnSelfExclusionRequested(service())).await?,
        add(parts, on_sla_breached::OnSlaBreached(service())).await?,
        add(parts, on_sla_warned::OnSlaWarned(service())).await?,
    ])
}
