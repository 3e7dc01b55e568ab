//! The documents: true to the code, whole, and without dead links.

use std::collections::BTreeSet;
use std::path::Path;

use crate::house::{self, Faults};
use crate::lexer;

/// The README's first command: watch the journey.
const MAIN_COMMAND: &str = "cargo run --release -p casetrail -- dev --demo";
/// The README's second command: check everything.
const TEST_COMMAND: &str = "cargo xtask test";

/// What stands where something is still to be written. In pieces, or this file would break its own rule.
const MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("T", "BD"), concat!("HA", "CK")];
const PHRASES: &[&str] =
    &[concat!("lorem", " ipsum"), concat!("coming", " soon"), concat!("not yet", " implemented")];

#[test]
fn the_two_commands_are_the_same_everywhere() {
    let mut faults = Faults::default();
    let readme = house::text("README.md");
    let commands: Vec<&str> = fenced_lines(&readme).collect();
    for command in [MAIN_COMMAND, TEST_COMMAND] {
        let shown = commands.iter().filter(|line| **line == command).count();
        faults.add_if(shown == 0, || format!("README.md shows no code block with the line `{command}`"));
    }
    let ci = house::text(".ci/run");
    let run: Vec<&str> = ci.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    // How lean the build is may be said before it.
    let does_it = matches!(run[..], ["set -euo pipefail", lean, folder, TEST_COMMAND]
        if lean.starts_with("export CARGO_") && folder.starts_with("cd "));
    faults
        .add_if(!does_it, || format!(".ci/run must call `{TEST_COMMAND}` and nothing else; it has {run:?}"));
    let justfile = house::text("justfile");
    let recipes: Vec<&str> = justfile.lines().filter(|line| line.starts_with(' ')).map(str::trim).collect();
    faults.add_if(recipes.first() != Some(&TEST_COMMAND), || {
        format!("the first recipe must be `{TEST_COMMAND}`")
    });
    for recipe in recipes.iter().filter(|recipe| !recipe.starts_with(TEST_COMMAND)) {
        faults.add(format!("justfile: `{recipe}` is no step of `{TEST_COMMAND}`"));
    }
    faults.assert_none("Newcomers, CI and the README run the very same commands.");
}

#[test]
fn every_reason_a_client_can_get_is_explained() {
    let declared = declared_reasons();
    assert!(declared.len() > 10, "no reasons found: {declared:?}");
    let errors = house::text("docs/errors.md");
    let explained: BTreeSet<&str> = errors
        .lines()
        .filter(|line| line.starts_with('#'))
        .flat_map(|line| house::words(line).map(|(_, word)| word))
        .filter(|word| is_reason(word))
        .collect();
    let mut faults = Faults::default();
    for (reason, path) in &declared {
        faults.add_if(!explained.contains(reason.as_str()), || format!("{path}: {reason} has no heading"));
    }
    for reason in explained.iter().filter(|reason| !declared.iter().any(|(known, _)| known == *reason)) {
        faults.add(format!("docs/errors.md: {reason} is explained and declared nowhere"));
    }
    faults
        .assert_none("Give each reason one heading in docs/errors.md: what it means, what the client does.");
}

/// What a file that declares reasons holds: a refusal's own reasons, those of an aggregate that is not
/// there, or one that a method gives by itself.
const DECLARATIONS: &[&str] = &["fn reason(", "NOT_FOUND: &", "Failure::Refused {", "Failure::Exhausted {"];

/// Every `UPPER_SNAKE` literal in the files that declare reasons, with the file.
fn declared_reasons() -> BTreeSet<(String, String)> {
    let mut reasons = BTreeSet::new();
    for file in ["crates", "services"].iter().flat_map(|folder| house::files(folder, &[".rs"])) {
        let program = file.program();
        if file.path.contains("/src/") && DECLARATIONS.iter().any(|declaration| program.contains(declaration))
        {
            // Elsewhere than in those two files a word in capitals may be anything; a reason of several words
            // is one.
            let is_certain = ["refusal", "failure"].contains(&file.stem());
            let literals = lexer::strings(&program).into_iter().map(|(_, literal)| literal);
            reasons.extend(
                literals
                    .filter(|literal| is_reason(literal) && (is_certain || literal.contains('_')))
                    .map(|literal| (literal, file.path.clone())),
            );
        }
    }
    reasons
}

