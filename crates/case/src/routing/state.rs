//! What routing's facts add up to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::event::{ChoiceReason, ClockKind, Event, Priority, PriorityInputs, QueueReason, WaitingFor};
use crate::ids::AgentId;
use crate::vocabulary::{Skill, Team};

/// What a clock is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockStanding {
    /// Counting.
    Running,
    /// Standing still (the player or a third party is waited for).
    Paused,
    /// What it measured was done.
    Met,
    /// Nothing left to measure.
    Stopped,
}

/// One clock on the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// How often it has started, from 1.
    pub generation: u32,
    /// What it is doing.
    pub standing: ClockStanding,
    /// The calendar it runs on.
    pub calendar: String,
    /// Working seconds allowed until the target.
    pub target_seconds: u64,
    /// Working seconds allowed until the breach.
    pub breach_seconds: u64,
    /// Since when this start of it counts.
    pub started_at: Timestamp,
    /// Working seconds used before `running_since`.
    pub used_seconds: u64,
    /// Since when it has been running, or ran last.
    pub running_since: Timestamp,
    /// Since when it has stood still, if it does.
    pub paused_at: Option<Timestamp>,
    /// Who is waited for, while it stands still.
    pub waiting_for: Option<WaitingFor>,
    /// When it was met or stopped, if it was.
    pub ended_at: Option<Timestamp>,
    /// The moment of the target.
    pub target_at: Timestamp,
    /// The moment of the breach.
    pub breach_at: Timestamp,
    /// The warning was given.
    pub warned: bool,
    /// The breach was recorded.
    pub breached: bool,
}

/// An offer that has not been answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOffer {
    /// Its id.
    pub offer_id: Uuid,
    /// To whom.
    pub agent_id: AgentId,
    /// Until when.
    pub expires_at: Timestamp,
    /// Capacity units it takes of them.
    pub weight: u32,
    /// Why them.
    pub reason: ChoiceReason,
}

/// How the last offer ended, for those who ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastOffer {
    /// Its id.
    pub offer_id: Uuid,
    /// To whom.
    pub agent_id: AgentId,
}

/// The case's place in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// What the agent should be trained in.
    pub skills: Vec<Skill>,
    /// The original queue time.
    pub queued_at: Timestamp,
    /// Why it stands here.
    pub reason: QueueReason,
    /// The agent to prefer.
    pub preferred_agent: Option<AgentId>,
    /// Until when only they are offered it.
    pub preferred_until: Option<Timestamp>,
    /// Who was offered it since it was queued and did not take it, once per offer.
    pub not_taken_by: Vec<AgentId>,
    /// Skills no longer asked for.
    pub relaxed: Vec<Skill>,
}

/// Routing's part of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The team it belongs to.
    pub team: Option<Team>,
    /// Its priority.
    pub priority: Option<Priority>,
    /// Whether safety was among what it was computed from.
    pub safety: bool,
    /// What it was computed from.
    pub priority_inputs: Option<PriorityInputs>,
    /// Its place in the queue, while it waits.
    pub queued: Option<Queued>,
    /// The offer that is out.
    pub offer: Option<OpenOffer>,
    /// How the last offer that was not taken ended.
    pub past_offer: Option<PastOffer>,
    /// Who owns it.
    pub owner: Option<AgentId>,
    /// Capacity units it takes of its owner.
    pub owner_weight: u32,
    /// Who owned it last.
    pub previous_owner: Option<AgentId>,
    /// The VIP's personal contact.
    pub personal_contact: Option<AgentId>,
    /// The clocks.
    pub clocks: BTreeMap<ClockKind, Clock>,
    /// The promise.
    pub horizon: Option<Timestamp>,
    /// How often the promise was moved.
    pub horizon_extensions: u32,
    /// What has moved the promise, each once.
    pub horizon_causes: BTreeSet<Uuid>,
    /// A team lead has to look.
    pub escalated_to_lead: bool,
}

impl Clock {
    /// It is running or paused: what it measures is not done.
    pub fn is_open(&self) -> bool {
        matches!(self.standing, ClockStanding::Running | ClockStanding::Paused)
    }
}

