//! Story 4, looked at more closely: no marketing from that moment on (I11), on any of the player's cases.

use case::notifications::{NotificationKind, NotificationStanding, SuppressionReason};
use case::{CaseState, Team};

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_to_be_excluded_goes_ahead_of_everything() {
    let (world, told) = super::play("self_exclusion").await;
    let case = world.case(&told.cases[0]).await.unwrap();
    assert_eq!(case.state, CaseState::Resolved);
    assert_eq!(case.routing.team, Some(Team::ResponsibleGambling));
    assert!(case.routing.safety);
    let offers: Vec<_> = case
        .notifications
        .notifications
        .values()
        .filter(|one| one.queued.as_ref().is_some_and(|queued| queued.kind == NotificationKind::Offer))
        .collect();
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].standing, NotificationStanding::Suppressed(SuppressionReason::PlayerExcluded));
}
