//! The facts routing records about a case. (Agents have streams of their own: `agent.rs`.)

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::AgentId;
use crate::stage::stage_events;
use crate::vocabulary::{Channel, Skill, Team, Tier, Topic};

/// Everything a priority was computed from, so that it can be computed again (domain.md, Priority).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriorityInputs {
    /// The topic.
    pub topic: Topic,
    /// The player asked to be excluded, or somebody's safety is at stake.
    pub safety: bool,
    /// A jurisdiction's deadline is near.
    pub jurisdiction_at_risk: bool,
    /// The player's tier.
    pub tier: Tier,
    /// The amount at stake is over the large-payout limit.
    pub large_payout: bool,
    /// The share of the most used SLA clock, in percent (0 to 100 and over).
    pub sla_used_percent: u16,
    /// When the case first asked for a human.
    pub waiting_since: Timestamp,
    /// Steps gained by waiting: one per 30 minutes of staffed time.
    pub ageing_steps: u16,
}

/// A priority: compared field by field in this order, smaller first. Written down whole, so that the
/// order of a queue at any past moment can be explained.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Priority {
    /// 0 for responsible gambling and safety, else 1.
    pub safety_rank: u8,
    /// 0 when a jurisdiction's deadline is at risk, else 1.
    pub jurisdiction_rank: u8,
    /// The topic's rank (withdrawal 0), lifted by ageing.
    pub topic_rank: u8,
    /// 0 for VIP or a large payout, else 1.
    pub value_rank: u8,
    /// 100 minus the SLA share used, floored at 0.
    pub sla_rank: u16,
    /// The older waits longer: when the case first asked for a human.
    pub waiting_since: Timestamp,
}

/// A priority was computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriorityComputed {
    /// From what.
    pub inputs: PriorityInputs,
    /// The result.
    pub priority: Priority,
}

/// Why a case stands in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueReason {
    /// First time.
    Triaged,
    /// An offer was declined or ran out; the original queue time is kept.
    NotTaken,
    /// Its agent gave it back or went away.
    Released,
    /// It belongs to another team.
    Transferred,
    /// What it is about was decided anew; it stays with its team.
    Reclassified,
    /// The player reopened it.
    Reopened,
}

/// The case waits for an agent of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseQueued {
    /// The team.
    pub team: Team,
    /// What the agent should be trained in; relaxed one by one after a wait.
    pub skills: Vec<Skill>,
    /// The original queue time: kept when an offer is declined.
    pub queued_at: Timestamp,
    /// Why.
    pub reason: QueueReason,
    /// The agent to prefer: a personal contact or the previous owner.
    pub preferred_agent: Option<AgentId>,
    /// Until when only the preferred agent is offered it, if present.
    pub preferred_until: Option<Timestamp>,
}

/// Why this agent was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceReason {
    /// The VIP's personal contact.
    PersonalContact,
    /// Owned the case before.
    PreviousOwner,
    /// The smallest share of capacity in use; ties by the longest time since the last assignment.
    LeastLoaded,
}

/// An agent as the choice saw them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// Who.
    pub agent_id: AgentId,
    /// Capacity units in use.
    pub load: u32,
    /// Capacity units in all.
    pub capacity: u32,
    /// When they last got a case.
    pub last_assigned_at: Option<Timestamp>,
}

/// The case was offered to an agent, who has until `expires_at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseOffered {
    /// The offer's id.
    pub offer_id: Uuid,
    /// To whom.
    pub agent_id: AgentId,
    /// Until when.
    pub expires_at: Timestamp,
    /// Capacity units it takes of the agent (choice: chat 2, e-mail 1, phone all).
    pub weight: u32,
    /// Why them.
    pub reason: ChoiceReason,
    /// Whether they speak the player's language; if not, a machine translates (R36).
    pub speaks_language: bool,
    /// Everybody who could have been chosen.
    pub candidates: Vec<Candidate>,
}

/// The agent said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfferDeclined {
    /// Which offer.
    pub offer_id: Uuid,
    /// Who.
    pub agent_id: AgentId,
}

/// The agent did not answer in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfferExpired {
    /// Which offer.
    pub offer_id: Uuid,
    /// Who.
    pub agent_id: AgentId,
}

/// How an agent came to own a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssignedBy {
    /// Accepted an offer.
    Offer,
    /// Took the next one from the queue.
    Claim,
}

/// One person owns the case (R29).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseAssigned {
    /// Who.
    pub agent_id: AgentId,
    /// The team they work for here.
    pub team: Team,
    /// How.
    pub by: AssignedBy,
    /// Capacity units it takes (choice: chat 2, e-mail 1, phone all).
    pub weight: u32,
    /// The channel it was weighed by.
    pub channel: Channel,
}

/// Why an agent gave a case back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    /// The agent asked.
    Requested,
    /// The agent went offline.
    AgentOffline,
    /// The case goes to another team.
    Transferred,
}

/// Nobody owns the case any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseReleased {
    /// Who had it.
    pub agent_id: AgentId,
    /// Why.
    pub reason: ReleaseReason,
}

/// Why a case moved to another team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferReason {
    /// What it is about was decided anew.
    Reclassified,
    /// The player asked to be excluded: at once, ahead of everything.
    SelfExclusion,
    /// An agent asked.
    Requested,
}

