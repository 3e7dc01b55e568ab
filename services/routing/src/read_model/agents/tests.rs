//! Facts that are taken in many at a time leave the rows that they leave one by one.

use case::Channel;
use case::routing::{AssignedBy, CaseAssigned, OfferDeclined, OfferExpired};
use service_kit::store::Store;
use uuid::Uuid;

use super::*;

const FACTS: u64 = 120;

/// Whatever three agents of two brands do, in an order without a pattern.
fn facts() -> Vec<(Committed, CaseEvent)> {
    (1..=FACTS).map(|position| fact(position, position.wrapping_mul(2_654_435_761) >> 7)).collect()
}

fn fact(position: u64, chance: u64) -> (Committed, CaseEvent) {
    let agent_id: AgentId = ["mette", "lars", "anna"][usize::try_from(chance % 3).unwrap()].parse().unwrap();
    let offer_id = Uuid::from_u128(u128::from(position));
    let event = match chance / 3 % 4 {
        0 => Event::CaseAssigned(CaseAssigned {
            agent_id,
            team: Team::Payments,
            by: AssignedBy::Claim,
            weight: 1,
            channel: Channel::Form,
        }),
        1 => Event::OfferDeclined(OfferDeclined { offer_id, agent_id }),
        _ => Event::OfferExpired(OfferExpired { offer_id, agent_id }),
    };
    let event = CaseEvent::Routing(event);
    let committed = Committed {
        position,
        stream: Uuid::from_u128(7),
        version: position,
        tenant: ["NB", "SB"][usize::try_from(chance / 12 % 2).unwrap()].to_owned(),
        event_id: offer_id,
        command_id: offer_id,
        command_seq: 0,
        event_type: event.stored_name().to_owned(),
        schema_version: event.schema_version(),
        // Several at the same moment.
        recorded_at: Timestamp::from_second(i64::try_from(position / 3).unwrap()).unwrap(),
        meta: b"{}".to_vec(),
        payload: event.encode().unwrap(),
        hash: [0; 32],
    };
    (committed, event)
}

/// All rows, after the facts were taken in so many at a time.
async fn rows(facts: &[(Committed, CaseEvent)], at_a_time: usize) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_file(&folder.path().join("routing.db"), &crate::MIGRATIONS).await.unwrap();
    let mut rows = store.begin().await.unwrap();
    for facts in facts.chunks(at_a_time) {
        AgentRows.put_all(&mut rows, facts).await.unwrap();
    }
    rows.commit().await.unwrap();
    let activity = all(
        &store,
        "SELECT brand || ' ' || agent_id || ' ' || last_assigned_us || ' ' || last_active_us FROM agent_activity \
         ORDER BY 1",
    );
    let (activity, missed) = (
        activity.await,
        all(&store, "SELECT brand || ' ' || agent_id || ' ' || missed_us FROM missed_offer ORDER BY 1").await,
    );
    store.close().await;
    (activity, missed)
}

async fn all(store: &Store, statement: &'static str) -> Vec<String> {
    let rows = sqlx::query(statement).fetch_all(store.pool()).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn many_facts_at_a_time_leave_the_rows_that_they_leave_one_by_one() {
    let facts = facts();
    let one_by_one = rows(&facts, 1).await;
    assert_eq!(one_by_one.0.len(), 6, "{one_by_one:?}");
    assert!(!one_by_one.1.is_empty(), "no offer is still missed");
    for at_a_time in [2, 7, 50, facts.len()] {
        assert_eq!(rows(&facts, at_a_time).await, one_by_one, "{at_a_time} at a time");
    }
    // Nor does it matter which came first.
    let backwards: Vec<_> = facts.iter().rev().cloned().collect();
    for at_a_time in [1, 7, facts.len()] {
        assert_eq!(rows(&backwards, at_a_time).await, one_by_one, "backwards, {at_a_time} at a time");
    }
}
