//! SIGHUP: a running process changes its log's filter and says what it cannot change; a wrong file changes
//! nothing. And what it logs names the trace and the case.

use serde_json::Value;

use crate::people::{ask, rasmus};
use crate::requests;
use crate::up::{Up, eventually, insist, signal};
use crate::withdrawal::stage;

/// The lines of a process' log, each an object.
fn lines(up: &Up, name: &str) -> Vec<Value> {
    up.log(name).lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Waits for a line that says this.
async fn said(up: &Up, name: &str, message: &str) -> Value {
    eventually(message, async || {
        let says =
            |line: &Value| line["fields"]["message"].as_str().is_some_and(|said| said.contains(message));
        lines(up, name).into_iter().rev().find(says)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_changes_while_it_runs_and_a_wrong_file_changes_nothing() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[telemetry]\nlog_filter = 'warn'\n").unwrap();
    let config = file.path().display().to_string();
    let (up, database, _nats) = Up::on_shared_servers(1, &[("CASETRAIL_CONFIG", &config)]).await;
    let stage = stage(&up).await;
    let open = async || {
        let request = requests::open_case(stage.new_id());
        insist("OpenCase", async || stage.intake().open_case(ask(&rasmus(), request.clone())).await)
            .await
            .case
            .unwrap()
    };
    open().await;
    assert!(lines(&up, "intake").iter().all(|line| line["level"] != "DEBUG"));

    std::fs::write(
        file.path(),
        "[telemetry]\nlog_filter = 'info,service_kit=debug'\n[grpc]\ndrain_seconds = 3\n",
    )
    .unwrap();
    let reload = || signal("HUP", up.process("intake").pid);
    reload();
    let line = said(&up, "intake", "not all of it").await;
    assert_eq!(line["fields"]["reloaded"], "telemetry.log_filter", "{line}");
    assert_eq!(line["fields"]["needs_restart"], "grpc.drain_seconds", "{line}");
    // A repeat is told in debug lines of the call, which name its trace, its span and its case.
    let case = open().await;
    let line = said(&up, "intake", "a command was executed").await;
    assert_eq!(line["level"], "DEBUG", "{line}");
    assert_eq!(line["case_id"], case.case_id.as_str(), "{line}");
    assert_eq!(line["case_number"], case.number.as_str(), "{line}");
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32, "{line}");
    assert_eq!(line["span_id"].as_str().unwrap().len(), 16, "{line}");

    for wrong in ["[telemetry]\nlog_filtr = 'info'\n", "[telemetry]\nsample_ratio = 2.0\n", "[telemetry\n"] {
        std::fs::write(file.path(), wrong).unwrap();
        let before = up.log("intake").matches("the old settings stay").count();
        reload();
        eventually("it is refused", async || {
            (up.log("intake").matches("the old settings stay").count() > before).then_some(())
        })
        .await;
    }
    let refused = up.log("intake");
    for key in ["telemetry.log_filtr", "telemetry.sample_ratio = 2"] {
        assert!(refused.contains(key), "{key} is not named");
    }
    let before = lines(&up, "intake").len();
    open().await;
    eventually("it still logs as it was told before", async || {
        lines(&up, "intake").into_iter().skip(before).find(|line| line["level"] == "DEBUG")
    })
    .await;
    drop(stage);
    assert!(up.stop());
    database.drop().await.unwrap();
}