/// The case moved to another team; its whole history goes along (R26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseTransferred {
    /// From.
    pub from: Team,
    /// To.
    pub to: Team,
    /// Why.
    pub reason: TransferReason,
}

/// After a stated wait, a skill is no longer asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkillRelaxed {
    /// Which.
    pub skill: Skill,
}

/// The VIP's personal contact for this case (R28).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonalContactAssigned {
    /// Who.
    pub agent_id: AgentId,
}

/// The four clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// Until a human first answers.
    FirstResponse,
    /// Until the player's last word is answered.
    NextUpdate,
    /// Until the case is resolved.
    Resolution,
    /// A licensing country's deadline; never pauses.
    Jurisdiction,
}

/// A clock started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlaStarted {
    /// Which.
    pub clock: ClockKind,
    /// How often it has started on this case, from 1.
    pub generation: u32,
    /// From when it counts: the moment of the fact that started it.
    pub started_at: Timestamp,
    /// Working time of an earlier start that still counts, in seconds (the case moved to another team).
    pub used_seconds: u64,
    /// The version of the policy it was allowed by.
    pub policy_version: u32,
    /// The calendar it runs on, by name.
    pub calendar: String,
    /// Working time allowed until the target, in seconds.
    pub target_seconds: u64,
    /// Working time allowed until the breach, in seconds.
    pub breach_seconds: u64,
    /// The moment of the target, should it never pause.
    pub target_at: Timestamp,
    /// The moment of the breach, should it never pause.
    pub breach_at: Timestamp,
}

/// Whose turn it is while a clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// The player's: something was asked of them.
    Player,
    /// A third party's: the payment gateway.
    ThirdParty,
}

/// A clock paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlaPaused {
    /// Which.
    pub clock: ClockKind,
    /// Which start of it.
    pub generation: u32,
    /// From when it stands still: the moment of the fact that paused it.
    pub paused_at: Timestamp,
    /// Who is waited for.
    pub waiting_for: WaitingFor,
    /// Working time used so far, in seconds.
    pub used_seconds: u64,
}

/// A clock goes on, with new moments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlaResumed {
    /// Which.
    pub clock: ClockKind,
    /// Which start of it.
    pub generation: u32,
    /// From when it counts again: the moment of the fact that ended the pause.
    pub resumed_at: Timestamp,
    /// The new moment of the target.
    pub target_at: Timestamp,
    /// The new moment of the breach.
    pub breach_at: Timestamp,
}

/// What the clock measured was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlaMet {
    /// Which.
    pub clock: ClockKind,
    /// Which start of it.
    pub generation: u32,
    /// When it was done.
    pub met_at: Timestamp,
    /// Whether by the target.
    pub within_target: bool,
}

/// The clock has nothing left to measure (the player was asked, or the case is over).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlaStopped {
    /// Which.
    pub clock: ClockKind,
    /// Which start of it.
    pub generation: u32,
    /// From when there was nothing left.
    pub stopped_at: Timestamp,
}

/// The target passed: hurry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlaWarned {
    /// Which.
    pub clock: ClockKind,
    /// Which start of it.
    pub generation: u32,
}

/// The promise was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlaBreached {
    /// Which.
    pub clock: ClockKind,
    /// Which start of it.
    pub generation: u32,
}

/// The player was promised an answer by this moment (R6, R15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HorizonSet {
    /// The moment.
    pub horizon: Timestamp,
}

/// Why a horizon moved (R8, R31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExtensionReason {
    /// The payment gateway is involved and has not answered.
    Gateway,
    /// Peak traffic.
    PeakTraffic,
    /// A public holiday.
    Holiday,
    /// A complex legal question.
    LegalQuestion,
}

/// The promise was moved, and the player is told why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HorizonExtended {
    /// The promise so far.
    pub from: Timestamp,
    /// The promise now.
    pub to: Timestamp,
    /// Why.
    pub reason: ExtensionReason,
    /// What asked for it: a gateway call's key, or a request's id. Each moves the promise once.
    pub cause: Uuid,
}

/// A team lead has to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EscalationRaised {
    /// The clock whose breach raised it.
    pub clock: ClockKind,
}

stage_events! {
    /// Routing's facts about a case.
    "routing";
    PriorityComputed = "priority_computed" v 1;
    CaseQueued = "case_queued" v 1;
    CaseOffered = "case_offered" v 1;
    OfferDeclined = "offer_declined" v 1;
    OfferExpired = "offer_expired" v 1;
    CaseAssigned = "case_assigned" v 1;
    CaseReleased = "case_released" v 1;
    CaseTransferred = "case_transferred" v 1;
    SkillRelaxed = "skill_relaxed" v 1;
    PersonalContactAssigned = "personal_contact_assigned" v 1;
    SlaStarted = "sla_started" v 1;
    SlaPaused = "sla_paused" v 1;
    SlaResumed = "sla_resumed" v 1;
    SlaMet = "sla_met" v 1;
    SlaStopped = "sla_stopped" v 1;
    SlaWarned = "sla_warned" v 1;
    SlaBreached = "sla_breached" v 1;
    HorizonSet = "horizon_set" v 1;
    HorizonExtended = "horizon_extended" v 1;
    EscalationRaised = "escalation_raised" v 1;
}
