//! Whatever is asked of whatever stage, in whatever order.

use std::sync::LazyLock;

use case::invariants::{Witnessed, history_violations, violations};
use case::{Aggregate, Case, CaseEvent, Recorded, StoredEvent};
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::acts::acts;
use crate::places::places;
use crate::tale::{Act, Tale};

/// Which of the possible acts, who asks (mostly the right one), and how many minutes later.
type Choice = (prop::sample::Index, u8, u16);

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    prop::collection::vec(
        (any::<prop::sample::Index>(), 0..20_u8, prop_oneof![0..3_u16, 0..3_000_u16]),
        1..50,
    )
}

fn chosen(tale: &Tale, (index, who, minutes): &Choice) -> Act {
    let possible = acts(tale);
    let mut act = index.get(&possible).clone();
    if *who == 0 {
        act.actor = index.get(&acts(tale)[..7]).actor.clone();
    }
    act.at += SignedDuration::from_mins(i64::from(*minutes));
    act
}

/// A tale that begins in one of the places and goes on as chosen; `each` sees every accepted act.
fn told(place: prop::sample::Index, choices: &[Choice], mut each: impl FnMut(&Tale, &Act)) -> Tale {
    let mut tale = beginning(place);
    for choice in choices {
        let act = chosen(&tale, choice);
        if let Ok(events) = tale.ask(&act) {
            tale.record(&act, events);
            each(&tale, &act);
        }
    }
    tale
}

/// One of the places where a case is.
fn beginning(place: prop::sample::Index) -> Tale {
    static PLACES: LazyLock<Vec<Tale>> = LazyLock::new(places);
    place.get(&PLACES[1..]).clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_sequence_breaks_an_invariant(place in any::<prop::sample::Index>(), choices in choices()) {
        let tale = told(place, &choices, |tale, act| {
            let found = violations(&tale.case);
            assert!(found.is_empty(), "after {} by {}: {found:?}", act.command.name(), act.actor.id);
        });
        let history = tale.history.iter().map(|(recorded, actor, ends_command)| Witnessed {
            recorded,
            actor: Some(actor),
            ends_command: *ends_command,
        });
        prop_assert_eq!(history_violations(tale.case.id.0, history), Vec::<String>::new());
    }

    #[test]
    fn repeating_an_accepted_command_records_nothing(
        place in any::<prop::sample::Index>(),
        choices in choices(),
    ) {
        told(place, &choices, |tale, act| {
            let again = Act { at: tale.now, ..act.clone() };
            // Refused (such as a callback completed twice) is as good as answered with nothing.
            let recorded = tale.ask(&again).unwrap_or_default();
            assert!(recorded.is_empty(), "{act:?} is recorded again: {recorded:?}");
        });
    }

    #[test]
    fn a_case_is_what_its_stored_facts_say_and_unknown_facts_do_no_harm(
        place in any::<prop::sample::Index>(),
        choices in choices(),
    ) {
        let tale = told(place, &choices, |_, _| {});
        let (mut read, mut mixed) = (Case::empty(tale.case.id.0), Case::empty(tale.case.id.0));
        for (recorded, _, _) in &tale.history {
            let (name, version) = (recorded.event.stored_name(), recorded.event.schema_version());
            let event = CaseEvent::decode(name, version, &recorded.event.encode().unwrap()).unwrap();
            prop_assert_eq!(&event, &recorded.event);
            let recorded = Recorded { event, ..recorded.clone() };
            read.evolve(&recorded);
            mixed.evolve(&recorded);
            let name = "intake.case_dreamt_of".to_owned();
            let event = CaseEvent::Unknown { name, schema_version: 1, payload: b"{}".to_vec() };
            mixed.evolve(&Recorded { event, ..recorded });
        }
        prop_assert_eq!(&read, &tale.case);
        prop_assert!(mixed.unknown_stage("intake") && !mixed.unknown_stage("routing"));
        prop_assert_eq!((mixed.state, mixed.version), (read.state, read.version));
        prop_assert_eq!(mixed.intake, read.intake);
        prop_assert_eq!(mixed.routing, read.routing);
        prop_assert_eq!(mixed.payments_escalation, read.payments_escalation);
        prop_assert_eq!(mixed.notifications, read.notifications);
    }
}
