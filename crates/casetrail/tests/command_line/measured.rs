//! What `casetrail bench journey --protection` measures: a system that leaves out what its words say, and nobody else
//! can have one.

use std::path::Path;

use tempfile::tempdir;

use crate::program::{self, Dev};

const CARD: &str = "4111 1111 1111 1111";
const NAME: &str = "Gunvor Rasmussen";

/// What the log's files hold of a case whose text has a name and a card's number.
fn recorded(words: &[&str], data: &Path) -> String {
    let mut system = Dev::start_as(words, data, "0");
    let text = format!("{NAME} her, kort {CARD}");
    system.json(&["open", "--brand", "NB", "--player", "p-1", "--username", "gunvor", "--text", &text]);
    system.kill();
    let files = ["log.db", "log.db-wal"].map(|file| std::fs::read(data.join(file)).unwrap_or_default());
    String::from_utf8_lossy(&files.concat()).into_owned()
}

#[test]
fn what_is_left_out_of_a_measured_system_is_left_out_and_nothing_else() {
    for (without, name, card) in [
        (&[][..], false, false),
        (&["--without", "masking"][..], false, false),
        (&["--without", "sealing"][..], true, false),
        (&["--without", "sealing", "--without", "masking"][..], true, true),
    ] {
        let data = tempdir().unwrap();
        let log = recorded(&[&["bench", "system"], without].concat(), data.path());
        assert!(log.contains("intake.case_opened"), "{without:?}: the log was not read");
        assert_eq!((log.contains(NAME), log.contains(CARD)), (name, card), "{without:?}");
        assert_eq!(log.contains("sensitive_data_masked"), !without.contains(&"masking"), "{without:?}");
    }
}

#[test]
fn a_folder_that_has_a_log_never_goes_without_protection() {
    let data = tempdir().unwrap();
    recorded(&["dev"], data.path());
    let folder = data.path().display().to_string();
    let ports = ["--port", "0", "--http-port", "0", "--gateway-port", "0", "--data", &folder];
    let refused = program::run(&[&["bench", "system", "--without", "sealing"][..], &ports[..]].concat());
    assert!(refused.code == 1 && refused.err.contains("has a log"), "{refused:?}");
}

#[test]
fn no_setting_and_no_option_of_a_system_leaves_out_protection() {
    let refused = program::run(&["dev", "--without", "sealing"]);
    assert!(refused.code == 2 && refused.err.contains("--without"), "{refused:?}");
    for help in [&["bench", "--help"][..], &["dev", "--help"][..], &["up", "--help"][..]] {
        let shown = program::run(help);
        assert!(shown.code == 0 && !shown.out.contains("--without"), "{shown:?}");
    }
    for setting in ["sealing = false", "masking = 'off'", "without = ['sealing']", "unprotected = true"] {
        for table in ["grpc", "telemetry", "intake", "notifications"] {
            let data = tempdir().unwrap();
            let (file, folder) = (data.path().join("c.toml"), data.path().display().to_string());
            std::fs::write(&file, format!("[{table}]\n{setting}\n")).unwrap();
            let named = file.display().to_string();
            let refused = program::run(&["dev", "--port", "0", "--config", &named, "--data", &folder]);
            let key = format!("{table}.{}", setting.split(' ').next().unwrap());
            assert!(refused.code == 1 && refused.err.contains(&key), "{refused:?}");
        }
    }
}
