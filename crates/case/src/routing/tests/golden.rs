//! The stored form of every event: one golden file each. Files are added and never edited.

use std::path::PathBuf;

use super::*;
use crate::routing::agent;
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

/// The stored bytes of each sample are those of its golden file, and read back as the sample.
fn check<E: StoredEvent + PartialEq>(samples: Vec<E>, stored: &[(&str, u16)]) {
    let sampled: Vec<_> = samples.iter().map(|event| (event.stored_name(), event.schema_version())).collect();
    assert_eq!(sampled, stored, "one sample for every stored event, in the order of the table");
    for event in samples {
        let file = format!("golden/{}.v{}.json", event.stored_name(), event.schema_version());
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(&file);
        let bytes = event.encode().unwrap();
        if !path.exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, [bytes.as_slice(), b"\n"].concat()).unwrap();
        }
        let golden = std::fs::read(&path)
            .unwrap_or_else(|error| panic!("{file}: {error}; UPDATE_GOLDEN=1 writes a missing file"));
        let golden = golden.strip_suffix(b"\n").unwrap_or(&golden);
        assert_eq!(String::from_utf8_lossy(golden), String::from_utf8_lossy(&bytes), "{file}");
        assert_eq!(E::decode(event.stored_name(), event.schema_version(), golden).unwrap(), event);
    }
}

#[test]
fn the_facts_of_routing_are_stored_as_their_golden_files_say() {
    check(samples(), Event::STORED);
}

#[test]
fn the_facts_of_agents_are_stored_as_their_golden_files_say() {
    check(agent_samples(), agent::Event::STORED);
}
