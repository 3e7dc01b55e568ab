//! Bringing a payment here, finding out more, giving the case back.

use super::super::*;
use super::world::*;
use crate::actor::Actor;
use crate::journey::CaseState;
use crate::personal::Personal;

#[test]
fn who_may_escalate_and_when() {
    let mut nothing = escalate("TX-1");
    nothing.amount = dkk(0);
    table(vec![
        (
            "the owner may",
            History::opened(),
            owner(),
            escalate("TX-1").into(),
            &["payment_escalated", "transaction_linked"],
        ),
        (
            "an agent of payments may",
            History::opened(),
            payments("anna"),
            escalate("TX-1").into(),
            &["payment_escalated", "transaction_linked"],
        ),
        (
            "another agent may not",
            History::opened(),
            stranger(),
            escalate("TX-1").into(),
            &["NOT_CASE_OWNER"],
        ),
        (
            "a player called as the owner may not",
            History::opened(),
            Actor::player("mette"),
            escalate("TX-1").into(),
            &["NOT_CASE_OWNER"],
        ),
        ("nor a service", History::opened(), service(), escalate("TX-1").into(), &["NOT_CASE_OWNER"]),
        (
            "of a case that was never opened",
            History::empty(),
            payments("anna"),
            escalate("TX-1").into(),
            &["CASE_NOT_FOUND"],
        ),
        (
            "of a case that is over",
            History::opened().over(),
            payments("anna"),
            escalate("TX-1").into(),
            &["CASE_OVER"],
        ),
        ("about nothing", History::opened(), owner(), nothing.into(), &["AMOUNT_NOT_POSITIVE"]),
        ("the same again", History::escalated(), owner(), escalate("TX-1").into(), &[]),
        ("the same while it waits for approval", History::proposed(), owner(), escalate("TX-1").into(), &[]),
        (
            "about another transaction",
            History::escalated(),
            owner(),
            escalate("TX-2").into(),
            &["ALREADY_ESCALATED"],
        ),
        (
            "anew after it was returned",
            History::escalated().after(&payments("anna"), ReturnCase {}),
            owner(),
            escalate("TX-1").into(),
            &["payment_escalated", "transaction_linked"],
        ),
        (
            "anew after it was executed",
            History::executed(),
            owner(),
            escalate("TX-1").into(),
            &["payment_escalated", "transaction_linked"],
        ),
    ]);
}

#[test]
fn no_card_data_gets_into_a_fact() {
    let card = || Personal::new("Card 4111 1111 1111 1111, cvv 123");
    let rows: Vec<(History, Command)> = vec![
        (History::opened(), EscalatePayment { summary: card(), ..escalate("TX-1") }.into()),
        (History::known(), RequestInformation { question_id: id(7), question: card() }.into()),
        (History::known(), RefusePayment { reason: card() }.into()),
        (History::proposed(), DenyResolution { proposal_id: id(200), reason: card() }.into()),
    ];
    for (history, command) in rows {
        let events = history.ask(&payments("anna"), command).unwrap();
        let Some(Event::SensitiveDataMasked(masked)) = events.get(1) else { panic!("{events:?}") };
        assert_eq!(masked.kinds.len(), 2, "a card number and a code");
        for event in events {
            let stored = String::from_utf8(crate::StoredEvent::encode(&event).unwrap()).unwrap();
            assert!(!stored.contains("1111 1111 1111") && !stored.contains("cvv 123"), "{stored}");
        }
    }
}

#[test]
fn a_transaction_is_linked_once_and_only_to_an_escalation() {
    table(vec![
        ("another one", History::escalated(), owner(), link("TX-2").into(), &["transaction_linked"]),
        ("the same one", History::escalated(), owner(), link("TX-1").into(), &[]),
        ("by a stranger", History::escalated(), stranger(), link("TX-2").into(), &["NOT_CASE_OWNER"]),
        ("not escalated", History::opened(), owner(), link("TX-1").into(), &["NOT_ESCALATED"]),
        ("over", History::escalated().over(), owner(), link("TX-2").into(), &["CASE_OVER"]),
    ]);
}

