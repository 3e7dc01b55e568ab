//! What is printed around the steps: the list, a header each, the summary.

use std::io::IsTerminal;
use std::time::Duration;

use crate::steps::{ALL, Counts, Step, StepName, StepResult, Verdict};

const BOLD: &str = "1";
const RED: &str = "1;31";
const GREEN: &str = "32";
const YELLOW: &str = "1;33";

/// The steps and what each needs.
pub(crate) fn list() {
    for step in ALL {
        println!("{:<11} {}", name_of(step.name), step.checks);
        println!("{:<11} needs: {}", "", step.needs);
    }
}

/// The line that opens a step.
pub(crate) fn header(step: &Step) {
    println!("\n{}", painted(BOLD, &format!("== {}: {}", name_of(step.name), step.checks)));
}

/// The line that closes a step.
pub(crate) fn verdict(result: &StepResult) {
    let (word, colour) = word_for(result.outcome.verdict);
    let line = format!("{}: {word} in {}", name_of(result.name), seconds(result.took));
    println!("{}", painted(colour, &line));
    if result.outcome.verdict == Verdict::Failed && !result.outcome.note.is_empty() {
        println!("{}", result.outcome.note);
    }
}

/// The table, what was not checked, what failed, and the counts. True when nothing failed.
pub(crate) fn summary(results: &[StepResult]) -> bool {
    println!("\n{}", painted(BOLD, "== summary"));
    let mut counts = Counts::default();
    for result in results {
        counts += result.outcome.counts;
        println!("{}", table_line(result));
    }
    for result in results.iter().filter(|result| result.outcome.verdict == Verdict::NotChecked) {
        let name = name_of(result.name).to_uppercase();
        println!("\n{}", painted(YELLOW, &format!("!! {name} WERE NOT CHECKED: {}", result.outcome.note)));
    }
    let failed: Vec<String> = results
        .iter()
        .filter(|result| result.outcome.verdict == Verdict::Failed)
        .map(|result| name_of(result.name))
        .collect();
    println!();
    if !failed.is_empty() {
        println!("{}", painted(RED, &format!("failed steps: {}", failed.join(", "))));
    }
    println!("{} passed, {} failed", counts.passed, counts.failed);
    failed.is_empty()
}

fn table_line(result: &StepResult) -> String {
    let (word, colour) = word_for(result.outcome.verdict);
    let Counts { passed, failed } = result.outcome.counts;
    let counted =
        if passed + failed > 0 { format!("{passed} passed, {failed} failed") } else { String::new() };
    // What was not checked is told in full below the table.
    let note = if result.outcome.verdict == Verdict::NotChecked { "" } else { result.outcome.note.as_str() };
    let remarks: Vec<&str> = [counted.as_str(), note].into_iter().filter(|part| !part.is_empty()).collect();
    let line = format!(
        "{:<11} {} {:>12}  {}",
        name_of(result.name),
        painted(colour, &format!("{word:<11}")),
        seconds(result.took),
        remarks.join("; ")
    );
    line.trim_end().to_owned()
}

fn word_for(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Passed => ("passed", GREEN),
        Verdict::Failed => ("FAILED", RED),
        Verdict::NotChecked => ("NOT CHECKED", YELLOW),
    }
}

/// The name as `--only` takes it.
fn name_of(name: StepName) -> String {
    format!("{name:?}").to_lowercase()
}

fn seconds(took: Duration) -> String {
    let tenths = took.as_millis() / 100;
    if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        format!("{} min {:02} s", tenths / 600, tenths / 10 % 60)
    }
}

fn painted(colour: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\u{1b}[{colour}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::steps::Outcome;

    #[test]
    fn steps_are_shown_under_the_names_that_only_takes() {
        for step in ALL {
            assert_eq!(StepName::from_str(&name_of(step.name), false), Ok(step.name));
        }
        assert_eq!(ALL.len(), StepName::value_variants().len(), "a step is missing in steps::ALL");
    }

    #[test]
    fn a_step_that_failed_or_was_not_checked_stands_out_in_the_table() {
        let result = |verdict| StepResult {
            name: StepName::Tests,
            outcome: Outcome { verdict, note: "a note".into(), counts: Counts { passed: 3, failed: 1 } },
            took: Duration::from_millis(1_250),
        };
        let failed = table_line(&result(Verdict::Failed));
        assert!(failed.contains("FAILED"), "{failed}");
        assert!(failed.contains("1.2 s  3 passed, 1 failed; a note"), "{failed}");
        assert!(table_line(&result(Verdict::NotChecked)).contains("NOT CHECKED"));
        assert!(!summary(&[result(Verdict::Passed), result(Verdict::Failed)]));
        assert!(summary(&[result(Verdict::Passed), result(Verdict::NotChecked)]));
    }

    #[test]
    fn long_steps_are_told_in_minutes() {
        assert_eq!(seconds(Duration::from_millis(59_949)), "59.9 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}
