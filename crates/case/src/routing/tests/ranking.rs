use super::*;
use crate::routing::priority::{can_age, compute};
use crate::routing::timers::{TimerKind, timers};

fn inputs() -> PriorityInputs {
    PriorityInputs {
        topic: Topic::Other,
        safety: false,
        jurisdiction_at_risk: false,
        tier: Tier::Standard,
        large_payout: false,
        sla_used_percent: 0,
        waiting_since: start(),
        ageing_steps: 0,
    }
}

#[test]
fn the_order_is_safety_deadline_topic_value_time_used_age() {
    let later = start() + SignedDuration::from_secs(1);
    let order = [
        PriorityInputs { safety: true, waiting_since: later, ..inputs() },
        PriorityInputs { jurisdiction_at_risk: true, waiting_since: later, ..inputs() },
        PriorityInputs { topic: Topic::Withdrawal, large_payout: true, waiting_since: later, ..inputs() },
        PriorityInputs { topic: Topic::Withdrawal, sla_used_percent: 99, waiting_since: later, ..inputs() },
        PriorityInputs { topic: Topic::Deposit, ..inputs() },
        PriorityInputs { topic: Topic::Verification, ..inputs() },
        PriorityInputs { topic: Topic::Account, ..inputs() },
        PriorityInputs { topic: Topic::Complaint, ..inputs() },
        PriorityInputs { topic: Topic::Bonus, ..inputs() },
        PriorityInputs { topic: Topic::Technical, ..inputs() },
        PriorityInputs { tier: Tier::Vip, waiting_since: later, ..inputs() },
        PriorityInputs { sla_used_percent: 120, waiting_since: later, ..inputs() },
        PriorityInputs { sla_used_percent: 50, waiting_since: later, ..inputs() },
        inputs(),
        PriorityInputs { waiting_since: later, ..inputs() },
    ];
    let ranks: Vec<Priority> = order.iter().map(compute).collect();
    assert!(ranks.is_sorted_by(|one, next| one < next), "{ranks:#?}");
}

#[test]
fn waiting_lifts_a_case_to_the_most_urgent_but_never_past_safety_or_a_deadline() {
    let aged = |ageing_steps| compute(&PriorityInputs { ageing_steps, ..inputs() });
    assert_eq!((aged(0).topic_rank, aged(3).topic_rank, aged(7).topic_rank), (7, 4, 0));
    assert_eq!((aged(7).value_rank, aged(8).value_rank), (1, 0));
    assert!(can_age(&PriorityInputs { ageing_steps: 7, ..inputs() }));
    assert!(!can_age(&PriorityInputs { ageing_steps: 8, ..inputs() }));
    let fresh_vip_withdrawal = PriorityInputs {
        topic: Topic::Withdrawal,
        tier: Tier::Vip,
        waiting_since: start() + SignedDuration::from_hours(5),
        ..inputs()
    };
    assert!(aged(8) < compute(&fresh_vip_withdrawal));
    assert!(aged(u16::MAX) > compute(&PriorityInputs { jurisdiction_at_risk: true, ..inputs() }));
}

#[test]
fn a_priority_is_explained_in_a_sentence() {
    let inputs = PriorityInputs {
        topic: Topic::GameRules,
        tier: Tier::Vip,
        sla_used_percent: 63,
        ageing_steps: 2,
        ..inputs()
    };
    let after =
        |minutes| crate::routing::priority::explain(&inputs, start() + SignedDuration::from_mins(minutes));
    assert_eq!(after(1), "game rules, VIP, waiting 1 minute, 63% of its SLA used, lifted 2 steps by waiting");
    assert!(after(150).contains("waiting 2 hours") && after(6_000).contains("waiting 4 days"));
}

#[test]
fn a_waiting_case_gains_a_step_for_every_half_hour_that_its_desk_is_staffed() {
    let mut story = Story::triaged(Channel::Email, Topic::Technical, Tier::Standard);
    let ageing = |story: &Story| {
        timers(&story.case, &story.rules)
            .into_iter()
            .find(|timer| timer.kind == TimerKind::Ageing)
            .map(|timer| timer.due_at)
    };
    // From ten: two hours to the break give four steps, the fifth comes half an hour after it.
    for (step, due_at) in ["10:30", "11:00", "11:30", "12:00", "13:00"].into_iter().enumerate() {
        assert_eq!(ageing(&story), Some(format!("2026-06-05T{due_at}:00+02").parse().unwrap()));
        story.pass(60);
        assert_eq!(story.reprioritise(), [], "too early for step {step}");
        story.now = ageing(&story).unwrap();
        assert_eq!(names(&story.reprioritise()), ["priority_computed"]);
    }
    assert_eq!(story.case.routing.priority.as_ref().unwrap().topic_rank, 1);
    story.now = "2026-06-08T16:30:00+02".parse().unwrap();
    story.reprioritise();
    assert_eq!(ageing(&story), None);
}

#[test]
fn a_large_payout_raises_a_case_when_payments_takes_it_up() {
    let mut story = Story::triaged(Channel::Chat, Topic::Withdrawal, Tier::Standard);
    story.payments(payments::PaymentEscalated {
        kind: payments::EscalationKind::WithdrawalLate,
        amount: crate::Money::positive(1_250_000, "DKK").unwrap(),
        method: payments::PaymentMethod::BankTransfer,
        summary: Personal::new("not arrived"),
    });
    let events = story.reprioritise();
    let Event::PriorityComputed(computed) = &events[0] else { panic!("{events:?}") };
    assert!(computed.inputs.large_payout);
    assert_eq!((computed.priority.topic_rank, computed.priority.value_rank), (0, 0));
}

#[test]
fn every_priority_can_be_computed_again_from_what_was_recorded() {
    let mut story = Story::triaged(Channel::Email, Topic::Bonus, Tier::Vip);
    story.pass(2 * HOUR);
    story.reprioritise();
    story.asks_to_be_excluded();
    story.reprioritise();
    let computed: Vec<_> = story
        .recorded
        .iter()
        .filter_map(|event| match event {
            Event::PriorityComputed(computed) => Some(computed),
            _ => None,
        })
        .collect();
    assert_eq!(computed.len(), 3);
    assert!(computed.iter().all(|computed| compute(&computed.inputs) == computed.priority));
}
