//! Two of every service and of the relay: the work is shared, and nothing happens twice.

use crate::up::{Up, eventually};
use crate::withdrawal::{Withdrawal, stage, stage_over};

#[tokio::test(flavor = "multi_thread")]
async fn two_of_everything_do_nothing_twice() {
    let (up, database, _nats) = Up::on_shared_servers(2, &[]).await;
    drop(stage(&up).await);
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
