//! Story 5, looked at more closely.

use case::Aggregate;

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_of_many_players_is_one_pattern() {
    let (world, told) = super::play("one_fault_many_players").await;
    assert_eq!(told.cases.len(), 15);
    for case in world.cases().await.unwrap() {
        assert_eq!(case.intake.patterns.len(), 1, "{:?}", case.spoken_name());
    }
    let first = world.case(&told.cases[0]).await.unwrap();
    assert_eq!(first.intake.messages_received, 2, "the e-mail joined the chat's case");
}
