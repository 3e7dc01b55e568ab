//! Whatever is asked, in whatever order: a repeat records nothing, and intake's part stays sound.

use proptest::prelude::*;

use super::*;
use crate::intake::invariants::violations;

/// One step: who, what, and how many hours later.
type Step = (u8, Command, i64);

const TEXTS: &[&str] = &[
    "hej",
    "min udbetaling mangler",
    "udeluk mig",
    "kort 4111 1111 1111 1111, CVV 123",
    "jeg er ludoman",
    "bonus",
    " ",
];

/// Mostly somebody who may; sometimes anybody.
fn actor(command: &Command, odd: u8) -> Actor {
    use Command as C;
    match (odd, command) {
        (0, _) => bo(),
        (1, _) => another_player(),
        (2, _) => service(),
        (3, _)
        | (
            _,
            C::OpenCase(_)
            | C::ReceiveMessage(_)
            | C::AcceptAnswer
            | C::RequestHuman
            | C::UploadEvidence(_)
            | C::RequestCallback(_)
            | C::DeclareComplaint(_)
            | C::ReopenCase(_)
            | C::GiveFeedback(_),
        ) => player(),
        _ => mette(),
    }
}

fn talk() -> impl Strategy<Value = Command> {
    let text = || prop::sample::select(TEXTS);
    prop_oneof![
        6 => (20..60_u128, text()).prop_map(|(number, text)| says(number, text).into()),
        4 => (60..90_u128, text()).prop_map(|(number, text)| reply(number, text).into()),
        1 => (90..95_u128, text())
            .prop_map(|(number, text)| AddNote { note_id: id(number), text: text.into() }.into()),
        1 => prop::sample::select(Topic::ALL).prop_map(|topic| ClassifyCase { topic }.into()),
        1 => prop::sample::select(Channel::ALL).prop_map(|to| SwitchChannel { to }.into()),
        1 => prop::sample::select(vec!["+4520304050", "+4520304051", "x"])
            .prop_map(|phone| RequestCallback { phone: phone.into(), not_before: None }.into()),
        1 => prop::bool::ANY.prop_map(|reached| CompleteCallback { reached }.into()),
        1 => Just(Command::AcceptAnswer),
        1 => Just(Command::RequestHuman),
        1 => prop::sample::select(vec!["DK", "MT", "x"])
            .prop_map(|jurisdiction| DeclareComplaint { jurisdiction: jurisdiction.into() }.into()),
    ]
}

fn papers() -> impl Strategy<Value = Command> {
    let kind = || prop::sample::select(&EvidenceKind::ALL[..3]);
    let number = || 100..106_u128;
    prop_oneof![
        2 => prop::collection::vec(kind(), 0..3).prop_map(|kinds| RequestEvidence { kinds }.into()),
        9 => (number(), kind()).prop_map(|(number, kind)| file(number, kind).into()),
        9 => number().prop_map(|number| AcceptEvidence { evidence_id: id(number) }.into()),
        1 => (number(), prop::sample::select(&RejectionReason::ALL[..2]))
            .prop_map(|(number, reason)| RejectEvidence { evidence_id: id(number), reason }.into()),
        2 => (2..5_u8, 2..5_u8)
            .prop_map(|(asked, correct)| RecordVerificationQuestions { asked, correct }.into()),
        4 => Just(Command::ApproveVerification),
        1 => Just(RefuseVerification { reason: "forged".into() }.into()),
    ]
}

