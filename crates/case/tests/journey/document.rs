//! docs/journey.md: which command is accepted in which state, and how a case moves, asked of the real
//! `decide` functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use case::{CaseState, intake, notifications, payments_escalation, routing};

use crate::acts::acts;
use crate::places::{PASSED_THROUGH, places};
use crate::tale::{Command, STAGES, Step, Tale};

/// The command that opens a case.
const OPENS: &str = "OpenCase";

/// What the cases in one state answered to one command.
#[derive(Debug, Default)]
struct Cell {
    accepted: bool,
    nothing: bool,
    refused: BTreeSet<&'static str>,
}

/// Everything that was asked and answered.
#[derive(Debug, Default)]
struct Survey {
    /// By stage and state; commands in the order in which they are declared.
    cells: BTreeMap<(&'static str, String, CaseState), Cell>,
    commands: BTreeMap<&'static str, Vec<String>>,
    opening: BTreeSet<String>,
    steps: BTreeSet<Step>,
}

impl Survey {
    fn take() -> Self {
        let mut survey = Self::default();
        for place in places() {
            survey.steps.extend(place.steps.iter().cloned());
            for act in acts(&place) {
                let (stage, name) = (act.command.stage(), act.command.name());
                let known = survey.commands.entry(stage).or_default();
                if !known.contains(&name) {
                    known.push(name.clone());
                }
                let answer = place.ask(&act);
                // Without a case the decision loop answers CASE_NOT_FOUND, except to what opens one.
                let asked = place.case.exists() || name == OPENS;
                if let (true, Ok(events)) = (asked, &answer) {
                    let mut next = place.clone();
                    next.record(&act, events.clone());
                    survey.steps.extend(next.steps);
                }
                survey.note(&place, stage, name, answer.map(|events| events.is_empty()));
            }
        }
        survey
    }

    fn note(&mut self, place: &Tale, stage: &'static str, name: String, answer: Result<bool, &'static str>) {
        if !place.case.exists() {
            if answer == Ok(false) && name == OPENS {
                self.opening.insert(name);
            }
            return;
        }
        let cell = self.cells.entry((stage, name, place.case.state)).or_default();
        match answer {
            Ok(false) => cell.accepted = true,
            Ok(true) => cell.nothing = true,
            Err(reason) => {
                cell.refused.insert(reason);
            }
        }
    }

