//! The program as people and scripts use it: against a running `casetrail dev`, by output and exit code.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

mod checking;
mod keys;
mod masked;
mod measured;
mod privacy;
mod program;
mod schemas;
mod settings;

use std::io::{BufRead, BufReader};

use program::{Dev, port_of_nobody};
use serde_json::Value;
use tempfile::tempdir;

/// Opens a case and returns its number.
fn open(dev: &Dev) -> String {
    let text = "Min udbetaling på 12.500 kr. er ikke kommet";
    let arguments = ["open", "--brand", "NB", "--player", "p-1001", "--username", "freja", "--text", text];
    dev.json(&arguments)["case"]["number"].as_str().unwrap().to_owned()
}

fn versions(entries: &[Value]) -> Vec<u64> {
    entries.iter().map(|entry| entry["version"].as_u64().unwrap()).collect()
}

#[test]
fn a_case_is_opened_written_to_and_read() {
    let data = tempdir().unwrap();
    let dev = Dev::start(data.path(), "0");
    let number = open(&dev);
    let said = dev.run(&["say", &number, "Er", "der", "nyt?"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with(&number), "{said:?}");

    let history = dev.run(&["history", &number, "--time-zone", "Europe/Copenhagen"]);
    assert!(history.out.starts_with(&number), "{history:?}");
    assert!(history.out.contains("(Europe/Copenhagen)"), "{history:?}");
    assert!(
        history.out.contains("intake               Player p-1001 opened the case by chat"),
        "{history:?}"
    );
    assert!(history.out.contains("Player p-1001 wrote by chat: “Er der nyt?”"), "{history:?}");

    let whole = dev.json(&["history", &number]);
    let entries = whole["entries"].as_array().unwrap();
    assert_eq!(versions(entries), (1..=entries.len() as u64).collect::<Vec<_>>());
    assert_eq!(whole["case"]["version"], entries.len());
    assert_eq!(entries[0]["details"]["player"]["username"], "freja");

    let then = dev.json(&["history", &number, "--as-of", "1"]);
    assert_eq!((&then["case"]["version"], then["entries"].as_array().unwrap().len()), (&Value::from(1), 1));
    let verified = dev.run(&["verify", &number]);
    assert!(verified.code == 0 && verified.out.starts_with("intact"), "{verified:?}");
}

#[test]
fn an_exported_case_proves_itself_and_a_changed_file_does_not() {
    let data = tempdir().unwrap();
    let dev = Dev::start(data.path(), "0");
    let number = open(&dev);
    let (folder, file) = (data.path().display().to_string(), data.path().join("case.json"));
    let shown = file.display().to_string();
    let exported = dev.json(&["export", &number, "--data", &folder, "--out", &shown]);
    assert!(exported["facts"].as_u64().unwrap() >= 5, "{exported}");
    let checked = program::run(&["--json", "verify-bundle", &shown]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let whole = dev.run(&["verify", "--data", &folder]);
    assert!(whole.code == 0 && whole.out.contains("facts"), "{whole:?}");

    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("intake.case_opened", "intake.case_closed")).unwrap();
    let changed = program::run(&["verify-bundle", &shown]);
    assert_eq!(changed.code, 6, "{changed:?}");
}

#[test]
fn lists_show_what_is_there_and_say_so_when_nothing_is() {
    let data = tempdir().unwrap();
    let dev = Dev::start(data.path(), "0");
    for (arguments, nothing) in [
        (&["cases", "--brand", "NB"][..], "No case is like that."),
        (&["queue", "--brand", "NB"], "Nobody waits."),
        (&["agents", "--brand", "NB"], "No agent is registered there."),
        (&["deliveries", "--brand", "NB"], "Nothing was said."),
        (&["dead-letters", "list"], "Nothing was put aside."),
    ] {
        let listed = dev.run(arguments);
        assert_eq!((listed.code, listed.out.trim()), (0, nothing), "{listed:?}");
    }
    let number = open(&dev);
    // Lists come from read models, which follow the history by moments.
    let listed = |arguments: &[&str]| dev.until(arguments, |output| output.contains(&number));
    assert!(listed(&["cases", "--brand", "NB", "--topic", "withdrawal"]).contains("p-1001"));
    assert!(listed(&["queue", "--brand", "NB"]).contains("payments  1 case waits"));
    assert!(listed(&["deliveries", &number]).contains("case received"));
    let traces = dev.run(&["traces", &number]);
    assert_eq!(traces.code, 0, "{traces:?}");
    let consumers = dev.json(&["consumers"]);
    let consumers = consumers["consumers"].as_array().unwrap();
    assert!(consumers.iter().any(|consumer| consumer["name"] == "routing.on_case_opened"), "{consumers:?}");
}

#[test]
fn every_kind_of_failure_has_its_exit_code_and_says_what_to_do() {
    let data = tempdir().unwrap();
    let dev = Dev::start(data.path(), "0");
    let missing = dev.run(&["history", "0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00"]);
    assert_eq!(missing.code, 3, "{missing:?}");
    assert!(missing.err.contains("reason: CASE_NOT_FOUND") && missing.err.contains("try: "), "{missing:?}");
    assert_eq!(missing.out, "");

    let no_letter = dev.run(&["dead-letters", "redrive", "routing.on_case_opened", "4711"]);
    assert_eq!(no_letter.code, 3, "{no_letter:?}");
    assert!(no_letter.err.contains("DEAD_LETTER_NOT_FOUND"), "{no_letter:?}");

    let mistyped = dev.run(&["history", "NB-2026-000001"]);
    assert_eq!(mistyped.code, 2, "{mistyped:?}");
    assert!(mistyped.err.contains("case: "), "{mistyped:?}");
    assert_eq!(dev.run(&["history"]).code, 2);

    let again =
        ["open", "--brand", "NB", "--player", "p-1", "--request-id", "0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b07"];
    let first = dev.run(&[&again[..], &["--text", "Hej"]].concat());
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(dev.run(&[&again[..], &["--text", "Hej"]].concat()).out, first.out);
    let other = dev.run(&[&again[..], &["--text", "Farvel"]].concat());
    assert_eq!(other.code, 4, "{other:?}");
    assert!(other.err.contains("REQUEST_ID_REUSED"), "{other:?}");

    let nobody = program::run(&["--server", &port_of_nobody(), "--json", "traces", "NB-2026-000001-X"]);
    assert_eq!(nobody.code, 5, "{nobody:?}");
    let error: Value = serde_json::from_str(&nobody.err).unwrap();
    assert_eq!(error["error"]["exit_code"], 5);
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let data = tempdir().unwrap();
    let dev = Dev::start(data.path(), "0");
    let number = open(&dev);
    assert!(!dev.run(&["history", &number]).out.contains('\u{1b}'));
    assert!(dev.run(&["history", &number, "--color", "always"]).out.contains('\u{1b}'));
}

#[test]
fn a_watch_goes_on_where_it_was_when_the_server_comes_back() {
    let data = tempdir().unwrap();
    let mut dev = Dev::start(data.path(), "0");
    let number = open(&dev);
    let mut watch = dev.spawn(&["watch", &number, "--json"]);
    let mut lines = BufReader::new(watch.take_output()).lines();
    let mut told: Vec<Value> = Vec::new();
    let mut until = |text: &str, told: &mut Vec<Value>| {
        while !told.iter().any(|entry| entry["summary"].as_str().unwrap().contains(text)) {
            told.push(serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap());
        }
    };
    assert_eq!(dev.run(&["say", &number, "før"]).code, 0);
    until("“før”", &mut told);
    let port = dev.port();
    dev.kill();
    let dev = Dev::start(data.path(), &port);
    assert_eq!(dev.run(&["say", &number, "efter"]).code, 0);
    until("“efter”", &mut told);
    assert_eq!(versions(&told), (1..=told.len() as u64).collect::<Vec<_>>());
}

#[test]
fn completions_are_written_for_the_common_shells() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = program::run(&["completions", shell]);
        assert!(script.code == 0 && script.out.contains("casetrail"), "{shell}");
    }
}

