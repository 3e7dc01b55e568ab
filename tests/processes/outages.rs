//! Postgres or NATS is away for ten seconds in the middle of a story: health says so, nothing is lost, and
//! everything recovers by itself.

use std::time::Duration;

use crate::up::{Up, eventually};
use crate::withdrawal::{Withdrawal, stage};

/// How long they are away.
const OUTAGE: Duration = Duration::from_secs(10);

/// Waits until readiness is as expected and its text names the reason.
async fn readiness_is(up: &Up, name: &str, status: u16, says: &str) {
    let what = format!("readiness of {name} is {status} and says {says:?}");
    eventually(&what, async || {
        let (found, text) = up.readiness(name).await?;
        (found == status && text.contains(says)).then_some(())
    })
    .await;
    assert!(up.is_alive(name).await, "liveness asks nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_away_for_ten_seconds() {
    let (up, mut postgres, _nats) = Up::on_own_servers(&[]).await;
    let case = Withdrawal::open(stage(&up).await, "TX-97001").await;
    case.take().await;
    let back = tokio::time::Instant::now() + OUTAGE;
    postgres.crash().await.unwrap();
    readiness_is(&up, "intake", 503, "postgres: ").await;
    readiness_is(&up, "relay", 503, "postgres: ").await;
    tokio::time::timeout_at(back, std::future::pending::<()>()).await.unwrap_err();
    postgres.start_again().await.unwrap();
    case.escalate().await;
    readiness_is(&up, "intake", 200, "postgres: ok").await;
    case.approve().await;
    case.finish().await;
    case.happened_once(&up).await;
    assert!(up.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_is_away_for_ten_seconds_and_comes_back_empty() {
    let (up, _postgres, mut nats) = Up::on_own_servers(&[]).await;
    let case = Withdrawal::open(stage(&up).await, "TX-97002").await;
    case.take().await;
    let back = tokio::time::Instant::now() + OUTAGE;
    nats.kill().await.unwrap();
    readiness_is(&up, "routing", 503, "nats: ").await;
    // The log takes facts without NATS; they travel when it is back.
    tokio::time::timeout_at(back, std::future::pending::<()>()).await.unwrap_err();
    std::fs::remove_dir_all(nats.store()).unwrap();
    nats.start_again().await.unwrap();
    readiness_is(&up, "routing", 200, "nats: ok").await;
    case.escalate().await;
    case.approve().await;
    case.finish().await;
    case.happened_once(&up).await;
    assert!(up.stop());
}
