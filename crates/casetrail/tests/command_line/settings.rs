//! `casetrail config schema`: an editor says of a file what a process would.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::tempdir;

use crate::program;
use crate::schemas::PYTHON_VARIABLE;

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a validator in another language finds wrong with these files.
fn check(schema: &Path, files: &[PathBuf]) -> (bool, String) {
    let python = std::env::var_os(PYTHON_VARIABLE)
        .unwrap_or_else(|| panic!("{PYTHON_VARIABLE} is not set: run `cargo xtask test`"));
    let script = root().join("tests/support/check_settings.py");
    let checked = Command::new(python).arg(script).arg(schema).args(files).output().unwrap();
    let said = [checked.stdout, checked.stderr].concat();
    (checked.status.success(), String::from_utf8(said).unwrap())
}

/// Writes the schema into a folder; where it is, and what it says.
fn schema(folder: &Path, args: &[&str]) -> (PathBuf, Value) {
    let printed = program::run(&[&["config", "schema"], args].concat());
    assert_eq!(printed.code, 0, "{printed:?}");
    let file = folder.join("casetrail.schema.json");
    std::fs::write(&file, &printed.out).unwrap();
    (file, serde_json::from_str(&printed.out).unwrap())
}

/// The files of defaults that every process brings.
fn of_services() -> Vec<PathBuf> {
    let stages = ["intake", "routing", "payments-escalation", "notifications"];
    stages.iter().map(|stage| root().join(format!("services/{stage}/default.toml"))).collect()
}

/// Calls `each` with every setting's key and its schema.
fn settings(key: &str, schema: &Value, each: &mut dyn FnMut(&str, &Value)) {
    match schema["properties"].as_object() {
        Some(below) => below.iter().for_each(|(name, setting)| {
            settings(&format!("{key}.{name}"), setting, each);
        }),
        None => each(key.trim_start_matches('.'), schema),
    }
}

#[test]
fn what_is_shipped_is_as_the_schema_says() {
    let folder = tempdir().unwrap();
    let (deployables, described) = schema(folder.path(), &[]);
    let mut files = of_services();
    files.push(root().join("crates/deployable/deployable.toml"));
    let (right, said) = check(&deployables, &files);
    assert!(right, "{said}");

    let mut reloaded = Vec::new();
    settings("", &described, &mut |key, setting| {
        assert!(setting["description"].is_string(), "{key} is not explained: {setting}");
        if setting["x-reloaded-on-sighup"].as_bool().unwrap_or_else(|| panic!("{key}: reloaded or not?")) {
            reloaded.push(key.to_owned());
        }
    });
    assert_eq!(reloaded, ["telemetry.log_filter", "telemetry.sample_ratio"]);
    // The commented defaults say the same.
    let text = std::fs::read_to_string(root().join("crates/deployable/deployable.toml")).unwrap();
    assert_eq!(text.matches("Reloaded on SIGHUP.").count(), reloaded.len());

    let (dev, _) = schema(folder.path(), &["--dev"]);
    let mut files = of_services();
    files.push(root().join("crates/embedded/embedded.toml"));
    let (right, said) = check(&dev, &files);
    assert!(right, "{said}");
}

#[test]
fn what_the_schema_refuses_config_check_refuses_too() {
    let folder = tempdir().unwrap();
    let (schema, _) = schema(folder.path(), &[]);
    for (text, key) in [
        ("[grpc]\nprot = 1\n", "prot"),
        ("[grpc]\ndeadline_ms = 'long'\n", "deadline_ms"),
        ("[telemetry]\nlog_format = 'xml'\n", "log_format"),
        ("[keyes]\nmaster_key = ''\n", "keyes"),
        ("[routing.rules.sla.chat]\nresolutoin = '8h'\n", "resolutoin"),
        ("[notifications.brands.NB]\nplayer_webhok = {}\nfrom = 'a@b.example'\n", "player_webhok"),
        ("[notifications.brands.NB.player_webhook]\nurl = 'https://x.example'\nsecret = 's'\n", "from"),
    ] {
        let file = folder.path().join("casetrail.toml");
        std::fs::write(&file, text).unwrap();
        let (right, said) = check(&schema, std::slice::from_ref(&file));
        assert!(!right && said.contains(key), "the schema on {text}: {said}");
        let checked = program::run(&["config", "check", file.to_str().unwrap()]);
        assert_eq!(checked.code, 2, "{text}");
        assert!(checked.err.contains(key), "{text}: {checked:?}");
    }
    let file = folder.path().join("casetrail.toml");
    std::fs::write(&file, "[telemetry]\nsample_ratio = 0.1\n[notifications.smtp]\nhost = 'mail.example'\n")
        .unwrap();
    let (right, said) = check(&schema, std::slice::from_ref(&file));
    assert!(right, "{said}");
    assert_eq!(program::run(&["config", "check", file.to_str().unwrap()]).code, 0);
}

#[test]
fn config_check_refuses_values_that_no_process_would_start_with() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("casetrail.toml");
    let hook = "from = 'a@b.example'\n[notifications.default_brand.staff_webhook]\n";
    let right = "secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'\n";
    for (text, key) in [
        ("[telemetry]\nsample_ratio = 2.0\n".to_owned(), "telemetry.sample_ratio"),
        ("[telemetry]\nlog_filter = 'info,['\n".to_owned(), "telemetry.log_filter"),
        ("[telemetry]\notlp_logs = true\n".to_owned(), "telemetry.otlp_endpoint"),
        ("[telemetry]\notlp_endpoint = 'collector:4318'\n".to_owned(), "telemetry.otlp_endpoint"),
        ("[grpc]\naddress = '0.0.0.0:7700'\n".to_owned(), "grpc.address"),
        ("[intake]\npattern_threshold = 1\n".to_owned(), "intake.pattern_threshold"),
        ("[routing.rules]\nageing_step = '-1s'\n".to_owned(), "routing.rules"),
        ("[payments_escalation.gateway]\nurl = 'gateway'\n".to_owned(), "payments_escalation.gateway.url"),
        (
            "[payments_escalation.gateway]\ncallback_secret = 'whsec_short'\n".to_owned(),
            "payments_escalation.gateway.callback_secret",
        ),
        ("[notifications]\nretry_after_seconds = []\n".to_owned(), "notifications.retry_after_seconds"),
        (
            format!("[notifications.default_brand]\n{hook}url = 'https://hook.example'\nsecret = 'x'\n"),
            "notifications.default_brand.staff_webhook.secret",
        ),
        (
            format!("[notifications.default_brand]\n{hook}url = 'http://hook.example'\n{right}"),
            "notifications.default_brand.staff_webhook.url",
        ),
        (
            "[notifications.smtp]\nhost = 'mail.example'\nusername = 'me'\n".to_owned(),
            "notifications.smtp.password",
        ),
    ] {
        std::fs::write(&file, &text).unwrap();
        let checked = program::run(&["config", "check", file.to_str().unwrap()]);
        assert_eq!(checked.code, 2, "{text}");
        assert!(checked.err.contains(key), "{text}: {checked:?}");
    }
}
