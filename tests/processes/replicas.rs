//! Two of every service and of the relay: the work is shared, and nothing happens twice.

use crate::up::{Up, eventually, program};
use crate::withdrawal::{Withdrawal, stage, stage_over};

#[tokio::test(flavor = "multi_thread")]
async fn two_of_everything_do_nothing_twice() {
    let (up, database, nats) = Up::on_shared_servers(2, &[]).await;
    drop(stage(&up).await);
    operators_see_them(&up, &nats);
    let mut cases = Vec::new();
    for index in 0..6 {
        let stage = stage_over(up.channel().await);
        cases.push(Withdrawal::open(stage, &format!("TX-9{index}001-TWICE")).await);
    }
    for case in &cases {
        case.take().await;
        case.escalate().await;
        case.approve().await;
        case.finish().await;
    }
    for case in &cases {
        case.happened_once(&up).await;
    }
    let numbers: std::collections::BTreeSet<&str> = cases.iter().map(|case| case.number.as_str()).collect();
    assert_eq!(numbers.len(), cases.len(), "no number was given twice: {numbers:?}");
    assert!(up.stop(), "it stops by itself");
    database.drop().await.unwrap();
}

/// Both relays answer, of which one holds the stream; and every service shows its consumers.
fn operators_see_them(up: &Up, nats: &scratch::shared::SharedNats) {
    let asked = |arguments: &[&str]| {
        let output = std::process::Command::new(program("casetrail"))
            .args(["--json", "--server", &format!("http://{}", up.ready.grpc)])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let status = asked(&["relay", "status", "--nats", &nats.url, "--prefix", &nats.prefix]);
    assert_eq!(status["relays"].as_array().unwrap().len(), 2, "{status}");
    assert!(status["holder"].as_str().unwrap().starts_with("casetrail-relay"), "{status}");
    let consumers = asked(&["consumers"]);
    for service in ["intake.", "routing.", "payments_escalation.", "notifications."] {
        let of_service =
            |consumer: &serde_json::Value| consumer["name"].as_str().unwrap().starts_with(service);
        assert!(consumers["consumers"].as_array().unwrap().iter().any(of_service), "{service} {consumers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_one_of_two_is_killed_the_other_goes_on() {
    let (up, database, _nats) = Up::on_shared_servers(2, &[]).await;
    let case = Withdrawal::open(stage(&up).await, "TX-95001").await;
    for name in ["intake-1", "routing-1", "payments-escalation-1", "notifications-1", "relay-1"] {
        up.kill(name);
    }
    case.take().await;
    case.escalate().await;
    case.approve().await;
    case.finish().await;
    case.happened_once(&up).await;
    eventually("the killed ones serve again", async || {
        let (status, _) = up.readiness("intake-1").await?;
        (status == 200).then_some(())
    })
    .await;
    assert!(up.stop());
    database.drop().await.unwrap();
}
