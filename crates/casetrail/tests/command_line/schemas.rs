//! `casetrail schemas`: whoever reads the log in another language can rely on them.

use std::path::Path;
use std::process::Command;

use tempfile::tempdir;

use crate::program;

/// Names the Python that has a validator of JSON Schemas; `cargo xtask test` does.
pub(crate) const PYTHON_VARIABLE: &str = "CASETRAIL_TEST_PYTHON";

/// What a validator in another language finds wrong with these events.
fn check(schemas: &Path, events: &Path) -> (bool, String) {
    let python = std::env::var_os(PYTHON_VARIABLE)
        .unwrap_or_else(|| panic!("{PYTHON_VARIABLE} is not set: run `cargo xtask test`"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/support/check_schemas.py");
    let checked = Command::new(python).arg(script).arg(schemas).arg(events).output().unwrap();
    let said = [checked.stdout, checked.stderr].concat();
    (checked.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn every_event_that_was_ever_stored_is_as_its_schema_says() {
    let out = tempdir().unwrap();
    let schemas = out.path().join("schemas");
    let written = program::run(&["--json", "schemas", "--out", schemas.to_str().unwrap()]);
    assert_eq!(written.code, 0, "{written:?}");
    let listed: serde_json::Value = serde_json::from_str(&written.out).unwrap();
    let files = std::fs::read_dir(&schemas).unwrap().count();
    assert_eq!(listed["schemas"].as_array().unwrap().len(), files);

    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../case/golden");
    let (right, said) = check(&schemas, &golden);
    assert!(right, "{said}");

    // It would tell.
    let spoilt = out.path().join("spoilt");
    std::fs::create_dir(&spoilt).unwrap();
    for entry in std::fs::read_dir(golden).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), spoilt.join(entry.file_name())).unwrap();
    }
    std::fs::write(spoilt.join("intake.feedback_given.v1.json"), r#"{"score":"five"}"#).unwrap();
    std::fs::remove_file(spoilt.join("intake.case_closed.v1.json")).unwrap();
    let (right, said) = check(&schemas, &spoilt);
    assert!(!right && said.contains("intake.feedback_given.v1: score: 'five' is not of type"), "{said}");
    assert!(said.contains("intake.case_closed.v1: there is a schema"), "{said}");
}