impl State {
    /// Takes a fact in. Every moment is in the facts themselves: a fact may be recorded a little after
    /// the moment it takes effect.
    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::PriorityComputed(computed) => {
                self.priority = Some(computed.priority.clone());
                self.safety = computed.inputs.safety;
                self.priority_inputs = Some(computed.inputs.clone());
            }
            Event::CaseQueued(_)
            | Event::CaseOffered(_)
            | Event::OfferDeclined(_)
            | Event::OfferExpired(_)
            | Event::CaseAssigned(_)
            | Event::CaseReleased(_)
            | Event::CaseTransferred(_)
            | Event::SkillRelaxed(_) => self.evolve_assignment(event),
            Event::PersonalContactAssigned(assigned) => {
                self.personal_contact = Some(assigned.agent_id.clone());
            }
            Event::HorizonSet(set) => self.horizon = Some(set.horizon),
            Event::HorizonExtended(extended) => {
                self.horizon = Some(extended.to);
                self.horizon_extensions += 1;
                self.horizon_causes.insert(extended.cause);
            }
            Event::EscalationRaised(_) => self.escalated_to_lead = true,
            Event::SlaStarted(_)
            | Event::SlaPaused(_)
            | Event::SlaResumed(_)
            | Event::SlaMet(_)
            | Event::SlaStopped(_)
            | Event::SlaWarned(_)
            | Event::SlaBreached(_) => self.evolve_clock(event),
        }
    }

    /// The case is over: it is in nobody's queue and takes nobody's capacity; who had it is remembered.
    pub(crate) fn end_of_work(&mut self) {
        self.queued = None;
        self.offer = None;
        if let Some(owner) = self.owner.take() {
            self.previous_owner = Some(owner);
        }
        self.owner_weight = 0;
    }

    fn evolve_assignment(&mut self, event: &Event) {
        match event {
            Event::CaseQueued(queued) => {
                let before = self.queued.take();
                let (not_taken_by, relaxed) =
                    before.map(|before| (before.not_taken_by, before.relaxed)).unwrap_or_default();
                self.team = Some(queued.team);
                self.offer = None;
                self.queued = Some(Queued {
                    skills: queued.skills.clone(),
                    queued_at: queued.queued_at,
                    reason: queued.reason,
                    preferred_agent: queued.preferred_agent.clone(),
                    preferred_until: queued.preferred_until,
                    not_taken_by,
                    relaxed,
                });
            }
            Event::CaseOffered(offered) => {
                self.offer = Some(OpenOffer {
                    offer_id: offered.offer_id,
                    agent_id: offered.agent_id.clone(),
                    expires_at: offered.expires_at,
                    weight: offered.weight,
                    reason: offered.reason,
                });
            }
            Event::OfferDeclined(declined) => self.not_taken(declined.offer_id, &declined.agent_id),
            Event::OfferExpired(expired) => self.not_taken(expired.offer_id, &expired.agent_id),
            Event::CaseAssigned(assigned) => {
                self.queued = None;
                self.offer = None;
                self.team = Some(assigned.team);
                self.owner = Some(assigned.agent_id.clone());
                self.owner_weight = assigned.weight;
            }
            Event::CaseReleased(_) => {
                self.previous_owner = self.owner.take();
                self.owner_weight = 0;
            }
            Event::CaseTransferred(transferred) => {
                self.team = Some(transferred.to);
                self.queued = None;
                self.offer = None;
            }
            Event::SkillRelaxed(relaxed) => {
                if let Some(queued) = &mut self.queued {
                    queued.skills.retain(|skill| *skill != relaxed.skill);
                    queued.relaxed.push(relaxed.skill);
                }
            }
            _ => {}
        }
    }

    fn not_taken(&mut self, offer_id: Uuid, agent_id: &AgentId) {
        self.offer = None;
        self.past_offer = Some(PastOffer { offer_id, agent_id: agent_id.clone() });
        if let Some(queued) = &mut self.queued {
            queued.not_taken_by.push(agent_id.clone());
        }
    }

    fn evolve_clock(&mut self, event: &Event) {
        match event {
            Event::SlaStarted(started) => {
                self.clocks.insert(
                    started.clock,
                    Clock {
                        generation: started.generation,
                        standing: ClockStanding::Running,
                        calendar: started.calendar.clone(),
                        target_seconds: started.target_seconds,
                        breach_seconds: started.breach_seconds,
                        started_at: started.started_at,
                        used_seconds: started.used_seconds,
                        running_since: started.started_at,
                        paused_at: None,
                        waiting_for: None,
                        ended_at: None,
                        target_at: started.target_at,
                        breach_at: started.breach_at,
                        warned: false,
                        breached: false,
                    },
                );
            }
            Event::SlaPaused(paused) => self.with_clock(paused.clock, |clock| {
                clock.standing = ClockStanding::Paused;
                clock.used_seconds = paused.used_seconds;
                clock.paused_at = Some(paused.paused_at);
                clock.waiting_for = Some(paused.waiting_for);
            }),
            Event::SlaResumed(resumed) => self.with_clock(resumed.clock, |clock| {
                clock.standing = ClockStanding::Running;
                clock.running_since = resumed.resumed_at;
                clock.paused_at = None;
                clock.waiting_for = None;
                clock.target_at = resumed.target_at;
                clock.breach_at = resumed.breach_at;
            }),
            Event::SlaMet(met) => self.with_clock(met.clock, |clock| {
                clock.standing = ClockStanding::Met;
                clock.ended_at = Some(met.met_at);
            }),
            Event::SlaStopped(stopped) => self.with_clock(stopped.clock, |clock| {
                clock.standing = ClockStanding::Stopped;
                clock.ended_at = Some(stopped.stopped_at);
            }),
            Event::SlaWarned(warned) => self.with_clock(warned.clock, |clock| clock.warned = true),
            Event::SlaBreached(breached) => self.with_clock(breached.clock, |clock| clock.breached = true),
            _ => {}
        }
    }

    fn with_clock(&mut self, kind: ClockKind, change: impl FnOnce(&mut Clock)) {
        if let Some(clock) = self.clocks.get_mut(&kind) {
            change(clock);
        }
    }
}
