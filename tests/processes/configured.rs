//! Every deployable documents its settings, and says which key is wrong.

use std::process::{Command, Output};

use crate::up::program;

const PROGRAMS: [&str; 5] = [
    "casetrail-intake",
    "casetrail-routing",
    "casetrail-payments-escalation",
    "casetrail-notifications",
    "casetrail-relay",
];

fn run(program_name: &str, args: &[&str], env: &[(&str, &str)]) -> Output {
    Command::new(program(program_name)).args(args).envs(env.iter().copied()).output().unwrap()
}

#[test]
fn each_prints_its_settings_with_their_meaning() {
    for name in PROGRAMS {
        let printed = run(name, &["--print-config"], &[]);
        assert!(printed.status.success());
        let text = String::from_utf8(printed.stdout).unwrap();
        let settings: toml::Table = text.parse().unwrap();
        for table in ["grpc", "telemetry", "postgres", "nats", "keys", "data"] {
            assert!(settings.contains_key(table), "{name} has no [{table}]");
        }
        let own = name.trim_start_matches("casetrail-").replace('-', "_");
        assert!(own == "relay" || settings.contains_key(&own), "{name} has no [{own}]");
        assert!(text.lines().filter(|line| line.starts_with('#')).count() > 20, "{name} explains nothing");
    }
}

#[test]
fn a_wrong_key_or_value_is_named_and_a_secret_is_not_told() {
    for name in PROGRAMS {
        for (variable, value, key) in [
            ("CASETRAIL__GRPC__PROT", "1", "grpc.prot"),
            ("CASETRAIL__NATS__STREAM_REPLICAS", "three", "nats.stream_replicas"),
            ("CASETRAIL__POSTGRES__URL", "12", "postgres.url"),
        ] {
            let refused = run(name, &[], &[(variable, value)]);
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && said.contains(key), "{name} with {variable}: {said}");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[keyes]\nmaster_key = 'x'\n").unwrap();
        let refused = run(name, &["--config", file.path().to_str().unwrap()], &[]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("keyes: there is no such table"), "{name}: {said}");
        let missing = run(name, &["--config", "/nowhere/casetrail.toml"], &[]);
        assert!(String::from_utf8_lossy(&missing.stderr).contains("/nowhere/casetrail.toml"));
    }
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    for name in PROGRAMS {
        let refused = run(
            name,
            &[],
            &[
                ("CASETRAIL__POSTGRES__URL", "postgres://nobody:s3cret@127.0.0.1:1/casetrail"),
                ("CASETRAIL__POSTGRES__STARTUP_PATIENCE_SECONDS", "0"),
                ("CASETRAIL__GRPC__ADDRESS", "127.0.0.1:0"),
                ("CASETRAIL__GRPC__HTTP_ADDRESS", "127.0.0.1:0"),
            ],
        );
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{name}");
        assert!(said.contains("127.0.0.1") && !said.contains("s3cret"), "{name}: {said}");
    }
}

#[test]
fn each_says_its_version_and_what_it_was_built_from() {
    for name in PROGRAMS {
        let printed = run(name, &["--version"], &[]);
        let said = String::from_utf8_lossy(&printed.stdout).into_owned();
        assert!(said.starts_with(&format!("{name} {}, built from ", env!("CARGO_PKG_VERSION"))), "{said}");
    }
}
