//! Which case comes first (domain.md, Priority): lexicographic, written down with what it was computed
//! from, so that the order of any queue at any past moment can be explained.

use jiff::{SignedDuration, Timestamp};

pub(super) use super::event::PriorityInputs;
use super::event::{ClockKind, Priority};
use super::rules::Rules;
use super::state::Clock;
use crate::journey::Case;
use crate::vocabulary::{Team, Tier, Topic};

/// Rank of a topic that nothing special is said of.
const OTHER_TOPICS: u8 = 7;

/// The priority that these inputs give: smaller comes first.
///
/// Ageing lifts the topic's rank step by step, and once that is used up the value rank, so that a case
/// that waits long enough stands beside the most urgent ones and is served by its age. It never lifts
/// past safety or a jurisdiction's deadline.
pub fn compute(inputs: &PriorityInputs) -> Priority {
    let topic = topic_rank(inputs.topic);
    let steps = u8::try_from(inputs.ageing_steps).unwrap_or(u8::MAX);
    let valued = inputs.tier == Tier::Vip || inputs.large_payout;
    Priority {
        safety_rank: u8::from(!(inputs.safety || inputs.topic == Topic::Limits)),
        jurisdiction_rank: u8::from(!inputs.jurisdiction_at_risk),
        topic_rank: topic.saturating_sub(steps),
        value_rank: u8::from(!valued).saturating_sub(steps.saturating_sub(topic)),
        sla_rank: 100_u16.saturating_sub(inputs.sla_used_percent),
        waiting_since: inputs.waiting_since,
    }
}

/// Whether another step of ageing would still change anything.
pub fn can_age(inputs: &PriorityInputs) -> bool {
    let priority = compute(inputs);
    priority.safety_rank > 0 && (priority.topic_rank > 0 || priority.value_rank > 0)
}

const fn topic_rank(topic: Topic) -> u8 {
    match topic {
        Topic::Limits | Topic::Withdrawal => 0,
        Topic::Deposit => 1,
        Topic::Verification => 2,
        Topic::Account => 3,
        Topic::Complaint => 4,
        Topic::Bonus => 5,
        Topic::Technical => 6,
        Topic::Registration
        | Topic::Tournament
        | Topic::GameRules
        | Topic::Campaign
        | Topic::AccountClosing
        | Topic::Privacy
        | Topic::Other => OTHER_TOPICS,
    }
}

/// What a case's priority is computed from at `now`.
pub(super) fn inputs(case: &Case, rules: &Rules, now: Timestamp, waiting_since: Timestamp) -> PriorityInputs {
    let routing = &case.routing;
    let team = routing.team.unwrap_or(Team::General);
    let open = |clock: &&Clock| clock.is_open();
    PriorityInputs {
        topic: case.intake.topic.unwrap_or(Topic::Other),
        safety: case.intake.self_exclusion_requested,
        jurisdiction_at_risk: routing
            .clocks
            .get(&ClockKind::Jurisdiction)
            .filter(open)
            .is_some_and(|clock| now >= clock.target_at),
        tier: case.intake.player.as_ref().map_or(Tier::Standard, |player| player.tier),
        large_payout: case
            .payments_escalation
            .escalation
            .as_ref()
            .is_some_and(|escalation| rules.is_large(escalation.amount)),
        sla_used_percent: routing
            .clocks
            .values()
            .filter(open)
            .map(|clock| used_percent(clock, rules, team, now))
            .max()
            .unwrap_or(0),
        waiting_since,
        ageing_steps: ageing_steps(case, rules, team, now),
    }
}

fn used_percent(clock: &Clock, rules: &Rules, team: Team, now: Timestamp) -> u16 {
    let used = clock.used_seconds_by(rules, team, now);
    u16::try_from(used.saturating_mul(100) / clock.breach_seconds.max(1)).unwrap_or(u16::MAX)
}

/// The inputs in one English sentence for people, as of `now`: `withdrawal, VIP, waiting 42 minutes, 63% of
/// its SLA used`.
pub fn explain(inputs: &PriorityInputs, now: Timestamp) -> String {
    let mut parts = vec![inputs.topic.as_str().replace('_', " ")];
    let mut say = |what: &str, holds: bool| {
        if holds {
            parts.push(what.to_owned());
        }
    };
    say("somebody's safety", inputs.safety);
    say("a legal deadline at risk", inputs.jurisdiction_at_risk);
    say("VIP", inputs.tier == Tier::Vip);
    say("a large payout", inputs.large_payout);
    parts.push(format!("waiting {}", length(now.duration_since(inputs.waiting_since))));
    parts.push(format!("{}% of its SLA used", inputs.sla_used_percent));
    match inputs.ageing_steps {
        0 => {}
        1 => parts.push("lifted one step by waiting".to_owned()),
        steps => parts.push(format!("lifted {steps} steps by waiting")),
    }
    parts.join(", ")
}

/// A length of time in its largest whole unit.
fn length(duration: SignedDuration) -> String {
    let minutes = duration.as_mins().max(0);
    let (amount, unit) = match minutes {
        0..120 => (minutes, "minute"),
        120..2_880 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

fn ageing_steps(case: &Case, rules: &Rules, team: Team, now: Timestamp) -> u16 {
    let Some(queued) = &case.routing.queued else { return 0 };
    let waited = rules.team_calendar(team).working_time(queued.queued_at, now);
    let steps = waited.as_micros() / rules.ageing_step.as_micros().max(1);
    u16::try_from(steps).unwrap_or(u16::MAX)
}

/// When a waiting case gains its next step, if that would change anything.
pub(super) fn next_ageing(case: &Case, rules: &Rules) -> Option<Timestamp> {
    let (queued, inputs) = (case.routing.queued.as_ref()?, case.routing.priority_inputs.as_ref()?);
    let steps = i32::from(inputs.ageing_steps) + 1;
    let waited: SignedDuration = rules.ageing_step.checked_mul(steps)?;
    can_age(inputs)
        .then(|| rules.team_calendar(case.routing.team.unwrap_or(Team::General)))
        .map(|calendar| calendar.add_working_time(queued.queued_at, waited))
}