#[test]
fn a_configuration_is_judged_before_a_process_reads_it() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("casetrail.toml");
    let shown = file.display().to_string();
    std::fs::write(&file, "[grpc]\nprot = 1\n[routing]\naway_after_missed_offers = 'three'\n").unwrap();
    let refused = program::run(&["config", "check", &shown]);
    assert_eq!(refused.code, 2, "{refused:?}");
    for key in ["grpc.prot", "routing.away_after_missed_offers"] {
        assert!(refused.err.contains(key), "{refused:?}");
    }

    let secret = "very-secret";
    let text = format!(
        "[postgres]\nurl = 'postgres://casetrail_intake:{secret}@db.example/casetrail'\n[keys]\nmaster_key = '{secret}'\n"
    );
    std::fs::write(&file, text).unwrap();
    let taken = program::run(&["config", "check", &shown]);
    assert!(taken.code == 0 && taken.out.contains("can be used"), "{taken:?}");
    let printed = program::run(&["config", "show", "--config", &shown]);
    assert!(printed.code == 0 && !printed.out.contains(secret), "{printed:?}");
    assert!(printed.out.contains("db.example/casetrail"), "{printed:?}");
    assert!(printed.out.contains("grpc.address = \"127.0.0.1:7700\""), "{printed:?}");
    let printed = program::run(&["config", "show", "--json"]);
    let settings: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!(settings["routing.away_after_missed_offers"], 3);
}

#[test]
fn a_program_tells_its_version_and_commit() {
    let told = program::run(&["version", "--json"]);
    let told: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert!(told.get("commit").is_some(), "{told}");
    assert!(program::run(&["--version"]).out.contains(", built from "), "as --version says it");
}

#[test]
fn a_program_carries_a_bill_of_its_materials() {
    let told = program::run(&["version", "--sbom"]);
    let bill: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&Value::from("CycloneDX"), &Value::from("1.5")));
    let named = |name: &str| {
        let components = bill["components"].as_array().unwrap();
        components
            .iter()
            .find(|one| one["name"] == name)
            .unwrap_or_else(|| panic!("{name} is not in it"))
            .clone()
    };
    let (theirs, ours) = (named("tonic"), named("casetrail"));
    assert_eq!(theirs["hashes"][0]["content"].as_str().unwrap().len(), 64, "{theirs}");
    assert!(ours.get("hashes").is_none() && ours["type"] == "application", "{ours}");
    let needs: Vec<&Value> = bill["dependencies"].as_array().unwrap().iter().collect();
    let needed_by = |purl: &Value| needs.iter().find(|one| one["ref"] == *purl).unwrap()["dependsOn"].clone();
    assert!(needed_by(&ours["purl"]).as_array().unwrap().contains(&theirs["purl"]), "the program needs it");
    let all: Vec<&str> =
        bill["components"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    for only_tested_with in ["proptest", "journey-tests", "xtask"] {
        assert!(!all.contains(&only_tested_with), "{only_tested_with} is in no program");
    }
}
