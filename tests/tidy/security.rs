//! `SECURITY.md`: what it names as proof is there.

use std::collections::BTreeSet;

use crate::house::{self, Faults};

/// The table whose rows are proved.
const PROVED: &str = "## What is protected, and what proves it";

#[test]
fn every_test_that_proves_a_control_exists() {
    let document = house::text("SECURITY.md");
    let (_, rest) = document.split_once(PROVED).expect("SECURITY.md has the table of what is proved");
    let table = rest.split_once("\n## ").map_or(rest, |(table, _)| table);
    let tests = test_functions();
    let mut faults = Faults::default();
    let mut named = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let proof = row.rsplit('|').nth(1).unwrap_or_default();
        let names: Vec<&str> =
            proof.split('`').skip(1).step_by(2).filter(|name| is_test_name(name)).collect();
        faults.add_if(names.is_empty(), || format!("no test is named in: {row}"));
        for name in names {
            named += 1;
            faults.add_if(!tests.contains(name), || format!("there is no test `{name}`"));
        }
    }
    assert!(named > 20, "only {named} tests are named");
    faults.assert_none(
        "A control without a test that fails without it is a hope: name the test in SECURITY.md.",
    );
}

/// A sentence in snake case; words such as `tokens` and commands are none.
fn is_test_name(word: &str) -> bool {
    word.matches('_').count() >= 2
        && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// Runs each of the functions named in it as a test on both databases.
const ON_BOTH: &str = "on_both!(";

/// The names of all functions that follow a `#[test]` of whatever kind, and of those that a macro makes tests of.
fn test_functions() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in
        ["crates", "services", "tests", "xtask"].iter().flat_map(|folder| house::files(folder, &[".rs"]))
    {
        let listed = file.text.split_once(ON_BOTH).and_then(|(_, rest)| rest.split_once(')'));
        names.extend(
            listed.into_iter().flat_map(|(list, _)| list.split(',')).map(|name| name.trim().to_owned()),
        );
        let mut is_test = file.text.contains("proptest!");
        for line in file.text.lines().map(str::trim_start) {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let function = line.trim_start_matches("async ").strip_prefix("fn ");
            if let Some(name) = function.and_then(|rest| rest.split(['(', '<']).next())
                && is_test
            {
                names.insert(name.to_owned());
                is_test = file.text.contains("proptest!");
            }
        }
    }
    names
}
