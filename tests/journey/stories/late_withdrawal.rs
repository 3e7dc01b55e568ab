//! Story 1, looked at more closely: what the gateway really did, and what the player was really told.

use case::payments_escalation::Progress;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_late_withdrawal_is_paid_once_by_two_approvers() {
    let (world, told) = super::play("late_withdrawal").await;
    let case = world.case(&told.cases[0]).await.unwrap();
    assert_eq!(case.payments_escalation.progress, Some(Progress::Executed));
    assert_eq!(case.intake.feedback_score, Some(5));
    assert_eq!(case.routing.horizon_extensions, 1, "one time-out moves the promise once");

    // I4: counted at the gateway.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ledger: Value = reqwest::get(format!("http://{}/v1/ledger", world.system.gateway()))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(ledger["entries"].as_array().unwrap().len(), 1, "money moved once: {ledger}");
    assert_eq!(ledger["entries"][0]["amount_minor"], 1_250_000, "{ledger}");
    let executed = |callback: &&Value| callback["type"] == "payment.executed";
    let confirmations = ledger["callbacks"].as_array().unwrap().iter().filter(executed).count();
    assert_eq!(confirmations, 2, "although it was confirmed twice: {ledger}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_notification_is_never_sent_twice() {
    let (world, told) = super::play("late_withdrawal").await;
    let case = world.case(&told.cases[0]).await.unwrap();
    let mails = std::fs::read_dir(world.system.outbox()).unwrap().count();
    let sent = world
        .events()
        .await
        .unwrap()
        .iter()
        .filter(|event| event.event_type == "notifications.notification_sent")
        .count();
    assert_eq!(mails, sent);
    assert!(case.notifications.notifications.len() >= 8, "receipt, introduction, request, receipt, ...");
}