fn ends() -> impl Strategy<Value = Command> {
    let other = || (2..4_u128).prop_map(|number| OtherCase { case: CaseId(id(number)), ..other_case() });
    prop_oneof![
        3 => Just(solved().into()),
        2 => Just(Command::CloseCase),
        3 => Just(ReopenCase { reason: "igen".into() }.into()),
        1 => Just(RejectCase { reason: "spam".into() }.into()),
        1 => Just(Command::AbandonCase),
        2 => (0..7_u8).prop_map(|score| GiveFeedback { score, comment: None }.into()),
        1 => other().prop_map(|other| LinkCase { other }.into()),
        1 => other().prop_map(|into| MergeCase { into }.into()),
        1 => prop::sample::select(vec!["a", "B"]).prop_map(|tag| TagCase { tag: tag.into() }.into()),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let command = prop_oneof![4 => talk(), 8 => papers(), 1 => ends()];
    prop::collection::vec((0..20_u8, command, 0..40_i64), 1..100)
}

fn beginnings() -> impl Strategy<Value = OpenCase> {
    let channel = prop::sample::select(vec![Channel::Chat, Channel::Form, Channel::Email]);
    (prop::sample::select(&TEXTS[..6]), channel)
        .prop_map(|(text, channel)| OpenCase { channel, ..opening(text) })
}

/// Runs the steps; routing gives every case that waits to Mette. Calls `each` after every accepted step.
fn run(open: OpenCase, steps: &[Step], mut each: impl FnMut(&Story, &Actor, &Command, &[Event])) {
    let mut story = Story::opened_by(open);
    for (index, (odd, command, hours)) in steps.iter().enumerate() {
        story = story.after(SignedDuration::from_hours(*hours));
        if index % 4 == 3 && !story.case.state.is_over() && story.case.routing.owner.is_none() {
            story = story.taken_by("mette");
        }
        let actor = actor(command, *odd);
        if let Ok(events) = story.ask(&actor, command.clone()) {
            story = events.iter().cloned().fold(story, Story::fact);
            each(&story, &actor, command, &events);
        }
    }
}

proptest! {
    #[test]
    fn repeating_an_accepted_command_records_nothing(open in beginnings(), steps in steps()) {
        run(open, &steps, |story, actor, command, _| {
            let again = story.ask(actor, command.clone());
            assert!(again.as_ref().map_or(true, Vec::is_empty), "{command:?}: {again:?}");
        });
    }

    #[test]
    fn no_sequence_breaks_the_invariants(open in beginnings(), steps in steps()) {
        let number = Some(open.number.clone());
        run(open, &steps, |story, _, command, _| {
            assert_eq!(violations(&story.case), Vec::<String>::new(), "after {command:?}");
            assert_eq!(story.case.intake.number, number);
        });
    }

    #[test]
    fn no_fact_holds_card_data_and_every_fact_reads_back(open in beginnings(), steps in steps()) {
        run(open, &steps, |_, _, _, events| {
            for event in events {
                let bytes = event.encode().unwrap();
                let text = String::from_utf8(bytes.clone()).unwrap();
                assert!(!text.contains("1111 1111") && !text.contains("CVV 123"), "{text}");
                assert_eq!(&Event::decode(event.stored_name(), event.schema_version(), &bytes).unwrap(), event);
            }
        });
    }

    #[test]
    fn a_wish_for_exclusion_is_never_lost(open in beginnings(), steps in steps()) {
        let mut asked = false;
        run(open, &steps, |story, _, _, events| {
            asked |= events.iter().any(|event| matches!(event, Event::SelfExclusionRequested(_)));
            assert!(!asked || story.case.intake.self_exclusion_requested);
            let lost = [crate::CaseState::Merged, crate::CaseState::Rejected, crate::CaseState::Abandoned];
            assert!(!asked || !lost.contains(&story.case.state));
        });
    }
}

/// The generator reaches what it is there for: without this the properties above could pass on nothing.
#[test]
fn the_generated_sequences_do_verify_reopen_and_exclude() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut verified, mut reopened, mut excluded) = (0, 0, 0);
    for _ in 0..800 {
        let tree = (beginnings(), steps()).new_tree(&mut runner).unwrap();
        let (open, steps) = tree.current();
        run(open, &steps, |_, _, _, events| {
            for event in events {
                match event {
                    Event::PlayerVerified(_) => verified += 1,
                    Event::CaseReopened(_) => reopened += 1,
                    Event::SelfExclusionRequested(_) => excluded += 1,
                    _ => {}
                }
            }
        });
    }
    assert!(verified >= 5 && reopened >= 50 && excluded >= 50, "{verified} {reopened} {excluded}");
}