    fn states(&self) -> Vec<CaseState> {
        let seen: BTreeSet<CaseState> = self.cells.keys().map(|(_, _, state)| *state).collect();
        CaseState::ALL.iter().copied().filter(|state| seen.contains(state)).collect()
    }
}

/// `WaitingPlayer` as `waiting player`, so that a table's columns can be narrow.
fn spoken(state: CaseState) -> String {
    state.as_str().replace('_', " ")
}

fn diagram(survey: &Survey, out: &mut String) {
    let open: BTreeSet<CaseState> = survey
        .states()
        .into_iter()
        .filter(|state| !state.is_over() && *state != CaseState::Reopened)
        .collect();
    let mut sources: BTreeMap<(String, CaseState), BTreeSet<Option<CaseState>>> = BTreeMap::new();
    for step in &survey.steps {
        let event = step.event.split_once('.').map_or(step.event.as_str(), |(_, event)| event);
        sources.entry((event.to_owned(), step.to)).or_default().insert(step.from);
    }
    let mut edges: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let name = |state: Option<CaseState>| state.map_or_else(|| "[*]".to_owned(), |state| state.to_string());
    for ((event, to), from) in sources {
        let everywhere = open.iter().all(|state| *state == to || from.contains(&Some(*state)));
        for source in from {
            let inside = source.is_some_and(|state| open.contains(&state));
            // One arrow from the whole group says the same as one from each of its states.
            let source =
                if everywhere && inside && !open.contains(&to) { "open".to_owned() } else { name(source) };
            edges.entry((source, to.to_string())).or_default().insert(event.clone());
        }
    }
    out.push_str("```mermaid\nstateDiagram-v2\n    state open {\n");
    for state in &open {
        let _ = writeln!(out, "        {state}");
    }
    out.push_str("    }\n");
    for ((from, to), events) in edges {
        let events: Vec<String> = events.into_iter().collect();
        let _ = writeln!(out, "    {from} --> {to} : {}", events.join(", "));
    }
    out.push_str("```\n");
}

fn table(survey: &Survey, stage: &'static str, out: &mut String) {
    let states = survey.states();
    let reasons: BTreeSet<&str> = survey
        .cells
        .iter()
        .filter(|((of, _, _), _)| *of == stage)
        .flat_map(|(_, cell)| cell.refused.iter().copied())
        .collect();
    let letters: BTreeMap<&str, String> = reasons.iter().copied().zip((1..).map(|n| n.to_string())).collect();
    let heads: Vec<String> = states.iter().map(|state| spoken(*state)).collect();
    let _ = writeln!(out, "| {stage} | {} |", heads.join(" | "));
    let _ = writeln!(out, "|---|{}|", vec![":-:"; states.len()].join("|"));
    for name in survey.commands.get(stage).into_iter().flatten() {
        let cells: Vec<String> = states
            .iter()
            .map(|state| {
                let Some(cell) = survey.cells.get(&(stage, name.clone(), *state)) else {
                    return String::new();
                };
                let mut shown = Vec::new();
                if cell.accepted {
                    shown.push("●".to_owned());
                }
                if cell.nothing && !cell.accepted {
                    shown.push("○".to_owned());
                }
                shown.extend(cell.refused.iter().map(|reason| letters[reason].clone()));
                shown.join(" ")
            })
            .collect();
        let _ = writeln!(out, "| `{name}` | {} |", cells.join(" | "));
    }
    out.push('\n');
    for (reason, letter) in letters.iter().collect::<BTreeSet<_>>() {
        let _ = writeln!(out, "{letter}. [`{reason}`](errors.md#{})", reason.to_lowercase());
    }
    out.push('\n');
}

fn document() -> String {
    let survey = Survey::take();
    let opening: Vec<&str> = survey.opening.iter().map(String::as_str).collect();
    let mut out = format!(
        "# The journey of a case\n\n\
         Written by `crates/case/tests/journey` from what the `decide` functions really answer. Not to be edited: \
         after a change of the rules, `UPDATE_DOCS=1 cargo test -p case --test journey` writes it anew, and the \
         difference shows what the change means.\n\n\
         ## How a case moves\n\n\
         Every arrow was seen: the named fact took a case from the one state to the other. `open` stands for each \
         of the states in it. A case only passes through `{}`, within the command that opens it.\n\n",
        PASSED_THROUGH[0]
    );
    diagram(&survey, &mut out);
    let _ = write!(
        out,
        "\n## What is accepted where\n\n\
         Each command was asked, by somebody who may, of cases in each state. ● accepted; ○ changes nothing (a \
         repeat, or nothing to do); a number: refused for the reason below the table. Where several stand \
         together, it depends on more than the state (such as whether a proposal is open).\n\n\
         Before a case exists it takes only `{}`; anything else is `CASE_NOT_FOUND`. Whether the caller may do it \
         is asked too: see the commands' documentation in `crates/case/src`.\n\n",
        opening.join("`, `")
    );
    for stage in STAGES {
        let _ = writeln!(out, "### {stage}\n");
        table(&survey, stage, &mut out);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[test]
fn the_document_says_what_decide_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/journey.md");
    let written = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == written,
        "docs/journey.md is not what `decide` says any more; run `UPDATE_DOCS=1 cargo test -p case --test journey` \
         and look at the difference"
    );
}

#[test]
fn every_state_is_visited_or_passed_through() {
    let rested: BTreeSet<CaseState> =
        places().iter().filter(|place| place.case.exists()).map(|place| place.case.state).collect();
    let passed = Survey::take().steps.into_iter().map(|step| step.to).collect::<BTreeSet<_>>();
    for state in CaseState::ALL {
        assert!(rested.contains(state) != PASSED_THROUGH.contains(state), "{state} in places");
        assert!(passed.contains(state), "{state} is never reached");
    }
}

/// A new command does not compile here until it has a place in the acts.
fn is_asked(command: &Command) -> bool {
    use intake::Command as I;
    use notifications::Command as N;
    use routing::Command as R;
    match command {
        Command::Intake(
            I::OpenCase(_)
            | I::ReceiveMessage(_)
            | I::AcceptAnswer
            | I::RequestHuman
            | I::SendReply(_)
            | I::AddNote(_)
            | I::ClassifyCase(_)
            | I::SwitchChannel(_)
            | I::RequestEvidence(_)
            | I::UploadEvidence(_)
            | I::RecordRefusedUpload(_)
            | I::AcceptEvidence(_)
            | I::RejectEvidence(_)
            | I::RecordVerificationQuestions(_)
            | I::ApproveVerification
            | I::RefuseVerification(_)
            | I::RequestCallback(_)
            | I::CompleteCallback(_)
            | I::DeclareComplaint(_)
            | I::LinkCase(_)
            | I::MergeCase(_)
            | I::TagCase(_)
            | I::FlagPattern(_)
            | I::ResolveCase(_)
            | I::CloseCase
            | I::ReopenCase(_)
            | I::RejectCase(_)
            | I::AbandonCase
            | I::GiveFeedback(_),
        )
        | Command::Payments(_)
        | Command::Routing(
            R::Triage(_)
            | R::Requeue(_)
            | R::Reprioritise(_)
            | R::KeepClocks(_)
            | R::FireTimer(_)
            | R::OfferCase(_)
            | R::AcceptOffer(_)
            | R::DeclineOffer(_)
            | R::ExpireOffer(_)
            | R::ClaimCase(_)
            | R::ReleaseCase(_)
            | R::TransferCase(_)
            | R::RelaxSkill(_)
            | R::ExtendHorizon(_),
        )
        | Command::Notifications(
            N::QueueNotification(_)
            | N::SuppressOffers(_)
            | N::Recheck(_)
            | N::RecordSent(_)
            | N::RecordFailure(_)
            | N::Redrive(_)
            | N::SetPreferences(_),
        ) => true,
    }
}

#[test]
fn every_command_is_asked_and_accepted_somewhere() {
    let survey = Survey::take();
    let names = |stage: &str| survey.commands[stage].iter().map(String::as_str).collect::<BTreeSet<_>>();
    assert_eq!(names("intake"), intake::Command::NAMES.iter().copied().collect());
    assert_eq!(names("payments_escalation"), payments_escalation::Command::NAMES.iter().copied().collect());
    assert_eq!((names("routing").len(), names("notifications").len()), (14, 7));
    assert!(acts(&Tale::new()).iter().all(|act| is_asked(&act.command)));
    for (stage, commands) in &survey.commands {
        for name in commands {
            let accepted = survey.opening.contains(name)
                || survey
                    .cells
                    .iter()
                    .any(|((of, one, _), cell)| of == stage && one == name && cell.accepted);
            assert!(accepted, "{stage}: {name} is accepted nowhere: its act or a place is missing");
        }
    }
}
