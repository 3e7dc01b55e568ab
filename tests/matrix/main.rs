//! Every method x every role x own and foreign brand, through a real server with real tokens: who is not
//! admitted is refused, and of a foreign brand's case nobody learns that it is there.

#[path = "../support/bytes.rs"]
mod bytes;
mod caller;
mod filled;
mod masked;
mod planted;
#[path = "../journey/requests.rs"]
#[expect(dead_code, reason = "one of them is enough here")]
mod requests;
mod teams;
mod watched;

use access::Role;
use access::table;
use tonic::Code;

use crate::caller::{Answer, Desk, FOREIGN, OWN};
use crate::filled::Filled;

/// Refusals of somebody who may not.
const REFUSED: [&str; 2] = ["ROLE_NOT_ALLOWED", "BRAND_NOT_ALLOWED"];
/// What may be answered about something that the caller does not reach: the same as if it were not there, or
/// that the request makes no sense whatever there is.
const TELLS_NOTHING: [&str; 5] =
    ["CASE_NOT_FOUND", "AGENT_NOT_FOUND", "BRAND_NOT_ALLOWED", "INVALID_ARGUMENT", "OTHER_CASE_NOT_FOUND"];

#[tokio::test(flavor = "multi_thread")]
async fn every_method_admits_the_roles_of_the_table_and_their_own_brand_only() {
    let desk = Desk::open().await;
    let (own, foreign) = (desk.opened(OWN).await, desk.opened(FOREIGN).await);
    let mut tried = 0;
    let mut stopped_at_the_door: Vec<String> = Vec::new();
    for path in table::paths() {
        let mut is_stopped = true;
        for role in Role::ALL {
            let token = desk.token(role, OWN);
            let may = table::admitted(&path).admits(role);
            for (brand, case) in [(OWN, &own), (FOREIGN, &foreign)] {
                let what = format!("{path} by {role} at {brand}");
                let filled = Filled::of(&path, brand, case);
                let answer = desk.call(&path, Some(&token), &filled.bytes).await;
                tried += 1;
                if !may {
                    assert_eq!(answer, Answer::refused(Code::PermissionDenied, "ROLE_NOT_ALLOWED"), "{what}");
                } else if brand == OWN {
                    assert!(!REFUSED.contains(&answer.reason()), "{what}: {answer:?}");
                    assert_ne!(answer.reason(), "CASE_NOT_FOUND", "{what}: {answer:?}");
                } else if filled.names_something {
                    assert!(TELLS_NOTHING.contains(&answer.reason()), "{what}: {answer:?}");
                    is_stopped &= answer.reason() != "INVALID_ARGUMENT";
                }
            }
        }
        if is_stopped {
            stopped_at_the_door.push(path);
        }
    }
    assert_eq!(tried, table::paths().count() * Role::ALL.len() * 2);
    // Most requests are whole, so that it was the brand and not a missing field that stopped them.
    assert!(stopped_at_the_door.len() > 50, "{stopped_at_the_door:#?}");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_case_and_one_that_is_not_there_are_answered_alike() {
    let desk = Desk::open().await;
    let foreign = desk.opened(FOREIGN).await;
    let number = desk.number(&foreign).await;
    let token = desk.token(Role::Agent, OWN);
    let path = "/casetrail.intake.v1.IntakeService/GetCase";
    for (there, not_there) in [
        (foreign.clone(), uuid::Uuid::nil().to_string()),
        (number, format!("{FOREIGN}-2026-999999-{}", caller::check_letter(FOREIGN, 2026, 999_999))),
    ] {
        let found = desk.call(path, Some(&token), &Filled::of(path, OWN, &there).bytes).await;
        let absent = desk.call(path, Some(&token), &Filled::of(path, OWN, &not_there).bytes).await;
        assert_eq!(found.reason(), "CASE_NOT_FOUND");
        assert_eq!(found, absent);
        assert_eq!(found.message.replace(&there, "X"), absent.message.replace(&not_there, "X"));
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_reaches_their_own_cases_only() {
    let desk = Desk::open().await;
    let own = desk.opened(OWN).await;
    let path = "/casetrail.intake.v1.IntakeService/ReceiveMessage";
    for (player, reason) in [("p-1", ""), ("p-2", "CASE_NOT_FOUND")] {
        let token = desk.token_of(player, Role::Player, OWN);
        let answer = desk.call(path, Some(&token), &Filled::of(path, OWN, &own).bytes).await;
        assert_eq!(answer.reason(), reason, "{player}: {answer:?}");
    }
    let open = "/casetrail.intake.v1.IntakeService/OpenCase";
    let token = desk.token_of("p-2", Role::Player, OWN);
    let answer = desk.call(open, Some(&token), &Filled::of(open, OWN, "").bytes).await;
    assert_eq!(
        answer,
        Answer::refused(Code::PermissionDenied, "BRAND_NOT_ALLOWED"),
        "a case of somebody else"
    );
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_token_nothing_is_answered_but_health() {
    let desk = Desk::open().await;
    let case = desk.opened(OWN).await;
    for path in table::paths() {
        let bytes = Filled::of(&path, OWN, &case).bytes;
        let none = desk.call(&path, None, &bytes).await;
        assert_eq!(none, Answer::refused(Code::Unauthenticated, "TOKEN_MISSING"), "{path}");
        assert_eq!(none.challenge, "Bearer");
    }
    let path = "/casetrail.intake.v1.IntakeService/GetCase";
    let bad = desk.call(path, Some("a.b.c"), &Filled::of(path, OWN, &case).bytes).await;
    assert_eq!(bad, Answer::refused(Code::Unauthenticated, "TOKEN_MALFORMED"));
    assert_eq!(bad.challenge, r#"Bearer error="invalid_token""#);
    let health = desk.call("/grpc.health.v1.Health/Check", None, &[]).await;
    assert_eq!(health.code, Code::Ok, "{health:?}");
    let token = desk.token(Role::Agent, OWN);
    let unknown = desk.call("/casetrail.intake.v1.IntakeService/DropCase", Some(&token), &[]).await;
    assert_eq!(unknown, Answer::refused(Code::PermissionDenied, "ROLE_NOT_ALLOWED"));
    desk.close().await;
}
