//! The facts notifications records: what was to be said, and what became of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::intake::SensitiveDataMasked;
use crate::personal::Personal;
use crate::stage::stage_events;
use crate::vocabulary::{InvalidWord, Language};

/// What is said. Each has texts in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// Case number and horizon (R6, R15), with the spam-folder reminder (R43).
    CaseReceived,
    /// A help-centre answer (R39).
    AnswerSuggested,
    /// The agent introduces themselves (R29).
    AgentIntroduction,
    /// What is missing (R18).
    EvidenceRequested,
    /// Receipt for a file.
    EvidenceReceived,
    /// A file was refused, why, and what to do (R22).
    EvidenceRejected,
    /// An agent's reply, for channels that carry no conversation of their own.
    Reply,
    /// The horizon moved, and why (R8).
    HorizonExtended,
    /// "Still working on it", before the update falls due (R40).
    StillWorking,
    /// A callback is booked (R5).
    CallbackBooked,
    /// The identity check passed.
    VerificationApproved,
    /// The identity check ended with a no.
    VerificationRefused,
    /// The money is on its way.
    PaymentExecuted,
    /// Self-exclusion was received.
    SelfExclusionReceived,
    /// Resolved.
    Resolved,
    /// How was it? (R41)
    FeedbackRequest,
    /// Reopened.
    Reopened,
    /// An offer: marketing, only with consent and never to an excluded player (R42).
    Offer,
    /// To the VIP's personal contact: their player needs them.
    PersonalContactInformed,
    /// To the team: an SLA target passed.
    SlaWarning,
    /// To the team: an SLA was breached.
    SlaBreach,
}

impl NotificationKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::CaseReceived,
        Self::AnswerSuggested,
        Self::AgentIntroduction,
        Self::EvidenceRequested,
        Self::EvidenceReceived,
        Self::EvidenceRejected,
        Self::Reply,
        Self::HorizonExtended,
        Self::StillWorking,
        Self::CallbackBooked,
        Self::VerificationApproved,
        Self::VerificationRefused,
        Self::PaymentExecuted,
        Self::SelfExclusionReceived,
        Self::Resolved,
        Self::FeedbackRequest,
        Self::Reopened,
        Self::Offer,
        Self::PersonalContactInformed,
        Self::SlaWarning,
        Self::SlaBreach,
    ];

    /// The stored word, which is also the texts' id.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CaseReceived => "case_received",
            Self::AnswerSuggested => "answer_suggested",
            Self::AgentIntroduction => "agent_introduction",
            Self::EvidenceRequested => "evidence_requested",
            Self::EvidenceReceived => "evidence_received",
            Self::EvidenceRejected => "evidence_rejected",
            Self::Reply => "reply",
            Self::HorizonExtended => "horizon_extended",
            Self::StillWorking => "still_working",
            Self::CallbackBooked => "callback_booked",
            Self::VerificationApproved => "verification_approved",
            Self::VerificationRefused => "verification_refused",
            Self::PaymentExecuted => "payment_executed",
            Self::SelfExclusionReceived => "self_exclusion_received",
            Self::Resolved => "resolved",
            Self::FeedbackRequest => "feedback_request",
            Self::Reopened => "reopened",
            Self::Offer => "offer",
            Self::PersonalContactInformed => "personal_contact_informed",
            Self::SlaWarning => "sla_warning",
            Self::SlaBreach => "sla_breach",
        }
    }

    /// Marketing, as opposed to service mail (R42).
    pub const fn is_marketing(self) -> bool {
        matches!(self, Self::Offer)
    }

    /// Said at once, even in quiet hours: the answer to what the player does at this moment.
    pub const fn is_urgent(self) -> bool {
        matches!(
            self,
            Self::CaseReceived
                | Self::AnswerSuggested
                | Self::AgentIntroduction
                | Self::EvidenceReceived
                | Self::Reply
                | Self::CallbackBooked
                | Self::SelfExclusionReceived
                | Self::Reopened
        )
    }

    /// Part of the conversation: said where the conversation is, not where receipts are sent.
    pub const fn is_conversation(self) -> bool {
        matches!(self, Self::AnswerSuggested | Self::AgentIntroduction | Self::Reply)
    }
}