fn is_reason(word: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    word.len() >= 4 && word.starts_with(|first: char| first.is_ascii_uppercase()) && word.chars().all(is_part)
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let mut faults = Faults::default();
    for file in house::files("", &[".md"]) {
        let folder = house::root().join(&file.path).parent().expect("a file has a folder").to_path_buf();
        for link in links(&file.text) {
            let (target, heading) = link.split_once('#').map_or((link, None), |(to, part)| (to, Some(part)));
            let path = if target.is_empty() { house::root().join(&file.path) } else { folder.join(target) };
            if !path.exists() {
                faults.add(format!("{}: {link}", file.path));
            } else if let Some(heading) = heading {
                faults.add_if(!has_heading(&path, heading), || {
                    format!("{}: {link}: no such heading", file.path)
                });
            }
        }
    }
    faults.assert_none("Links are relative to the file they stand in; mend or remove them.");
}

/// The targets of `[text](target)` outside code, without those on other machines.
fn links(markdown: &str) -> Vec<&str> {
    let mut in_code = false;
    let mut found = Vec::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            // What stands between backticks is code too.
            for prose in line.split('`').step_by(2) {
                for after in prose.split("](").skip(1) {
                    let target = after.split([')', ' ']).next().unwrap_or_default().trim_matches(['<', '>']);
                    found.push(target);
                }
            }
        }
    }
    found.retain(|target| !target.contains("://") && !target.starts_with("mailto:"));
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a document has the heading that `anchor` names. What is no document has any.
fn has_heading(path: &Path, anchor: &str) -> bool {
    if path.extension().is_none_or(|extension| extension != "md") {
        return true;
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| slug(line.trim_start_matches('#').trim())).any(|slug| slug == anchor)
}

/// A heading as it is spelled in a link: small letters, spaces as hyphens, no punctuation.
fn slug(heading: &str) -> String {
    let small = heading.to_lowercase().replace(' ', "-");
    small.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')).collect()
}

/// The lines inside code blocks.
fn fenced_lines(markdown: &str) -> impl Iterator<Item = &str> {
    markdown.split("```").skip(1).step_by(2).flat_map(|block| block.lines().skip(1)).map(str::trim)
}

#[test]
fn the_documents_that_a_newcomer_reads_are_there() {
    let mut faults = Faults::default();
    for path in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/errors.md", "docs/journey.md", "docs/adr"]
    {
        faults.add_if(!house::root().join(path).exists(), || path.to_owned());
    }
    faults.assert_none("These documents are missing.");
}

#[test]
fn nothing_says_that_it_is_still_to_be_written() {
    let mut faults = Faults::default();
    let endings =
        [".rs", ".md", ".proto", ".toml", ".sql", ".ftl", ".yaml", ".yml", ".py", "justfile", ".ci/run"];
    for file in house::files("", &endings) {
        for (offset, word) in house::words(&file.text).filter(|(_, word)| MARKS.contains(word)) {
            faults.add(format!("{}:{}: {word}", file.path, house::line_at(&file.text, offset)));
        }
        let small = file.text.to_lowercase();
        for phrase in PHRASES.iter().filter(|phrase| small.contains(**phrase)) {
            faults.add(format!("{}: {phrase}", file.path));
        }
    }
    faults.assert_none("Write it, or leave it out and open an issue.");
}

#[test]
fn links_are_read_from_prose_and_not_from_code() {
    let markdown = "See [a](one.md) and [b](two.md#part \"title\").\n```\n[c](three.md)\n```\n`[d](four.md)` \
                    [e](https://example.org)\n";
    assert_eq!(links(markdown), ["one.md", "two.md#part"]);
    assert_eq!(slug("The `log` and the bus"), "the-log-and-the-bus");
}
