//! Into a queue: the first time, after reopening, and when the case turns out to be something else.

use jiff::{SignedDuration, Timestamp};

use crate::ids::AgentId;
use crate::journey::Case;
use crate::routing::command::{Reprioritise, Requeue, Triage};
use crate::routing::draft::Draft;
use crate::routing::event::{
    CaseQueued, CaseReleased, CaseTransferred, Event, PersonalContactAssigned, PriorityComputed, QueueReason,
    ReleaseReason, TransferReason,
};
use crate::routing::placement::{skills_for, team_for};
use crate::routing::priority;
use crate::stage::Context;
use crate::vocabulary::{Skill, Team, Tier, Topic};

pub(super) fn triage(case: &Case, context: Context<'_>, command: &Triage) -> Vec<Event> {
    let waits_for_answer = case.intake.suggested_article.is_some() && !case.intake.handed_to_human;
    if !case.exists() || case.routing.team.is_some() || case.state.is_over() || waits_for_answer {
        return Vec::new();
    }
    let mut draft = Draft::new(case, &command.rules, context.now, command.at);
    if let Some(agent_id) = &command.personal_contact {
        draft.record(PersonalContactAssigned { agent_id: agent_id.clone() });
    }
    let (team, wait) = (draft.proper_team(), command.rules.preference_wait);
    draft.queue(team, QueueReason::Triaged, command.personal_contact.clone(), wait);
    draft.promise();
    draft.keep(false);
    draft.prioritise(draft.at);
    draft.into_events()
}

pub(super) fn requeue(case: &Case, context: Context<'_>, command: &Requeue) -> Vec<Event> {
    // Not by the state alone: somebody may have worked on it before we looked.
    if case.intake.reopened_at.is_none() || !is_adrift(case) {
        return Vec::new();
    }
    let mut draft = Draft::new(case, &command.rules, context.now, command.at);
    let before = case.routing.priority_inputs.as_ref().map(|before| (before.topic, before.safety));
    let same = before == Some((draft.topic(), draft.safety()));
    let team = case.routing.team.filter(|_| same).unwrap_or_else(|| draft.proper_team());
    let wait = command.rules.reopened_preference_wait;
    draft.queue(team, QueueReason::Reopened, case.routing.previous_owner.clone(), wait);
    let was_safety = before.is_some_and(|(topic, safety)| safety || topic == Topic::Limits);
    if !was_safety && (draft.safety() || draft.topic() == Topic::Limits) {
        draft.promise_anew(true);
        draft.set_horizon();
    } else {
        draft.promise();
    }
    draft.keep(false);
    draft.prioritise(draft.at);
    draft.into_events()
}

pub(super) fn reprioritise(case: &Case, context: Context<'_>, command: &Reprioritise) -> Vec<Event> {
    let (Some(team), Some(before)) = (case.routing.team, &case.routing.priority_inputs) else {
        return Vec::new();
    };
    if case.state.is_over() || is_adrift(case) {
        return Vec::new();
    }
    let mut draft = Draft::new(case, &command.rules, context.now, command.at);
    let (topic, safety) = (draft.topic(), draft.safety());
    if before.topic != topic || before.safety != safety {
        let to = draft.proper_team();
        let safety_from_now = to == Team::ResponsibleGambling && team != to;
        if to == team {
            draft.ask_for_other_skills();
        } else {
            let reason = if safety { TransferReason::SelfExclusion } else { TransferReason::Reclassified };
            draft.transfer(team, to, reason);
        }
        draft.promise_anew(safety_from_now);
    }
    draft.keep(false);
    draft.prioritise(before.waiting_since);
    draft.into_events()
}

/// Neither with an agent, nor in a queue, nor over.
fn is_adrift(case: &Case) -> bool {
    case.routing.owner.is_none() && case.routing.queued.is_none() && !case.state.is_over()
}

