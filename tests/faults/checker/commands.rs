//! I1: an acknowledged command is in the log once, with the answer that was given; one that was refused is
//! not in it; one that was never answered is there once or not at all.

use std::collections::HashMap;

use event_log::Committed;
use uuid::Uuid;

use super::Faults;
use crate::record::{Answer, Command};

/// Where a command's events stand.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    stream: Uuid,
    last_version: u64,
}

pub(super) fn check(commands: &[Command], events: &[Committed], faults: &mut Faults) {
    let runs = runs(events);
    for Command { id, verb, answer } in commands {
        let found = runs.get(id).map_or(&[][..], Vec::as_slice);
        let fault = match (answer, found) {
            (Some(Answer::Done { case, version }), [run]) => (run.stream != *case
                || run.last_version != *version)
                .then(|| format!("was answered with version {version} of {case}; the log has {run:?}")),
            (Some(Answer::Done { .. }), []) => Some("was acknowledged and is not in the log".to_owned()),
            (Some(Answer::Refused(_)) | None, []) | (None, [_]) => None,
            (Some(Answer::Refused(why)), [_]) => Some(format!("was refused with {why} and is in the log")),
            (_, [_, _, ..]) => Some(format!("is in the log {} times: {found:?}", found.len())),
        };
        if let Some(fault) = fault {
            faults.add("I1", format!("{verb} {id} {fault}"));
        }
    }
}

/// Every command's runs of events: one each, if all is well.
fn runs(events: &[Committed]) -> HashMap<Uuid, Vec<Run>> {
    let mut runs: HashMap<Uuid, Vec<Run>> = HashMap::new();
    for event in events {
        let of_command = runs.entry(event.command_id).or_default();
        match of_command.last_mut() {
            Some(run) if event.command_seq > 0 && run.stream == event.stream => {
                run.last_version = event.version;
            }
            _ => of_command.push(Run { stream: event.stream, last_version: event.version }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(position: u64, stream: u128, version: u64, command: u128, command_seq: u16) -> Committed {
        Committed {
            position,
            stream: Uuid::from_u128(stream),
            version,
            tenant: "NB".to_owned(),
            event_id: Uuid::from_u128(u128::from(position)),
            command_id: Uuid::from_u128(command),
            command_seq,
            event_type: "thing.happened".to_owned(),
            schema_version: 1,
            recorded_at: "2026-06-15T10:00:00Z".parse().unwrap(),
            meta: Vec::new(),
            payload: Vec::new(),
            hash: [0; 32],
        }
    }

    fn found(command: u128, answer: Option<Answer>, events: &[Committed]) -> Vec<String> {
        let mut faults = Faults::default();
        check(&[Command { id: Uuid::from_u128(command), verb: "Say", answer }], events, &mut faults);
        faults.0.into_iter().map(|violation| violation.to_string()).collect()
    }

    fn done(version: u64) -> Answer {
        Answer::Done { case: Uuid::from_u128(1), version }
    }

    #[test]
    fn a_command_is_in_the_log_once_with_its_answer() {
        let events = [event(1, 1, 1, 7, 0), event(2, 1, 2, 7, 1), event(3, 1, 3, 8, 0)];
        assert_eq!(found(7, Some(done(2)), &events), [""; 0]);
        assert_eq!(found(8, None, &events), [""; 0], "it arrived, and its answer was lost");
        assert_eq!(found(9, None, &events), [""; 0], "it never arrived");
        assert_eq!(found(9, Some(Answer::Refused("NO".to_owned())), &events), [""; 0]);
    }

    #[test]
    fn what_is_lost_doubled_or_answered_otherwise_is_found() {
        let events = [event(1, 1, 1, 7, 0), event(2, 1, 2, 7, 1), event(3, 2, 1, 8, 0), event(4, 3, 1, 8, 0)];
        for (command, answer, says) in [
            (9, Some(done(1)), "is not in the log"),
            (7, Some(done(1)), "was answered with version 1"),
            (8, None, "is in the log 2 times"),
            (7, Some(Answer::Refused("NO".to_owned())), "was refused with NO and is in the log"),
        ] {
            let found = found(command, answer, &events);
            assert!(matches!(&found[..], [one] if one.contains(says)), "{says}: {found:?}");
        }
    }
}
