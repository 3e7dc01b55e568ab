use case::{Channel, Topic};
use contracts::routing::v1 as pb;

use crate::world::{Opening, World};

#[tokio::test]
async fn read_models_built_anew_from_the_log_are_the_same_and_nothing_happens_twice() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::Payments]).await;
    world.agent("bent", &[pb::Team::Payments, pb::Team::General]).await;
    for (sequence, topic) in (1..).zip([Topic::Withdrawal, Topic::Bonus, Topic::Deposit, Topic::Withdrawal]) {
        world.open(sequence, Opening::of(Channel::Chat, topic)).await;
    }
    world.settled().await;
    let offers = world.offers("anna").await;
    world.accept(&offers[0]).await.unwrap();
    world.decline(&world.offers("bent").await[0]).await;
    world.presence("bent", pb::Presence::Away).await;
    world.settled().await;

    let rebuilt = world.rebuilt().await;
    rebuilt.settled().await;
    for team in [pb::Team::Payments, pb::Team::General] {
        assert_eq!(rebuilt.queue(team).await, world.queue(team).await);
    }
    for agent in ["anna", "bent"] {
        assert_eq!(rebuilt.get_agent(agent).await, world.get_agent(agent).await);
        assert_eq!(rebuilt.offers(agent).await, world.offers(agent).await);
    }
    for sequence in 1..=4_u128 {
        let case = uuid::Uuid::from_u128(0x0001_9000_0000_7000_8000_0000_0000_0000 + sequence);
        assert_eq!(
            rebuilt.count(case, "routing.case_queued").await,
            world.count(case, "routing.case_queued").await
        );
    }
}
