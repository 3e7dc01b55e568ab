//! A watch goes on for as long as its caller may look, and no longer.

use std::time::Duration;

use access::Role;
use contracts::history::v1::{Entry, WatchCaseResponse};
use contracts::routing::v1::Team;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

use crate::caller::{Desk, OWN};

/// Longer than anything takes that does not wait for the clock.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a watch told until it ended, and how it did.
async fn to_the_end(mut watch: Streaming<WatchCaseResponse>) -> (Vec<Entry>, Status) {
    let told = async {
        let mut entries = Vec::new();
        loop {
            match watch.message().await {
                Ok(Some(told)) => entries.extend(told.entry),
                Ok(None) => panic!("a watch ends with a status"),
                Err(status) => return (entries, status),
            }
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("the watch ends")
}

/// Reads what is there already, up to the fact of this type.
async fn until(watch: &mut Streaming<WatchCaseResponse>, event_type: &str) {
    let told = async {
        while watch.message().await.expect("it goes on").and_then(|told| told.entry).expect("a fact").r#type
            != event_type
        {}
    };
    tokio::time::timeout(PATIENCE, told).await.expect("the fact comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_when_its_case_turns_confidential_and_tells_nothing_of_why() {
    let desk = Desk::open().await;
    let case = desk.opened_in(Team::Payments).await;
    let others = desk.token_in(&["general", "payments"], "ola", Role::Agent, OWN);
    let members = desk.token_in(&["general", "responsible_gambling"], "mette", Role::Agent, OWN);
    let mut ends = desk.watch(&case, &others).await;
    let mut goes_on = desk.watch(&case, &members).await;
    until(&mut ends, "routing.case_transferred").await;
    until(&mut goes_on, "routing.case_transferred").await;
    desk.transferred(&case, Team::ResponsibleGambling).await;
    let (told, ended) = to_the_end(ends).await;
    let types: Vec<&str> = told.iter().map(|entry| entry.r#type.as_str()).collect();
    assert!(!types.contains(&"routing.case_transferred"), "{types:?}");
    let reason = ended.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    assert_eq!((ended.code(), reason.as_str()), (Code::NotFound, "CASE_NOT_FOUND"));
    until(&mut goes_on, "routing.case_transferred").await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_the_token_that_it_began_with() {
    let desk = Desk::open().await;
    let case = desk.opened(OWN).await;
    let mut watch = desk.watch(&case, &desk.token(Role::Agent, OWN)).await;
    until(&mut watch, "intake.case_opened").await;
    desk.pass(Duration::from_mins(59));
    let mut later = desk.watch(&case, &desk.token(Role::Agent, OWN)).await;
    desk.pass(Duration::from_mins(2));
    let (_, ended) = to_the_end(watch).await;
    let reason = ended.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    assert_eq!((ended.code(), reason.as_str()), (Code::Unauthenticated, "TOKEN_EXPIRED"));
    // The later one is of a token that is valid still, and tells what comes.
    desk.transferred(&case, Team::Complaints).await;
    until(&mut later, "routing.case_transferred").await;
    desk.close().await;
}
