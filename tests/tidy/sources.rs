//! What may be written in the code, and where.

use crate::house::{self, Faults, File};
use crate::lexer;

const LONGEST_FILE: usize = 600;

/// Names that say nothing about what is inside, so anything ends up in them.
const NAMES_THAT_SAY_NOTHING: &[&str] =
    &["util", "utils", "common", "helper", "helpers", "message", "messages", "manager", "managers", "misc"];

/// What the pure core must not reach for.
const NOT_FOR_THE_CORE: &[&str] = &[
    "async ",
    ".await",
    "tokio::",
    "tonic::",
    "sqlx::",
    "tracing::",
    "prost::",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::",
    "Timestamp::now",
    "Zoned::now",
];

/// Fixed expressions of serde and of std that have a word in them which is not meant.
const NOT_THE_WORD: &[&str] =
    &["snake_case", "kebab-case", "eq_ignore_ascii_case", "non_snake_case", "non_camel_case_types"];

fn rust_files() -> Vec<File> {
    let files = house::files("", &[".rs"]);
    assert!(files.len() > 30, "the walk found only {} Rust files", files.len());
    files
}

/// The places where one of `needles` stands in `code`, and is not merely the beginning of a longer word.
fn find_all(faults: &mut Faults, path: &str, code: &str, needles: &[&str]) {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    for needle in needles {
        for (offset, _) in code.match_indices(needle) {
            let goes_on = needle.ends_with(is_part) && code[offset + needle.len()..].starts_with(is_part);
            faults.add_if(!goes_on, || format!("{path}:{}: {}", house::line_at(code, offset), needle.trim()));
        }
    }
}

#[test]
fn no_file_is_too_long_to_be_read_in_one_go() {
    let mut faults = Faults::default();
    for file in rust_files() {
        let lines = file.text.lines().count();
        faults.add_if(lines > LONGEST_FILE, || format!("{}: {lines} lines", file.path));
    }
    faults.assert_none("Split it by what its parts are for; 100 to 300 lines are usual here.");
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    let mut faults = Faults::default();
    for file in house::files("", &[".rs", ".proto"]) {
        let parts = file.path.split('/').map(|part| part.split('.').next().unwrap_or_default());
        for part in parts.filter(|part| NAMES_THAT_SAY_NOTHING.contains(part)) {
            faults.add(format!("{}: `{part}`", file.path));
        }
        for name in NAMES_THAT_SAY_NOTHING {
            let code = lexer::without_comments_and_strings(&file.text);
            faults.add_if(code.contains(&format!("mod {name} {{")), || format!("{}: mod {name}", file.path));
        }
    }
    faults.assert_none("Name it after the one thing that is in it.");
}

#[test]
fn no_test_waits_by_sleeping() {
    let mut faults = Faults::default();
    for file in rust_files() {
        let tests = lexer::without_comments_and_strings(&file.tests());
        let before = file.text.matches('\n').count() - tests.matches('\n').count();
        for (offset, _) in tests.match_indices("sleep(") {
            faults.add(format!("{}:{}", file.path, before + house::line_at(&tests, offset)));
        }
    }
    faults.assert_none("Wait on a condition, or turn the manual clock: a sleep is too long or too short.");
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    let mut faults = Faults::default();
    for file in rust_files() {
        let code = lexer::without_comments_and_strings(&file.text);
        find_all(&mut faults, &file.path, &code, &["todo!", "unimplemented!", "#[ignore", "dbg!("]);
    }
    faults.assert_none("Write it, or leave it out; a test that cannot run has to be mended.");
}

#[test]
fn the_pure_core_is_pure() {
    let files = house::files("crates/case/src", &[".rs"]);
    assert!(!files.is_empty(), "crates/case/src holds no Rust file");
    let mut faults = Faults::default();
    for file in files {
        let code = lexer::without_comments_and_strings(&file.program());
        find_all(&mut faults, &file.path, &code, NOT_FOR_THE_CORE);
    }
    faults.assert_none("crates/case has no async, I/O or clock: time, ids and policy arrive in the command.");
}

/// What leaves out protection for a benchmark, and the only files that may name it.
const WITHOUT_PROTECTION: &[(&str, &[&str])] = &[
    ("let_through", &["crates/case/src/intake/masking/mod.rs", "crates/case/src/intake/mod.rs", EMBEDDED]),
    ("letting_through", &["crates/sealing/src/sealer.rs", EMBEDDED]),
    ("lets_through", &["crates/sealing/src/sealer.rs", "crates/service-kit/src/execute.rs"]),
    ("start_unprotected", &[EMBEDDED, "crates/casetrail/src/dev/mod.rs"]),
    ("run_unprotected", &["crates/casetrail/src/dev/mod.rs", "crates/casetrail/src/bench/system.rs"]),
];
const EMBEDDED: &str = "crates/embedded/src/lib.rs";

#[test]
fn only_a_benchmarks_child_can_go_without_masking_and_sealing() {
    let mut faults = Faults::default();
    for file in rust_files() {
        let code = lexer::without_comments_and_strings(&file.text);
        for (name, places) in WITHOUT_PROTECTION {
            let is_named = house::words(&code).any(|(_, word)| word == *name);
            faults.add_if(is_named && !places.contains(&file.path.as_str()), || {
                format!("{}: {name}", file.path)
            });
        }
    }
    for (name, places) in WITHOUT_PROTECTION {
        for place in *places {
            faults.add_if(!house::text(place).contains(name), || format!("{place} no longer names {name}"));
        }
    }
    faults
        .assert_none("What is recorded is masked and sealed; nothing but `casetrail bench` may do without.");
}

#[test]
fn the_log_and_the_bus_do_not_know_what_they_carry() {
    let mut faults = Faults::default();
    for folder in ["crates/event-log", "crates/event-bus", "crates/seals"] {
        let files = house::files(folder, &[".rs", ".sql", ".toml", ".md"]);
        assert!(!files.is_empty(), "{folder} holds no files");
        for file in files {
            let text = NOT_THE_WORD.iter().fold(file.text.clone(), |text, expression| {
                text.replace(expression, &" ".repeat(expression.len()))
            });
            for (offset, word) in house::words(&text).filter(|(_, word)| says_case(word)) {
                faults.add(format!("{}:{}: {word}", file.path, house::line_at(&text, offset)));
            }
        }
    }
    faults.assert_none(
        "Say stream or event: the log and the bus serve any stream, and would outlive this domain.",
    );
}

/// Whether one of the words an identifier is made of is `case`. SQL's keyword, in capitals, is not meant.
fn says_case(identifier: &str) -> bool {
    identifier.split('_').any(|part| {
        let mut humps = vec![String::new()];
        for letter in part.chars() {
            let follows_a_small_one = humps.last().is_some_and(|hump| hump.ends_with(char::is_lowercase));
            if letter.is_uppercase() && follows_a_small_one {
                humps.push(String::new());
            }
            humps.last_mut().expect("it is never empty").push(letter);
        }
        humps.iter().any(|hump| matches!(hump.as_str(), "case" | "Case" | "cases" | "Cases"))
    })
}

#[test]
fn the_word_is_found_inside_identifiers() {
    for named in ["case", "case_id", "CaseId", "open_cases", "myCase"] {
        assert!(says_case(named), "{named}");
    }
    for other in ["CASE", "lowercase", "to_ascii_lowercase", "casetrail", "cascade"] {
        assert!(!says_case(other), "{other}");
    }
}
