//! One row a fact: its stored JSON and the sentence it is told with, in the order of a long case.

use std::collections::BTreeSet;

use case::{Actor, Aggregate, Case, CaseEvent, Recorded, StoredEvent, Team};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Sentence, actor_name, describe};

mod rows;

fn number() -> String {
    case::CaseNumber::new("NB".parse().unwrap(), 2026, 412).to_string()
}

fn told(case: &mut Case, name: &str, payload: &str, actor: &Actor) -> String {
    let payload = payload.replace("NUMBER", &number());
    let event = CaseEvent::decode(name, 1, payload.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert!(!matches!(event, CaseEvent::Unknown { .. }), "{name} is not known");
    let version = case.version + 1;
    case.evolve(&Recorded { version, recorded_at: Timestamp::UNIX_EPOCH, event: event.clone() });
    describe(&event, case).told_of(actor, case.routing.team)
}

#[test]
fn every_fact_is_told_in_one_plain_sentence() {
    let mette = Actor::agent("mette", &[Team::Payments, Team::General]);
    let mut case = Case::empty(Uuid::nil());
    for (name, payload, sentence) in rows::ROWS {
        assert_eq!(
            told(&mut case, name, payload, &mette),
            sentence.replace("NUMBER", &number()),
            "{name} {payload}"
        );
    }
}

#[test]
fn no_fact_of_any_stage_is_left_out_of_the_table() {
    let stored = [
        case::intake::Event::STORED,
        case::routing::Event::STORED,
        case::payments_escalation::Event::STORED,
        case::notifications::Event::STORED,
    ];
    let all: BTreeSet<&str> = stored.concat().into_iter().map(|(name, _)| name).collect();
    let told: BTreeSet<&str> = rows::ROWS.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(all, told);
}

#[test]
fn an_unknown_fact_is_named() {
    let event = CaseEvent::Unknown {
        name: "routing.case_teleported".to_owned(),
        schema_version: 1,
        payload: Vec::new(),
    };
    let sentence = describe(&event, &Case::empty(Uuid::nil()));
    assert_eq!(sentence, Sentence::fact("A fact this version cannot tell: routing.case_teleported"));
}

#[test]
fn an_erased_text_says_so_and_a_long_one_is_shortened() {
    let mut case = Case::empty(Uuid::nil());
    let player = Actor::player("p-1001");
    let wrote = |text: &str| {
        format!(r#"{{"message_id":"00000000-0000-0000-0000-000000000001","channel":"email","text":{text}}}"#)
    };
    let erased = told(&mut case, "intake.message_received", &wrote(r#""erased""#), &player);
    assert_eq!(erased, "Player p-1001 wrote by e-mail: [erased]");
    let long = wrote(&format!(r#"{{"clear":"{}"}}"#, "æ ".repeat(200)));
    let sentence = told(&mut case, "intake.message_received", &long, &player);
    assert!(sentence.ends_with("æ…”"), "{sentence}");
    assert!(sentence.chars().count() < 160);
    let steering = told(&mut case, "intake.message_received", &wrote(r#"{"clear":"a\u001b[2Jb"}"#), &player);
    assert_eq!(steering, "Player p-1001 wrote by e-mail: “a[2Jb”");
}

#[test]
fn actors_are_named_as_people_name_them() {
    let several = Actor::agent("mette", &[Team::Payments, Team::ResponsibleGambling]);
    assert_eq!(actor_name(&several, Some(Team::Payments)), "Mette (payments)");
    assert_eq!(actor_name(&several, Some(Team::Vip)), "Mette (payments, responsible gambling)");
    assert_eq!(actor_name(&Actor::agent("a-17", &[]), None), "Agent a-17");
    assert_eq!(actor_name(&Actor::service("payments_escalation"), None), "Payments-escalation");
    assert_eq!(actor_name(&Actor::service("crm"), None), "Service crm");
    assert_eq!(actor_name(&Actor::player("p-1"), None), "Player p-1");
}
