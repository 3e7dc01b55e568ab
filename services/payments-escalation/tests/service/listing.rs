//! The list of escalations: by brand and progress, page by page, the longest escalated first.

use std::time::Duration;

use contracts::payments_escalation::v1 as pb;
use tonic::Status;

use crate::world::{World, fields};

async fn page(
    world: &World,
    progress: pb::Progress,
    page_size: i32,
    page_token: &str,
) -> Result<(Vec<String>, String), Status> {
    let message = pb::ListEscalationsRequest {
        brand: "NB".to_owned(),
        progress: progress as i32,
        page_size,
        page_token: page_token.to_owned(),
    };
    let answer = world.client.clone().list_escalations(world.payments("anna", message)).await?.into_inner();
    let numbers = answer.escalations.iter().map(|one| one.case.as_ref().unwrap().number.clone()).collect();
    Ok((numbers, answer.next_page_token))
}

fn number(sequence: u32) -> String {
    case::CaseNumber::new("NB".parse().unwrap(), 2026, sequence).to_string()
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let world = World::start().await;
    for sequence in [3, 1, 2] {
        world.escalated(sequence, "TX-1").await;
        world.clock.advance(Duration::from_secs(1));
    }
    let (first, token) = page(&world, pb::Progress::Unspecified, 2, "").await.unwrap();
    assert_eq!(first, [number(3), number(1)]);
    let (second, end) = page(&world, pb::Progress::Unspecified, 2, &token).await.unwrap();
    assert_eq!((second, end.as_str()), (vec![number(2)], ""));
    let foreign = page(&world, pb::Progress::Executed, 2, &token).await.unwrap_err();
    assert_eq!(fields(&foreign), ["page_token"]);
    let rubbish = page(&world, pb::Progress::Unspecified, -1, "rubbish").await.unwrap_err();
    assert_eq!(fields(&rubbish), ["page_size", "page_token"]);
}

#[tokio::test]
async fn a_line_moves_with_its_escalation() {
    let world = World::start().await;
    let waiting = world.escalated(1, "TX-1-NEVER").await;
    world.escalated(2, "TX-1").await;
    assert_eq!(page(&world, pb::Progress::GatewayPending, 0, "").await.unwrap().0, [number(1)]);
    assert_eq!(page(&world, pb::Progress::UnderReview, 0, "").await.unwrap().0, [number(2)]);
    let message = pb::ListEscalationsRequest { brand: "NB".to_owned(), ..Default::default() };
    let answer = world.client.clone().list_escalations(world.payments("anna", message)).await.unwrap();
    let listed = &answer.get_ref().escalations[0];
    let shown = world.escalation(waiting).await;
    assert_eq!((&listed.case, &listed.amount), (&shown.case, &shown.amount));
    assert_eq!((listed.kind, listed.method, listed.progress), (shown.kind, shown.method, shown.progress));
    assert_eq!((&listed.brand, listed.escalated_at), (&shown.brand, shown.escalated_at));
}
