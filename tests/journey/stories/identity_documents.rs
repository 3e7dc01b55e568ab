//! Story 2, looked at more closely: what was masked is nowhere (I9), and what is personal is sealed.

use world::behind::stored_with;

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_rejected_with_a_remedy_and_approved_when_every_part_passes() {
    let (world, told) = super::play("identity_documents").await;
    let case = world.case(&told.cases[0]).await.unwrap();
    assert_eq!(case.intake.verified, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_number_and_its_code_are_stored_nowhere() {
    let (world, _) = super::play("identity_documents").await;
    let data = world.data.clone();
    let _folder = world.stop().await.unwrap();
    for secret in ["4111 1111 1111 1111", "4111111111111111", "CVV 123"] {
        assert_eq!(stored_with(&data, secret).await.unwrap(), Vec::<String>::new(), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_texts_are_readable_in_the_outbox_only() {
    let (world, _) = super::play("identity_documents").await;
    let data = world.data.clone();
    let _folder = world.stop().await.unwrap();
    for personal in ["elin@player.example", "Vilka dokument", "pass-ny.png"] {
        let found = stored_with(&data, personal).await.unwrap();
        assert!(found.iter().all(|file| file.contains("outbox")), "{personal} in {found:?}");
    }
}
