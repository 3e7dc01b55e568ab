//! Whatever is asked, in whatever order: a repeat records nothing, and no money moves that must not.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::super::invariants::violations;
use super::super::*;
use super::world::*;
use crate::actor::Actor;

/// One step: who, what, and how many seconds later.
type Step = (Actor, Command, i64);

/// Who asks: mostly somebody who may, for what services do a service.
fn actor(command: &Command, name: &str, fresh: u8, odd: u8) -> Actor {
    use Command as C;
    match (odd, command) {
        (0, _) => stranger(),
        (1, _) => owner(),
        (2, _)
        | (
            _,
            C::ContactGateway(_)
            | C::RecordGatewayReply(_)
            | C::RecordGatewayTimeout(_)
            | C::StartExecution(_)
            | C::RecordExecution(_)
            | C::RecordExecutionFailure(_),
        ) => service(),
        _ if fresh == 0 => payments(name),
        _ => payments(name).with_second_factor_at(start() + SignedDuration::from_hours(10)),
    }
}

/// Proposals and approvals mostly speak of the same amount, else few would ever be approved.
fn amount_of(proposal_id: u128, other: u8) -> i64 {
    match other {
        0 => 0,
        1 => 1_250_000,
        _ => [300_000, 1_000_000, 1_250_000, 950_000][usize::try_from(proposal_id % 4).unwrap()],
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let transactions = || prop::sample::select(vec!["TX-1", "TX-1", "TX-2"]);
    let figures = || prop::sample::select(vec![0_i64, 0, 0, 300_000, 1_250_000]);
    let (keys, proposals) = (|| 100..104_u128, || 200..206_u128);
    prop_oneof![
        2 => transactions().prop_map(|one| escalate(one).into()),
        1 => transactions().prop_map(|one| link(one).into()),
        1 => (1..3_u128).prop_map(|one| question(one).into()),
        2 => (keys(), transactions()).prop_map(|(key, one)| contact(key, one).into()),
        2 => (keys(), figures(), figures())
            .prop_map(|(key, refunded, disputed)| reply(key, 1_250_000, refunded, disputed).into()),
        1 => keys().prop_map(|key| not_found(key).into()),
        1 => (100..308_u128).prop_map(|key| timeout(key).into()),
        8 => (proposals(), 0..20_u8).prop_map(|(one, other)| propose(one, amount_of(one, other)).into()),
        12 => (proposals(), 0..20_u8).prop_map(|(one, other)| approve(one, amount_of(one, other)).into()),
        1 => proposals().prop_map(|one| deny(one).into()),
        8 => (proposals(), 0..8_u128)
            .prop_map(|(one, odd)| start_execution(one + if odd == 0 { 101 } else { 100 }, one).into()),
        5 => (300..306_u128).prop_map(|key| executed(key).into()),
        2 => (300..306_u128).prop_map(|key| failed(key).into()),
        1 => prop::bool::ANY.prop_map(|no| if no { refuse().into() } else { ReturnCase {}.into() }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let names = prop::sample::select(vec!["anna", "bo", "carl"]);
    let step =
        (commands(), names, 0..6_u8, 0..20_u8, 0..5_i64).prop_map(|(command, name, fresh, odd, later)| {
            let actor = actor(&command, name, fresh, odd);
            (actor, command, later)
        });
    prop::collection::vec(step, 1..100)
}

/// Runs the steps from a case that `TX-1` is known of; calls `each` after every accepted one.
fn run(steps: &[Step], mut each: impl FnMut(&History, &Step, &[Event])) -> History {
    let mut history = History::known().at(start() + SignedDuration::from_hours(10));
    for step in steps {
        // The second factors above were proved at the tenth hour: minutes decide whether they are fresh.
        history.now += SignedDuration::from_secs(step.2);
        if let Ok(events) = history.ask(&step.0, step.1.clone()) {
            let recorded = events.clone();
            history = events.into_iter().fold(history, History::with);
            each(&history, step, &recorded);
        }
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn repeating_an_accepted_command_records_nothing(steps in steps()) {
        run(&steps, |history, step, _| {
            assert_repeat_records_nothing(history, step);
        });
    }

    #[test]
    fn no_sequence_breaks_the_invariants(steps in steps()) {
        run(&steps, |history, step, _| {
            let found = violations(&history.case);
            assert!(found.is_empty(), "after {step:?}: {found:?}");
        });
    }

    #[test]
    fn every_proposal_is_executed_at_most_once_and_with_its_approvals(steps in steps()) {
        let mut approvals: BTreeMap<uuid::Uuid, Vec<String>> = BTreeMap::new();
        let mut proposers = BTreeMap::new();
        let mut executed = Vec::new();
        run(&steps, |_, (actor, _, _), events| {
            for event in events {
                match event {
                    Event::ResolutionProposed(one) => { proposers.insert(one.proposal_id, actor.id.clone()); }
                    Event::ApprovalGranted(one) => approvals.entry(one.proposal_id).or_default().push(actor.id.clone()),
                    Event::PaymentExecuted(one) => executed.push((one.proposal_id, one.amount)),
                    _ => {}
                }
            }
        });
        for (index, (proposal_id, amount)) in executed.iter().enumerate() {
            assert!(executed[..index].iter().all(|(other, _)| other != proposal_id), "executed twice");
            let approved_by = &approvals[proposal_id];
            assert!(!approved_by.contains(&proposers[proposal_id]));
            assert!(approved_by.len() >= if amount.minor > 1_000_000 { 2 } else { 1 });
        }
    }

    #[test]
    fn events_read_back_as_they_were_written(steps in steps()) {
        use crate::stage::StoredEvent as _;
        run(&steps, |_, _, events| {
            for event in events {
                let bytes = event.encode().unwrap();
                assert_eq!(&Event::decode(event.stored_name(), event.schema_version(), &bytes).unwrap(), event);
            }
        });
    }
}

fn assert_repeat_records_nothing(history: &History, (actor, command, _): &Step) {
    let again = history.ask(actor, command.clone());
    assert_eq!(again, Ok(Vec::new()), "{command:?} by {actor:?} at {:?}", history.progress());
}

/// The generator reaches what it is there for: without this the properties above could pass on nothing.
#[test]
fn the_generated_sequences_do_move_money() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut executed, mut blocked) = (0, 0);
    for _ in 0..300 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        run(&steps, |_, _, events| {
            executed += events.iter().filter(|event| matches!(event, Event::PaymentExecuted(_))).count();
            blocked +=
                events.iter().filter(|event| matches!(event, Event::DuplicateRefundBlocked(_))).count();
        });
    }
    assert!(executed >= 10 && blocked >= 10, "executed {executed}, blocked {blocked}");
}
