//! The checker itself: sound histories pass, and each kind of damage is found.

use super::super::invariants::violations;
use super::super::*;
use super::world::*;
use crate::actor::Actor;
use crate::invariants::{Witnessed, history_violations};
use crate::journey::{CaseEvent, Recorded};

fn found(history: &History) -> String {
    violations(&history.case).join("; ")
}

#[test]
fn every_step_of_a_sound_payment_passes() {
    for history in
        [History::opened(), History::known(), History::approved(), History::executing(), History::executed()]
    {
        assert_eq!(found(&history), "");
    }
}

#[test]
fn damage_is_found() {
    let grant = |name: &str| {
        Event::from(ApprovalGranted {
            proposal_id: id(200),
            approved_by: name.parse().unwrap(),
            amount: dkk(1_250_000),
        })
    };
    let contacted = |key| {
        Event::from(GatewayContacted {
            key: id(key),
            purpose: GatewayPurpose::Execution,
            transaction_id: transaction("TX-1"),
            proposal_id: Some(id(200)),
            answer_due_at: minutes(60),
        })
    };
    let done = || {
        Event::from(PaymentExecuted {
            proposal_id: id(200),
            amount: dkk(1_250_000),
            gateway_reference: "x".into(),
        })
    };
    let rows = [
        ("approved proposal", History::proposed().with(grant("anna")).with(grant("bo")), "the proposer of"),
        ("one person twice", History::proposed().with(grant("bo")).with(grant("bo")), "approved proposal"),
        (
            "too few",
            History::proposed().with(grant("bo")).with(contacted(300)).with(done()),
            "went on with 1 of 2",
        ),
        ("no call", History::approved().with(done()), "without a gateway call"),
        ("two calls", History::executing().with(contacted(301)), "given to the gateway twice"),
        ("the key of another call", History::approved().with(contacted(100)), "share the key"),
        (
            "more than came in",
            History::approved()
                .after(&owner(), contact(101, "TX-1"))
                .after(&service(), reply(101, 1_250_000, 1, 0))
                .with(contacted(300)),
            "was executed with 12,499.99 DKK available",
        ),
    ];
    for (title, history, expected) in rows {
        assert!(found(&history).contains(expected), "{title}: {:?}", found(&history));
    }
}

/// Facts one after the other, each with who did it; times and versions as given.
fn history(facts: Vec<(u64, Event, Actor)>) -> Vec<String> {
    let opened = CaseEvent::from(crate::intake::Event::from(crate::intake::CaseClosed {}));
    let mut recorded = vec![(Recorded { version: 1, recorded_at: start(), event: opened }, service())];
    recorded.extend(facts.into_iter().map(|(version, event, actor)| {
        (Recorded { version, recorded_at: start(), event: event.into() }, actor)
    }));
    // None ends a command: only what the walk itself sees is asked for here.
    history_violations(
        id(1),
        recorded.iter().map(|(recorded, actor)| Witnessed {
            recorded,
            actor: Some(actor),
            ends_command: false,
        }),
    )
}

fn proposed() -> Event {
    ResolutionProposed {
        proposal_id: id(200),
        kind: ProposalKind::Payout,
        amount: dkk(5),
        transaction_id: transaction("TX-1"),
        proposed_by: "anna".parse().unwrap(),
    }
    .into()
}

fn granted(minor: i64) -> Event {
    ApprovalGranted { proposal_id: id(200), approved_by: "bo".parse().unwrap(), amount: dkk(minor) }.into()
}

fn paid(minor: i64) -> Event {
    PaymentExecuted { proposal_id: id(200), amount: dkk(minor), gateway_reference: "x".into() }.into()
}

#[test]
fn a_whole_history_shows_what_the_fold_forgets() {
    let fresh = || approver("bo", start());
    let sound = history(vec![(2, proposed(), payments("anna")), (3, granted(5), fresh())]);
    assert_eq!(sound, Vec::<String>::new());
    let rows = [
        ("a gap", vec![(3, proposed(), payments("anna"))], "I2: version 3 follows version 1"),
        (
            "no second factor",
            vec![(2, proposed(), payments("anna")), (3, granted(5), payments("bo"))],
            "without a fresh second factor",
        ),
        (
            "somebody else's name",
            vec![(2, proposed(), payments("anna")), (3, granted(5), approver("carl", start()))],
            "another approver than its actor",
        ),
        (
            "another amount approved",
            vec![(2, proposed(), payments("anna")), (3, granted(6), fresh())],
            "approves another amount",
        ),
        (
            "another amount paid",
            vec![(2, proposed(), payments("anna")), (3, paid(6), service())],
            "executes another amount",
        ),
        (
            "paid twice",
            vec![(2, proposed(), payments("anna")), (3, paid(5), service()), (4, paid(5), service())],
            "executes proposal",
        ),
    ];
    for (title, facts, expected) in rows {
        let found = history(facts).join("; ");
        assert!(found.contains(expected), "{title}: {found}");
    }
}
