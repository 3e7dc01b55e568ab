//! Every method x every role x own and foreign team, on a case of a confidential team: who is not in the team does
//! not learn that there is such a case, whether they name it or list what there is.

use access::{Role, table};
use contracts::routing::v1::Team;

use crate::caller::{Desk, OWN};
use crate::filled::Filled;
use crate::{REFUSED, TELLS_NOTHING};

const OTHERS: [&str; 2] = ["general", "payments"];
const MEMBERS: [&str; 2] = ["general", "responsible_gambling"];

/// Who reaches it without being in the team: who oversees or runs the system, systems, its player, and whose role is
/// what the team is there for.
fn is_above_teams(role: Role) -> bool {
    use Role::{Auditor, Bot, Engineer, Operator, Player, PrivacyOfficer, ResponsibleGambling, Service};
    matches!(
        role,
        Auditor | Bot | Engineer | Operator | Player | PrivacyOfficer | ResponsibleGambling | Service
    )
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_teams_case_is_there_for_its_members_only() {
    let desk = Desk::open().await;
    let (mut stopped, mut served) = (0, 0);
    for path in table::paths() {
        let case = desk.opened_in(Team::ResponsibleGambling).await;
        let filled = Filled::of(&path, OWN, &case);
        let roles = || Role::ALL.into_iter().filter(|role| table::admitted(&path).admits(*role));
        // First those who must not get through: the others may change the case.
        for role in roles().filter(|role| !is_above_teams(*role)) {
            let token = desk.token_in(&OTHERS, "ola", role, OWN);
            let answer = desk.call(&path, Some(&token), &filled.bytes).await;
            let what = format!("{path} by {role} of another team");
            assert!(!holds(&answer.body, &case), "{what} tells of the case");
            if filled.names_case {
                assert!(TELLS_NOTHING.contains(&answer.reason()), "{what}: {answer:?}");
                stopped += usize::from(answer.reason() == "CASE_NOT_FOUND");
            }
        }
        for role in roles() {
            let subject = if role == Role::Player { "p-1" } else { "mette" };
            let teams = if is_above_teams(role) { &OTHERS } else { &MEMBERS };
            let token = desk.token_in(teams, subject, role, OWN);
            let answer = desk.call(&path, Some(&token), &filled.bytes).await;
            assert_ne!(answer.reason(), "CASE_NOT_FOUND", "{path} by {role} of the team: {answer:?}");
            assert!(!REFUSED.contains(&answer.reason()), "{path} by {role} of the team: {answer:?}");
            served += usize::from(filled.names_case);
        }
    }
    assert!(stopped > 150 && served > 200, "{stopped} were stopped, {served} served");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_leave_out_what_is_not_reached() {
    let desk = Desk::open().await;
    let case = desk.opened_in(Team::ResponsibleGambling).await;
    for path in [
        "/casetrail.intake.v1.IntakeService/ListCases",
        "/casetrail.notifications.v1.NotificationsService/ListDeliveries",
    ] {
        // Only what names the brand: any filter might leave the case out by itself.
        let bytes = Filled::only_brand(path, OWN);
        for (teams, is_told) in [(&OTHERS, false), (&MEMBERS, true)] {
            let token = desk.token_in(teams, "mette", Role::Agent, OWN);
            let answer = desk.call(path, Some(&token), &bytes).await;
            assert_eq!(answer.reason(), "", "{path}: {answer:?}");
            assert_eq!(holds(&answer.body, &case), is_told, "{path} {teams:?}");
        }
    }
    let queue = contracts::routing::v1::ListQueueRequest {
        brand: OWN.to_owned(),
        team: Team::ResponsibleGambling.into(),
        ..contracts::routing::v1::ListQueueRequest::default()
    };
    let bytes = prost::Message::encode_to_vec(&queue);
    let path = "/casetrail.routing.v1.RoutingService/ListQueue";
    for (teams, reason) in [(&OTHERS, "TEAM_NOT_ALLOWED"), (&MEMBERS, "")] {
        let token = desk.token_in(teams, "mette", Role::Agent, OWN);
        assert_eq!(desk.call(path, Some(&token), &bytes).await.reason(), reason, "{teams:?}");
    }
    desk.close().await;
}
