//! Configuration that does not read: every mistake is named by its key, and where it was made.

use embedded::Config;

use super::refused;

fn problem(overrides: &str) -> String {
    Config::from_overrides(&[overrides]).unwrap_err().to_string()
}

#[test]
fn a_typo_names_its_key_and_what_could_be_meant() {
    for (typo, key, meant) in [
        ("[grpc]\nadress = '127.0.0.1:7700'", "grpc.adress", "address"),
        ("[telemetry]\nlog_fliter = 'info'", "telemetry.log_fliter", "log_filter"),
        ("[gateway]\nlate_reply = 5", "gateway.late_reply", "late_reply_ms"),
        ("[payments_escalation.gateway]\ntimeout = 5", "payments_escalation.gateway.timeout", "timeout_ms"),
        ("[notifications.outbox]\nfoldr = 'x'", "notifications.outbox.foldr", "folder"),
        ("[routng]\n", "routng", "routing"),
        ("[intake]\nno_such_setting = 1", "intake.no_such_setting", ""),
        ("[routing]\nno_such_setting = 1", "routing.no_such_setting", ""),
    ] {
        let said = problem(typo);
        assert!(said.contains(key) && said.contains(meant), "{typo}: {said}");
    }
}

#[test]
fn a_value_of_the_wrong_type_names_its_key() {
    for (wrong, key) in [
        ("[grpc]\ndrain_seconds = 'ten'", "grpc.drain_seconds"),
        ("[grpc]\naddress = 7700", "grpc.address"),
        ("[grpc]\naddress = 'localhost'", "grpc.address"),
        ("[gateway]\nport = 70000", "gateway.port"),
        ("[telemetry]\nlog_format = 'yaml'", "telemetry.log_format"),
        ("[notifications]\nretry_after_seconds = 'never'", "notifications.retry_after_seconds"),
    ] {
        let said = problem(wrong);
        assert!(said.contains(key), "{wrong}: {said}");
    }
}

#[test]
fn a_mistake_in_a_file_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("casetrail.toml");
    for (content, key) in [("[grpc]\nadress = '127.0.0.1:0'\n", "grpc.adress"), ("[grpc\n", "")] {
        std::fs::write(&path, content).unwrap();
        let said = Config::load(Some(&path)).unwrap_err().to_string();
        assert!(said.contains(key) && said.contains("casetrail.toml"), "{content}: {said}");
    }
    let missing = folder.path().join("no-such-file.toml");
    let said = Config::load(Some(&missing)).unwrap_err().to_string();
    assert!(said.contains("no-such-file.toml"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_makes_no_sense_stops_the_start_and_names_its_key() {
    let folder = tempfile::tempdir().unwrap();
    for (wrong, key) in [
        ("[notifications]\ndefault_time_zone = 'Europe/Atlantis'", "notifications.default_time_zone"),
        ("[payments_escalation.large_payout_limits_minor]\nDKX = 1", "large_payout_limits_minor.DKX"),
        ("[intake]\npattern_threshold = 1", "intake.pattern_threshold"),
        ("[routing.rules]\noffer_time_limit = '0s'", "offer_time_limit"),
    ] {
        let said = refused(folder.path(), wrong).await;
        assert!(said.contains(key), "{wrong}: {said}");
    }
    super::starts_and_stops(folder.path()).await;
}
