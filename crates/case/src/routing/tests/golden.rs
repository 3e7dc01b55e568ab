//! The stored form of every event: one golden file each. Files are added and never edited.

use super::*;
use crate::routing::agent;
use crate::stage::tests::golden::{self, Stored};
use crate::vocabulary::Skill;

fn samples() -> Vec<Event> {
    let (at, later) = (start(), start() + SignedDuration::from_hours(24));
    let (mette, offer_id) = (agent("mette"), id(0x0199_f2a4_7c1e_7d3a_9b5e_2f6d_8c4a_1b00));
    let inputs = PriorityInputs {
        topic: Topic::Withdrawal,
        safety: false,
        jurisdiction_at_risk: false,
        tier: Tier::Standard,
        large_payout: true,
        sla_used_percent: 12,
        waiting_since: at,
        ageing_steps: 1,
    };
    let priority = crate::routing::priority::compute(&inputs);
    let candidate = Candidate { agent_id: mette.clone(), load: 2, capacity: 6, last_assigned_at: Some(at) };
    let clock = ClockKind::Resolution;
    vec![
        PriorityComputed { inputs, priority }.into(),
        CaseQueued {
            team: Team::Payments,
            skills: vec![Skill::Payments],
            queued_at: at,
            reason: QueueReason::Triaged,
            preferred_agent: Some(mette.clone()),
            preferred_until: Some(later),
        }
        .into(),
        CaseOffered {
            offer_id,
            agent_id: mette.clone(),
            expires_at: later,
            weight: 2,
            reason: ChoiceReason::LeastLoaded,
            speaks_language: true,
            candidates: vec![candidate],
        }
        .into(),
        OfferDeclined { offer_id, agent_id: mette.clone() }.into(),
        OfferExpired { offer_id, agent_id: mette.clone() }.into(),
        CaseAssigned {
            agent_id: mette.clone(),
            team: Team::Payments,
            by: AssignedBy::Offer,
            weight: 2,
            channel: Channel::Chat,
        }
        .into(),
        CaseReleased { agent_id: mette.clone(), reason: ReleaseReason::AgentOffline }.into(),
        CaseTransferred {
            from: Team::Vip,
            to: Team::ResponsibleGambling,
            reason: TransferReason::SelfExclusion,
        }
        .into(),
        SkillRelaxed { skill: Skill::Vip }.into(),
        PersonalContactAssigned { agent_id: mette }.into(),
        SlaStarted {
            clock,
            generation: 2,
            started_at: at,
            used_seconds: 0,
            policy_version: 1,
            calendar: "always".into(),
            target_seconds: 69_120,
            breach_seconds: 86_400,
            target_at: at + SignedDuration::from_secs(69_120),
            breach_at: later,
        }
        .into(),
        SlaPaused {
            clock,
            generation: 2,
            paused_at: at,
            waiting_for: WaitingFor::ThirdParty,
            used_seconds: 60,
        }
        .into(),
        SlaResumed { clock, generation: 2, resumed_at: at, target_at: at, breach_at: later }.into(),
        SlaMet { clock, generation: 2, met_at: at, within_target: true }.into(),
        SlaStopped { clock: ClockKind::NextUpdate, generation: 1, stopped_at: at }.into(),
        SlaWarned { clock: ClockKind::FirstResponse, generation: 1 }.into(),
        SlaBreached { clock: ClockKind::Jurisdiction, generation: 1 }.into(),
        HorizonSet { horizon: later }.into(),
        HorizonExtended { from: at, to: later, reason: ExtensionReason::Gateway, cause: offer_id }.into(),
        EscalationRaised { clock }.into(),
    ]
}

fn agent_samples() -> Vec<agent::Event> {
    vec![
        agent::AgentRegistered {
            brand: "NB".parse().unwrap(),
            agent_id: agent("mette"),
            display_name: "Mette".into(),
            teams: vec![Team::Payments],
            languages: vec![Language::Da],
            skills: vec![Skill::Payments],
            capacity: 6,
            personal_contact_for: vec!["p-1".parse().unwrap()],
        }
        .into(),
        agent::PresenceChanged { presence: agent::Presence::Available }.into(),
    ]
}

#[test]
fn the_facts_of_routing_are_stored_as_their_golden_files_say() {
    golden::assert_true(&Stored {
        stage: "routing",
        written: Event::STORED,
        older: Event::UPCAST,
        samples: samples(),
    });
}

#[test]
fn the_facts_of_agents_are_stored_as_their_golden_files_say() {
    golden::assert_true(&Stored {
        stage: "agent",
        written: agent::Event::STORED,
        older: agent::Event::UPCAST,
        samples: agent_samples(),
    });
}
