//! Each process is killed in the middle of a story, and started again: the story goes on and ends as if
//! nothing had happened.

use crate::up::Up;
use crate::withdrawal::{Withdrawal, stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_story_survives_the_death_of_every_process_between_its_steps() {
    let (up, database, _nats) = Up::on_shared_servers(1, &[]).await;
    let stage = stage(&up).await;
    let case = Withdrawal::open(stage, "TX-96001").await;
    // At once, while the others still react to what was just recorded.
    up.kill("routing");
    case.take().await;
    up.kill("intake");
    up.kill("relay");
    case.escalate().await;
    up.kill("payments-escalation");
    case.approve().await;
    up.kill("notifications");
    case.finish().await;
    case.happened_once(&up).await;
    assert!(up.stop());
    database.drop().await.unwrap();
}
