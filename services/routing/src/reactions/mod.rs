//! What routing does when something happened: one file a fact. First intake's facts, then those of
//! payments-escalation; last its own and the agents', which the dispatcher answers.

mod on_agent_registered;
mod on_answer_accepted;
mod on_callback_completed;
mod on_case_abandoned;
mod on_case_classified;
mod on_case_closed;
mod on_case_merged;
mod on_case_opened;
mod on_case_queued;
mod on_case_rejected;
mod on_case_released;
mod on_case_reopened;
mod on_case_resolved;
mod on_case_transferred;
mod on_complaint_declared;
mod on_evidence_received;
mod on_evidence_rejected;
mod on_evidence_requested;
mod on_gateway_contacted;
mod on_gateway_replied;
mod on_gateway_timed_out;
mod on_handed_to_human;
mod on_message_received;
mod on_offer_declined;
mod on_offer_expired;
mod on_payment_escalated;
mod on_payment_executed;
mod on_payment_failed;
mod on_payment_information_requested;
mod on_payment_refused;
mod on_payment_returned;
mod on_presence_changed;
mod on_reply_sent;
mod on_self_exclusion_requested;
mod on_skill_relaxed;

use std::sync::Arc;

use event_bus::Subscription;
use service_kit::Parts;
use service_kit::reaction::subscribe;

use crate::desk::Desk;

/// The durable names of all reactions: NATS lets this service take from their consumers only.
pub const NAMES: &[&str] = &[
    "routing.on_agent_registered",
    "routing.on_answer_accepted",
    "routing.on_callback_completed",
    "routing.on_case_abandoned",
    "routing.on_case_classified",
    "routing.on_case_closed",
    "routing.on_case_merged",
    "routing.on_case_opened",
    "routing.on_case_queued",
    "routing.on_case_rejected",
    "routing.on_case_released",
    "routing.on_case_reopened",
    "routing.on_case_resolved",
    "routing.on_case_transferred",
    "routing.on_complaint_declared",
    "routing.on_evidence_received",
    "routing.on_evidence_rejected",
    "routing.on_evidence_requested",
    "routing.on_gateway_contacted",
    "routing.on_gateway_replied",
    "routing.on_gateway_timed_out",
    "routing.on_handed_to_human",
    "routing.on_message_received",
    "routing.on_offer_declined",
    "routing.on_offer_expired",
    "routing.on_payment_escalated",
    "routing.on_payment_executed",
    "routing.on_payment_failed",
    "routing.on_payment_information_requested",
    "routing.on_payment_refused",
    "routing.on_payment_returned",
    "routing.on_presence_changed",
    "routing.on_reply_sent",
    "routing.on_self_exclusion_requested",
    "routing.on_skill_relaxed",
];

/// Starts them all; they run until shutdown.
pub(crate) async fn subscribe_all(
    parts: &Parts,
    desk: &Arc<Desk>,
) -> Result<Vec<Subscription>, event_bus::Error> {
    macro_rules! all {
        ($($file:ident::$reaction:ident),+ $(,)?) => {
            Ok(vec![$(subscribe(parts, $file::$reaction(Arc::clone(desk))).await?,)+])
        };
    }
    all![
        on_case_opened::OnCaseOpened,
        on_handed_to_human::OnHandedToHuman,
        on_case_classified::OnCaseClassified,
        on_self_exclusion_requested::OnSelfExclusionRequested,
        on_message_received::OnMessageReceived,
        on_evidence_received::OnEvidenceReceived,
        on_reply_sent::OnReplySent,
        on_evidence_requested::OnEvidenceRequested,
        on_evidence_rejected::OnEvidenceRejected,
        on_callback_completed::OnCallbackCompleted,
        on_complaint_declared::OnComplaintDeclared,
        on_case_resolved::OnCaseResolved,
        on_case_closed::OnCaseClosed,
        on_case_rejected::OnCaseRejected,
        on_case_abandoned::OnCaseAbandoned,
        on_case_merged::OnCaseMerged,
        on_answer_accepted::OnAnswerAccepted,
        on_case_reopened::OnCaseReopened,
        on_payment_escalated::OnPaymentEscalated,
        on_payment_information_requested::OnPaymentInformationRequested,
        on_gateway_contacted::OnGatewayContacted,
        on_gateway_replied::OnGatewayReplied,
        on_gateway_timed_out::OnGatewayTimedOut,
        on_payment_executed::OnPaymentExecuted,
        on_payment_failed::OnPaymentFailed,
        on_payment_refused::OnPaymentRefused,
        on_payment_returned::OnPaymentReturned,
        on_case_queued::OnCaseQueued,
        on_skill_relaxed::OnSkillRelaxed,
        on_offer_declined::OnOfferDeclined,
        on_offer_expired::OnOfferExpired,
        on_case_released::OnCaseReleased,
        on_case_transferred::OnCaseTransferred,
        on_agent_registered::OnAgentRegistered,
        on_presence_changed::OnPresenceChanged,
    ]
}
