//! I1: a number is one case's. Whoever was told it would otherwise be led to somebody else's case.

use std::collections::HashMap;

use event_log::Committed;
use uuid::Uuid;

use super::{Faults, word};

const NUMBERED: &str = "intake.case_number_issued";

pub(super) fn check(events: &[Committed], faults: &mut Faults) {
    let mut cases: HashMap<String, Uuid> = HashMap::new();
    for event in events.iter().filter(|event| event.event_type == NUMBERED) {
        let number = word(event, "number");
        match cases.get(&number) {
            Some(first) if *first != event.stream => {
                faults.add("I1", format!("{number} is the number of {first} and of {}", event.stream));
            }
            _ => drop(cases.insert(number, event.stream)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(stream: u128, number: &str) -> Committed {
        Committed {
            position: 1,
            stream: Uuid::from_u128(stream),
            version: 2,
            tenant: "NB".to_owned(),
            event_id: Uuid::from_u128(1),
            command_id: Uuid::from_u128(2),
            command_seq: 1,
            event_type: NUMBERED.to_owned(),
            schema_version: 1,
            recorded_at: "2026-06-15T10:00:00Z".parse().unwrap(),
            meta: Vec::new(),
            payload: serde_json::to_vec(&serde_json::json!({ "number": number })).unwrap(),
            hash: [0; 32],
        }
    }

    #[test]
    fn a_number_that_two_cases_have_is_found() {
        let mut faults = Faults::default();
        let one = [numbered(1, "NB-2026-000001-A"), numbered(2, "NB-2026-000002-B")];
        check(&one, &mut faults);
        assert!(faults.0.is_empty());
        check(&[one[0].clone(), numbered(3, "NB-2026-000001-A")], &mut faults);
        assert_eq!(faults.0.len(), 1);
    }
}