#[test]
fn the_player_is_asked_while_nothing_is_proposed() {
    let asked = History::escalated().after(&payments("anna"), question(7));
    assert_eq!(asked.progress(), Some(Progress::InformationRequired));
    assert_eq!(asked.case.state, CaseState::WaitingPlayer);
    table(vec![
        ("under review", History::known(), owner(), question(7).into(), &["payment_information_requested"]),
        (
            "while the gateway is asked",
            History::asked(),
            owner(),
            question(7).into(),
            &["payment_information_requested"],
        ),
        ("the same question", asked.clone(), payments("anna"), question(7).into(), &[]),
        ("another question", asked, payments("anna"), question(8).into(), &["payment_information_requested"]),
        ("while a proposal waits", History::proposed(), owner(), question(7).into(), &["PROPOSAL_OPEN"]),
        (
            "while the money moves",
            History::executing(),
            owner(),
            question(7).into(),
            &["EXECUTION_UNDER_WAY"],
        ),
        ("after the money moved", History::executed(), owner(), question(7).into(), &["NOT_UNDER_REVIEW"]),
        ("not escalated", History::opened(), owner(), question(7).into(), &["NOT_ESCALATED"]),
    ]);
}

#[test]
fn the_players_word_brings_the_escalation_back_to_review() {
    let word = |history: History| {
        history.with(crate::intake::Event::from(crate::intake::MessageReceived {
            message_id: id(9),
            channel: crate::Channel::Chat,
            text: Personal::new("Nordea"),
        }))
    };
    let answered = word(History::known().after(&owner(), question(7)));
    assert_eq!(answered.progress(), Some(Progress::UnderReview));
    assert_eq!(answered.case.state, CaseState::Escalated);
    let gateway_still_asked = word(History::asked().after(&owner(), question(7)));
    assert_eq!(gateway_still_asked.progress(), Some(Progress::GatewayPending));
}

#[test]
fn a_request_is_refused_by_payments_while_no_money_is_promised() {
    table(vec![
        ("under review", History::known(), payments("anna"), refuse().into(), &["payment_refused"]),
        ("by the owner of another team", History::known(), owner(), refuse().into(), &["NOT_PAYMENTS_AGENT"]),
        (
            "twice",
            History::known().after(&payments("anna"), refuse()),
            payments("anna"),
            refuse().into(),
            &[],
        ),
        (
            "while a proposal waits",
            History::proposed(),
            payments("anna"),
            refuse().into(),
            &["PROPOSAL_OPEN"],
        ),
        (
            "while the money moves",
            History::executing(),
            payments("anna"),
            refuse().into(),
            &["EXECUTION_UNDER_WAY"],
        ),
        (
            "after the money moved",
            History::executed(),
            payments("anna"),
            refuse().into(),
            &["NOT_UNDER_REVIEW"],
        ),
        ("not escalated", History::opened(), payments("anna"), refuse().into(), &["NOT_ESCALATED"]),
        ("over", History::known().over(), payments("anna"), refuse().into(), &["CASE_OVER"]),
    ]);
}

#[test]
fn the_case_is_given_back_unless_money_is_promised() {
    let refused = History::known().after(&payments("anna"), refuse());
    assert_eq!(refused.case.state, CaseState::InProgress);
    let returned = refused.clone().after(&payments("anna"), ReturnCase {});
    table(vec![
        ("after a refusal", refused, payments("anna"), ReturnCase {}.into(), &["payment_returned"]),
        (
            "after an execution",
            History::executed(),
            payments("anna"),
            ReturnCase {}.into(),
            &["payment_returned"],
        ),
        ("twice", returned.clone(), payments("anna"), ReturnCase {}.into(), &[]),
        (
            "while a proposal waits",
            History::proposed(),
            payments("anna"),
            ReturnCase {}.into(),
            &["PROPOSAL_OPEN"],
        ),
        (
            "while the money moves",
            History::executing(),
            payments("anna"),
            ReturnCase {}.into(),
            &["EXECUTION_UNDER_WAY"],
        ),
        (
            "by the owner of another team",
            History::known(),
            owner(),
            ReturnCase {}.into(),
            &["NOT_PAYMENTS_AGENT"],
        ),
        ("never escalated", History::opened(), payments("anna"), ReturnCase {}.into(), &["NOT_ESCALATED"]),
        (
            "and then nothing goes on here",
            returned,
            payments("anna"),
            propose(200, 1).into(),
            &["NOT_ESCALATED"],
        ),
    ]);
}