impl Draft<'_> {
    fn topic(&self) -> Topic {
        self.case.intake.topic.unwrap_or(Topic::Other)
    }

    fn tier(&self) -> Tier {
        self.case.intake.player.as_ref().map_or(Tier::Standard, |player| player.tier)
    }

    fn safety(&self) -> bool {
        self.case.intake.self_exclusion_requested
    }

    /// The team that the table gives the case to.
    fn proper_team(&self) -> Team {
        team_for(self.topic(), self.tier(), self.safety())
    }

    /// A team the case was sent to by hand asks for none of the skills of its topic.
    fn skills(&self, team: Team) -> Vec<Skill> {
        if team == self.proper_team() {
            skills_for(self.topic(), self.tier(), self.safety())
        } else {
            Vec::new()
        }
    }

    /// Computes the priority, and records it if anything but the share of its clocks has changed. Last in
    /// a decision: what the queue and the clocks have become is among its inputs.
    pub(in crate::routing) fn prioritise(&mut self, waiting_since: Timestamp) {
        let inputs = priority::inputs(&self.case, self.rules, self.now, waiting_since);
        let same = self.case.routing.priority_inputs.as_ref().is_some_and(|before| {
            priority::compute(&priority::PriorityInputs {
                sla_used_percent: before.sla_used_percent,
                ..inputs.clone()
            }) == priority::compute(before)
                && (before.topic, before.safety) == (inputs.topic, inputs.safety)
        });
        if !same {
            self.record_priority(inputs);
        }
    }

    /// The same, for a case that has a priority: how long its player has waited is not forgotten.
    pub(in crate::routing) fn prioritise_again(&mut self) {
        if let Some(before) = self.case.routing.priority_inputs.clone() {
            self.prioritise(before.waiting_since);
        }
    }

    /// Records a priority computed from these inputs.
    pub(in crate::routing) fn record_priority(&mut self, inputs: priority::PriorityInputs) {
        let priority = priority::compute(&inputs);
        self.record(PriorityComputed { inputs, priority });
    }

    /// Puts the case into a team's queue. Safety waits for nobody in particular.
    pub(in crate::routing) fn queue(
        &mut self,
        team: Team,
        reason: QueueReason,
        preferred: Option<AgentId>,
        wait: SignedDuration,
    ) {
        let preferred_agent = preferred.filter(|_| team != Team::ResponsibleGambling);
        let preferred_until = preferred_agent.as_ref().and_then(|_| self.at.checked_add(wait).ok());
        let skills = self.skills(team);
        self.record(CaseQueued {
            team,
            skills,
            queued_at: self.at,
            reason,
            preferred_agent,
            preferred_until,
        });
    }

    /// Moves the case to another team's queue: at once, whoever has it. Waiting in the wrong queue is not
    /// lost.
    pub(in crate::routing) fn transfer(&mut self, from: Team, to: Team, reason: TransferReason) {
        let queued_at = self.case.routing.queued.as_ref().map_or(self.at, |queued| queued.queued_at);
        if let Some(agent_id) = self.case.routing.owner.clone() {
            self.record(CaseReleased { agent_id, reason: ReleaseReason::Transferred });
        }
        self.record(CaseTransferred { from, to, reason });
        let skills = self.skills(to);
        self.record(CaseQueued {
            team: to,
            skills,
            queued_at,
            reason: QueueReason::Transferred,
            preferred_agent: None,
            preferred_until: None,
        });
    }

    /// The case stays in its queue, but asks for something else.
    fn ask_for_other_skills(&mut self) {
        let Some(queued) = self.case.routing.queued.clone() else { return };
        let mut skills = self.skills(self.team());
        skills.retain(|skill| !queued.relaxed.contains(skill));
        if self.case.routing.offer.is_none() && skills != queued.skills {
            self.record(CaseQueued {
                team: self.team(),
                skills,
                queued_at: queued.queued_at,
                reason: QueueReason::Reclassified,
                preferred_agent: queued.preferred_agent,
                preferred_until: queued.preferred_until,
            });
        }
    }
}
