//! What an engineer is shown: of a case full of secrets none, by whatever method, until one case is unmasked.

use std::time::Duration;

use access::{Role, table};
use contracts::history::v1::{ListHistoryRequest, ListHistoryResponse, ListReadsRequest, ListReadsResponse};
use contracts::routing::v1::Team;
use prost::Message;
use tonic::Code;

use crate::caller::{Answer, Desk, OWN};
use crate::filled::Filled;
use crate::planted::{self, FINDING, SECRETS};

const LIST_HISTORY: &str = "/casetrail.history.v1.HistoryService/ListHistory";
const WATCH: &str = "/casetrail.history.v1.HistoryService/WatchCase";
const LIST_DELIVERIES: &str = "/casetrail.notifications.v1.NotificationsService/ListDeliveries";
/// The methods that show one case, by what the audit calls them.
const OF_ONE_CASE: [(&str, &str); 6] = [
    ("/casetrail.history.v1.HistoryService/GetCase", "history.GetCase"),
    (LIST_HISTORY, "history.ListHistory"),
    (WATCH, "history.WatchCase"),
    ("/casetrail.intake.v1.IntakeService/GetCase", "intake.GetCase"),
    (
        "/casetrail.payments_escalation.v1.PaymentsEscalationService/GetEscalation",
        "payments_escalation.GetEscalation",
    ),
    ("/casetrail.notifications.v1.NotificationsService/GetPreferences", "notifications.GetPreferences"),
];
/// An engineer belongs to no team.
const NONE: [&str; 0] = [];
const PROVEN: Option<&str> = Some(access::mint::SECOND_FACTOR);
const UNMASK: (&str, &str) = ("casetrail-unmask", "true");
const PURPOSE: (&str, &str) = ("casetrail-purpose", "incident 4711");

fn engineer(desk: &Desk, acr: Option<&str>) -> String {
    desk.token_with(&NONE, "eva", &[Role::Engineer], OWN, acr)
}

/// The secrets that are in it.
fn found_in(bytes: &[u8]) -> Vec<&'static str> {
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    SECRETS.iter().copied().chain([FINDING]).filter(|secret| holds(secret)).collect()
}

/// All that the method tells whoever has this token: of a watch the whole history.
async fn told(desk: &Desk, path: &str, token: &str, case: &str) -> Answer {
    let request = Filled::only_about(path, OWN, case);
    let mut answer = desk.call(path, Some(token), &request).await;
    if path == WATCH {
        let newest = history(desk, &desk.token(Role::Auditor, OWN), case).await.entries.len();
        let mut watch = desk.watch(case, token).await;
        for _ in 0..newest {
            answer.body.extend(watch.message().await.expect("it goes on").expect("a fact").encode_to_vec());
        }
    }
    answer
}

