//! Routing's facts in words.

use case::routing::{
    AssignedBy, CaseAssigned, CaseOffered, CaseQueued, CaseReleased, CaseTransferred, ChoiceReason,
    ClockKind, Event, ExtensionReason, HorizonExtended, PriorityComputed, QueueReason, ReleaseReason,
    SlaStarted, TransferReason, WaitingFor,
};

use super::Sentence;
use super::wording::{agent_name, list, moment, seconds, spoken, word};

pub(super) fn describe(event: &Event) -> Sentence {
    let fact = Sentence::Fact;
    match event {
        Event::PriorityComputed(computed) => fact(priority(computed)),
        Event::CaseQueued(queued) => fact(queue(queued)),
        Event::CaseOffered(offered) => fact(offer(offered)),
        Event::OfferDeclined(declined) => {
            fact(format!("{} declined the offer", agent_name(declined.agent_id.as_str())))
        }
        Event::OfferExpired(expired) => {
            fact(format!("the offer to {} expired", agent_name(expired.agent_id.as_str())))
        }
        Event::CaseAssigned(assigned) => fact(assign(assigned)),
        Event::CaseReleased(released) => fact(release(released)),
        Event::CaseTransferred(transferred) => transfer(transferred),
        Event::SkillRelaxed(relaxed) => {
            let skill = spoken(relaxed.skill.as_str());
            fact(format!("the wait is long: training in {skill} is no longer asked for"))
        }
        Event::PersonalContactAssigned(assigned) => {
            fact(format!("{} is the player's personal contact", agent_name(assigned.agent_id.as_str())))
        }
        Event::SlaStarted(started) => fact(start_clock(started)),
        Event::SlaPaused(paused) => {
            let whom = match paused.waiting_for {
                WaitingFor::Player => "the player",
                WaitingFor::ThirdParty => "the payment gateway",
            };
            fact(format!("the {} clock paused: {whom} is waited for", clock(paused.clock)))
        }
        Event::SlaResumed(resumed) => {
            let due = moment(resumed.breach_at);
            fact(format!("the {} clock goes on, due {due}", clock(resumed.clock)))
        }
        Event::SlaMet(met) if met.within_target => fact(format!("the {} promise was kept", clock(met.clock))),
        Event::SlaMet(met) => fact(format!("the {} promise was met, after its target", clock(met.clock))),
        Event::SlaStopped(stopped) => fact(format!("the {} clock stopped", clock(stopped.clock))),
        Event::SlaWarned(warned) => fact(format!("the target of the {} clock passed", clock(warned.clock))),
        Event::SlaBreached(broken) => fact(format!("the {} promise was broken", clock(broken.clock))),
        Event::HorizonSet(set) => {
            fact(format!("the player was promised an answer by {}", moment(set.horizon)))
        }
        Event::HorizonExtended(extended) => fact(extend(extended)),
        Event::EscalationRaised(raised) => {
            fact(format!("a team lead has to look: the {} promise was broken", clock(raised.clock)))
        }
    }
}

fn clock(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::FirstResponse => "first-response",
        ClockKind::NextUpdate => "next-update",
        ClockKind::Resolution => "resolution",
        ClockKind::Jurisdiction => "jurisdiction",
    }
}

fn priority(computed: &PriorityComputed) -> String {
    let inputs = &computed.inputs;
    let mut reasons = Vec::new();
    if inputs.safety {
        reasons.push("safety first".to_owned());
    }
    if inputs.jurisdiction_at_risk {
        reasons.push("a jurisdiction's deadline at risk".to_owned());
    }
    reasons.push(spoken(inputs.topic.as_str()));
    if inputs.tier == case::Tier::Vip {
        reasons.push("VIP".to_owned());
    }
    if inputs.large_payout {
        reasons.push("a large payout".to_owned());
    }
    if inputs.sla_used_percent > 0 {
        reasons.push(format!("{}% of its time used", inputs.sla_used_percent));
    }
    if inputs.ageing_steps > 0 {
        reasons.push(format!("lifted {} by waiting", inputs.ageing_steps));
    }
    format!("the priority was computed: {}", list(&reasons))
}

fn queue(queued: &CaseQueued) -> String {
    let why = match queued.reason {
        QueueReason::Triaged => "",
        QueueReason::NotTaken => " again: the offer was not taken",
        QueueReason::Released => " again: its agent gave it back",
        QueueReason::Transferred => ", transferred",
        QueueReason::Reclassified => " again: it is about something else",
        QueueReason::Reopened => ", reopened",
    };
    let preferred = queued
        .preferred_agent
        .as_ref()
        .map_or_else(String::new, |agent| format!(", for {} first", agent_name(agent.as_str())));
    format!("the case was queued for {}{why}{preferred}", spoken(queued.team.as_str()))
}

fn offer(offered: &CaseOffered) -> String {
    let why = match offered.reason {
        ChoiceReason::PersonalContact => "the player's personal contact".to_owned(),
        ChoiceReason::PreviousOwner => "the previous owner".to_owned(),
        ChoiceReason::LeastLoaded if offered.candidates.len() > 1 => {
            format!("least loaded of {}", offered.candidates.len())
        }
        ChoiceReason::LeastLoaded => "the one who could".to_owned(),
    };
    let translated = if offered.speaks_language { "" } else { ", with machine translation" };
    format!("the case was offered to {}: {why}{translated}", agent_name(offered.agent_id.as_str()))
}

fn assign(assigned: &CaseAssigned) -> String {
    let how = match assigned.by {
        AssignedBy::Offer => "accepted the case",
        AssignedBy::Claim => "claimed the case",
    };
    let (name, team) = (agent_name(assigned.agent_id.as_str()), spoken(assigned.team.as_str()));
    format!("{name} ({team}) {how} and owns it")
}

fn release(released: &CaseReleased) -> String {
    let name = agent_name(released.agent_id.as_str());
    match released.reason {
        ReleaseReason::Requested => format!("{name} gave the case back"),
        ReleaseReason::AgentOffline => format!("{name} went offline and no longer owns the case"),
        ReleaseReason::Transferred => format!("{name} no longer owns the case: it goes to another team"),
    }
}

fn transfer(transferred: &CaseTransferred) -> Sentence {
    let (from, to) = (spoken(transferred.from.as_str()), spoken(transferred.to.as_str()));
    match transferred.reason {
        TransferReason::Requested => Sentence::Act(format!("transferred the case from {from} to {to}")),
        TransferReason::Reclassified => {
            Sentence::Fact(format!("the case moved from {from} to {to}: it is about something else"))
        }
        TransferReason::SelfExclusion => {
            Sentence::Fact(format!("the case moved from {from} to {to}: the player asked to be excluded"))
        }
    }
}

fn start_clock(started: &SlaStarted) -> String {
    let (target, breach) = (seconds(started.target_seconds), seconds(started.breach_seconds));
    format!("the {} clock started: {target} meant, {breach} promised", clock(started.clock))
}

fn extend(extended: &HorizonExtended) -> String {
    let why = match extended.reason {
        ExtensionReason::Gateway => "the payment gateway has not answered".to_owned(),
        other => word(&other),
    };
    format!("the promise moved from {} to {}: {why}", moment(extended.from), moment(extended.to))
}