impl std::str::FromStr for NotificationKind {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| InvalidWord {
            what: "notification kind",
            given: text.to_owned(),
            allowed: Self::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The player.
    Player,
    /// A team, by name.
    Team(String),
    /// One agent, by id.
    Agent(String),
}

/// How it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryChannel {
    /// E-mail over SMTP.
    Email,
    /// A signed webhook to the brand's systems (chat, SMS and member area are reached through it).
    Webhook,
}

impl DeliveryChannel {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }
}

impl std::str::FromStr for DeliveryChannel {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        match text {
            "email" => Ok(Self::Email),
            "webhook" => Ok(Self::Webhook),
            _ => Err(InvalidWord {
                what: "delivery channel",
                given: text.to_owned(),
                allowed: "email, webhook".to_owned(),
            }),
        }
    }
}

/// Something is to be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationQueued {
    /// Its id, determined by cause, kind and audience: the same is never queued twice.
    pub notification_id: Uuid,
    /// What.
    pub kind: NotificationKind,
    /// To whom.
    pub audience: Audience,
    /// How.
    pub channel: DeliveryChannel,
    /// The address, for e-mail.
    pub recipient: Option<Personal>,
    /// In which language.
    pub language: Language,
    /// What the text's variables stand for; nothing personal.
    pub arguments: BTreeMap<String, String>,
    /// A personal text carried along, such as an agent's reply.
    pub text: Option<Personal>,
    /// Not before this moment; `None` for at once.
    pub send_after: Option<Timestamp>,
}

/// Why something was not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// The player asked to be excluded: no marketing from that moment.
    PlayerExcluded,
    /// The player never agreed to offers.
    NoConsent,
    /// The player's preferences leave no moment for it.
    Preference,
    /// No address to write to.
    NoAddress,
}

impl SuppressionReason {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlayerExcluded => "player_excluded",
            Self::NoConsent => "no_consent",
            Self::Preference => "preference",
            Self::NoAddress => "no_address",
        }
    }
}

/// It will not be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationSuppressed {
    /// Which.
    pub notification_id: Uuid,
    /// What.
    pub kind: NotificationKind,
    /// Why.
    pub reason: SuppressionReason,
}

/// It will be said later (quiet hours).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationDeferred {
    /// Which.
    pub notification_id: Uuid,
    /// Not before.
    pub until: Timestamp,
}

/// It was handed over: the mail server or the webhook's receiver accepted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationSent {
    /// Which.
    pub notification_id: Uuid,
    /// What.
    pub kind: NotificationKind,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// The case's version that was looked at before it was handed over: what was recorded later could not
    /// stop it any more.
    pub decided_on_version: u64,
}

/// A try failed; the next one comes later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationFailed {
    /// Which.
    pub notification_id: Uuid,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// A stable code for what went wrong; never the server's text, which may quote the mail.
    pub code: String,
    /// When it is tried again.
    pub retry_at: Timestamp,
}

/// Given up; an operator sees it and may redrive it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationDeadLettered {
    /// Which.
    pub notification_id: Uuid,
    /// How often it was tried.
    pub attempts: u32,
    /// A stable code for what went wrong last.
    pub code: String,
}

/// An operator has it tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationRedriven {
    /// Which.
    pub notification_id: Uuid,
}

/// What the player wants to hear, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreferencesChanged {
    /// The channel preferred.
    pub channel: DeliveryChannel,
    /// Whether offers are welcome.
    pub marketing_consent: bool,
    /// Hour of the local day from which nothing but urgent mail is sent (0 to 23).
    pub quiet_from_hour: Option<u8>,
    /// Hour of the local day until which it holds (0 to 23).
    pub quiet_until_hour: Option<u8>,
}

stage_events! {
    /// Notifications' facts.
    "notifications";
    NotificationQueued = "notification_queued" v 1 personal [recipient, text];
    NotificationSuppressed = "notification_suppressed" v 1;
    NotificationDeferred = "notification_deferred" v 1;
    NotificationSent = "notification_sent" v 1;
    NotificationFailed = "notification_failed" v 1;
    NotificationDeadLettered = "notification_dead_lettered" v 1;
    NotificationRedriven = "notification_redriven" v 1;
    PreferencesChanged = "preferences_changed" v 1;
    SensitiveDataMasked = "sensitive_data_masked" v 1;
}