async fn history(desk: &Desk, token: &str, case: &str) -> ListHistoryResponse {
    let request =
        ListHistoryRequest { case: case.to_owned(), page_size: 200, ..ListHistoryRequest::default() };
    let answer = desk.call(LIST_HISTORY, Some(token), &request.encode_to_vec()).await;
    ListHistoryResponse::decode(answer.body.as_slice()).expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_is_shown_nothing_of_what_people_wrote_or_who_they_are() {
    let desk = Desk::open().await;
    let case = planted::case(&desk).await;
    let (engineer, auditor) = (engineer(&desk, None), desk.token(Role::Auditor, OWN));
    let (mut asked, mut shown_to_others) = (0, Vec::new());
    for path in table::paths().filter(|path| table::admitted(path).admits(Role::Engineer)) {
        let (_, method) = path.rsplit_once('/').unwrap();
        let is_read = ["Get", "List", "Watch", "Verify"].iter().any(|verb| method.starts_with(verb));
        assert!(is_read && !method.contains("Upload"), "{path} is not for engineers");
        let masked = told(&desk, &path, &engineer, &case).await;
        // There is no dead letter here; every other answer is a whole one.
        let expected = if method == "GetDeadLetter" { Code::NotFound } else { Code::Ok };
        assert_eq!(masked.code, expected, "{path}: {masked:?}");
        assert_eq!(found_in(&masked.body), [""; 0], "{path} tells an engineer");
        asked += 1;
        if table::admitted(&path).admits(Role::Auditor) {
            shown_to_others.extend(found_in(&told(&desk, &path, &auditor, &case).await.body));
        }
    }
    assert!(asked > 15, "only {asked} methods were asked");
    // None of them was hidden by not being there.
    for secret in SECRETS.iter().copied().chain([FINDING]) {
        assert!(shown_to_others.contains(&secret), "{secret} was shown to nobody");
    }
    // What helps to find a fault is there.
    let (masked, clear) = (history(&desk, &engineer, &case).await, history(&desk, &auditor, &case).await);
    for (masked, clear) in masked.entries.iter().zip(&clear.entries) {
        let known = |entry: &contracts::history::v1::Entry| {
            (
                entry.version,
                entry.event_id.clone(),
                entry.r#type.clone(),
                entry.recorded_at,
                entry.hash.clone(),
            )
        };
        assert_eq!(known(masked), known(clear));
        assert_eq!(masked.summary, "[masked]");
        serde_json::from_str::<serde_json::Value>(&masked.details_json).expect("JSON");
    }
    let escalated = masked.entries.iter().find(|entry| entry.r#type.ends_with("payment_escalated")).unwrap();
    for part in ["250000", "DKK", "withdrawal_late", "bank_transfer", "[masked]"] {
        assert!(escalated.details_json.contains(part), "{part}: {}", escalated.details_json);
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_unmasks_one_case_with_a_purpose_and_a_fresh_second_factor_and_it_is_written_down() {
    let desk = Desk::open().await;
    let case = planted::case(&desk).await;
    let (plain, proven) = (engineer(&desk, None), engineer(&desk, PROVEN));
    for (path, _) in OF_ONE_CASE {
        let call = async |token: &str, metadata: &[(&'static str, &str)]| {
            desk.call_with(path, Some(token), metadata, vec![Filled::only_about(path, OWN, &case)]).await
        };
        let unproven = call(&plain, &[UNMASK, PURPOSE]).await;
        assert_eq!(unproven, Answer::refused(Code::PermissionDenied, "SECOND_FACTOR_REQUIRED"), "{path}");
        assert!(unproven.challenge.contains("insufficient_user_authentication"), "{path}: {unproven:?}");
        let without_purpose = call(&proven, &[UNMASK]).await;
        assert_eq!(without_purpose, Answer::refused(Code::InvalidArgument, "INVALID_ARGUMENT"), "{path}");
        assert!(without_purpose.message.contains("casetrail-purpose"), "{without_purpose:?}");
        let masked = call(&proven, &[PURPOSE]).await;
        assert_eq!((masked.code, found_in(&masked.body)), (Code::Ok, Vec::new()), "{path}");
        // Two reads of one moment have no order.
        desk.pass(Duration::from_secs(1));
        let unmasked = call(&proven, &[UNMASK, PURPOSE]).await;
        let in_the_clear = call(&desk.token(Role::Auditor, OWN), &[]).await;
        assert_eq!((unmasked.code, &unmasked.body), (Code::Ok, &in_the_clear.body), "{path}");
    }
    let found = reads(&desk, "agent:eva", 2 * OF_ONE_CASE.len()).await;
    for (_, method) in OF_ONE_CASE {
        let noted: Vec<_> = found.iter().filter(|(by, _, _)| by == method).collect();
        let expected = [("unmasked: ", "incident 4711"), ("masked", "incident 4711")];
        assert_eq!(noted.len(), expected.len(), "{method}: {noted:?}");
        for ((_, fields, purpose), (begin, what_for)) in noted.iter().zip(expected) {
            assert!(fields.starts_with(begin) && purpose == what_for, "{method}: {noted:?}");
        }
    }
    // Of a list of many cases nothing is unmasked.
    for path in ["/casetrail.intake.v1.IntakeService/ListCases", LIST_DELIVERIES] {
        let list = vec![Filled::only_about(path, OWN, "")];
        let answer = desk.call_with(path, Some(&proven), &[UNMASK, PURPOSE], list).await;
        assert_eq!(answer, Answer::refused(Code::InvalidArgument, "INVALID_ARGUMENT"), "{path}");
        assert!(answer.body.is_empty() && answer.message.contains("casetrail-unmask"), "{path}: {answer:?}");
    }
    desk.pass(Duration::from_mins(6));
    let (path, _) = OF_ONE_CASE[0];
    let request = vec![Filled::only_about(path, OWN, &case)];
    let stale = desk.call_with(path, Some(&proven), &[UNMASK, PURPOSE], request).await;
    assert_eq!(stale, Answer::refused(Code::PermissionDenied, "SECOND_FACTOR_REQUIRED"));
    desk.close().await;
}

/// What the audit says of a reader once there are so many: method, fields and purpose of each read, the last one first.
/// Each service writes its own a moment later.
async fn reads(desk: &Desk, reader: &str, number: usize) -> Vec<(String, String, String)> {
    let path = "/casetrail.history.v1.HistoryService/ListReads";
    let request = ListReadsRequest {
        brand: OWN.to_owned(),
        reader: reader.to_owned(),
        page_size: 200,
        ..ListReadsRequest::default()
    };
    let officer = desk.token(Role::PrivacyOfficer, OWN);
    let mut look = tokio::time::interval(Duration::from_millis(100));
    let written = async {
        loop {
            look.tick().await;
            let answer = desk.call(path, Some(&officer), &request.encode_to_vec()).await;
            let found = ListReadsResponse::decode(answer.body.as_slice()).expect("an answer").reads;
            if found.len() >= number {
                return found;
            }
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), written).await.expect("reads are written down");
    found.into_iter().map(|read| (read.method, read.fields, read.purpose)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_sees_confidential_teams_cases_masked_alone_and_as_an_agent_what_agents_see() {
    let desk = Desk::open().await;
    let case = planted::case(&desk).await;
    let both = [Role::Engineer, Role::Agent];
    let token = desk.token_with(&["general", "payments"], "eva", &both, OWN, None);
    let (path, _) = OF_ONE_CASE[0];
    let clear = desk.call(path, Some(&token), &Filled::only_about(path, OWN, &case)).await;
    assert!(clear.code == Code::Ok && !found_in(&clear.body).is_empty(), "{clear:?}");
    let confidential = desk.opened_in(Team::ResponsibleGambling).await;
    let request = Filled::only_about(path, OWN, &confidential);
    let hidden = desk.call(path, Some(&token), &request).await;
    assert_eq!(hidden, Answer::refused(Code::NotFound, "CASE_NOT_FOUND"));
    // Who is an engineer only reads it, masked.
    let masked = desk.call(path, Some(&engineer(&desk, None)), &request).await;
    assert_eq!(masked.code, Code::Ok, "{masked:?}");
    let metadata = [UNMASK, PURPOSE];
    let unmasked = desk.call_with(path, Some(&engineer(&desk, PROVEN)), &metadata, vec![request]).await;
    assert_eq!(unmasked, Answer::refused(Code::NotFound, "CASE_NOT_FOUND"));
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_looked_for_by_somebody_who_reads_masked() {
    let desk = Desk::open().await;
    planted::case(&desk).await;
    let path = "/casetrail.intake.v1.IntakeService/ListCases";
    let by = |player_id: &str, contact: &str| contracts::intake::v1::ListCasesRequest {
        brand: OWN.to_owned(),
        player_id: player_id.to_owned(),
        contact: contact.to_owned(),
        ..contracts::intake::v1::ListCasesRequest::default()
    };
    for request in [by(SECRETS[0], ""), by("", SECRETS[2])] {
        let bytes = request.encode_to_vec();
        let answer = desk.call(path, Some(&engineer(&desk, PROVEN)), &bytes).await;
        assert_eq!(answer, Answer::refused(Code::InvalidArgument, "INVALID_ARGUMENT"), "{request:?}");
        let found = desk.call(path, Some(&desk.token(Role::Auditor, OWN)), &bytes).await;
        assert!(!found.body.is_empty(), "{request:?}: {found:?}");
    }
    desk.close().await;
}
