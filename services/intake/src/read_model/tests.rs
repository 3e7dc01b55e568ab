//! Paging, filters and reports, on rows written as the projection writes them.

use std::collections::BTreeSet;

use case::intake::{
    CaseClassified, CaseNumberIssued, CaseOpened, CaseRejected, PatternFlagged, Player, Source,
};
use case::{Aggregate, CaseEvent, CaseNumber, Channel, Language, Personal, Recorded, Tier};
use jiff::SignedDuration;

use service_kit::projection::Before;

use super::*;

const PRODUCT: &str = "viking-gold";

fn start() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn brand() -> Brand {
    "NB".parse().unwrap()
}

/// A case opened this many minutes after the start.
fn opened(id: u32, brand: &str, player_id: &str, topic: Topic, minutes: i64) -> Case {
    let opened = CaseOpened {
        brand: brand.parse().unwrap(),
        channel: Channel::Form,
        player: Player {
            player_id: player_id.parse().unwrap(),
            username: Personal::new("lykke7"),
            email: None,
            time_zone: None,
            tier: Tier::Standard,
            marketing_consent: false,
        },
        language: Language::Da,
        product: Some(PRODUCT.to_owned()),
        previous_case: None,
    };
    let number = CaseNumber::new(brand.parse().unwrap(), 2026, id);
    let mut case = Case::empty(Uuid::from_u128(u128::from(id)));
    let at = start() + SignedDuration::from_mins(minutes);
    happens(&mut case, at, opened);
    happens(&mut case, at, CaseNumberIssued { number });
    happens(&mut case, at, CaseClassified { topic, source: Source::Stated });
    case
}

fn happens(case: &mut Case, recorded_at: Timestamp, event: impl Into<case::intake::Event>) {
    let event = CaseEvent::Intake(event.into());
    case.evolve(&Recorded { version: case.version + 1, recorded_at, event });
}

struct Listed {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Listed {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_file(&folder.path().join("intake.db"), &crate::MIGRATIONS).await.unwrap();
        Self { store, _folder: folder }
    }

    async fn put(&self, case: &Case) {
        let mut transaction = self.store.begin().await.unwrap();
        Cases.put_all(&mut transaction, &[(&Before::Unknown, case)]).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn ids(&self, wanted: &Wanted) -> Vec<u128> {
        let (lines, _) = list(&self.store, &brand(), wanted, None, 200).await.unwrap();
        lines.iter().map(|line| Uuid::parse_str(&line.case_id).unwrap().as_u128()).collect()
    }

    async fn reports(&self, from: i64, to: i64) -> Vec<Report> {
        let at = |minutes| start() + SignedDuration::from_mins(minutes);
        reports(&self.store, &brand(), Topic::Technical, PRODUCT, at(from), at(to)).await.unwrap()
    }
}

#[tokio::test]
async fn pages_follow_each_other_the_last_opened_first_without_gap_or_overlap() {
    let listed = Listed::open().await;
    // Some were opened at the same moment.
    for id in 1..=7 {
        listed.put(&opened(id, "NB", "p-1", Topic::Bonus, i64::from(id / 3))).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    for page in 1.. {
        let (lines, more) =
            list(&listed.store, &brand(), &Wanted::default(), after.as_ref(), 2).await.unwrap();
        assert_eq!((lines.len(), more), if page < 4 { (2, true) } else { (1, false) });
        let last = lines.last().unwrap();
        after = Some(After { opened_at_us: last.opened_at_us, case_id: last.case_id.clone() });
        seen.extend(lines.into_iter().map(|line| (line.opened_at_us, line.case_id)));
        if !more {
            break;
        }
    }
    assert!(seen.is_sorted_by(|one, next| one > next), "{seen:?}");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 7);
}

#[tokio::test]
async fn every_filter_that_is_set_must_fit() {
    let listed = Listed::open().await;
    listed.put(&opened(1, "NB", "p-1", Topic::Bonus, 1)).await;
    listed.put(&opened(2, "NB", "p-2", Topic::Bonus, 2)).await;
    listed.put(&opened(3, "NB", "p-1", Topic::Technical, 3)).await;
    listed.put(&opened(4, "DK", "p-1", Topic::Bonus, 4)).await;
    let player = Some("p-1".parse().unwrap());
    let topic = Some(Topic::Bonus);
    assert_eq!(listed.ids(&Wanted::default()).await, [3, 2, 1]);
    assert_eq!(listed.ids(&Wanted { player_id: player.clone(), ..Wanted::default() }).await, [3, 1]);
    assert_eq!(listed.ids(&Wanted { player_id: player, topic, ..Wanted::default() }).await, [1]);
    assert_eq!(listed.ids(&Wanted { state: Some(CaseState::Triaged), ..Wanted::default() }).await, [3, 2, 1]);
    assert!(listed.ids(&Wanted { state: Some(CaseState::Closed), ..Wanted::default() }).await.is_empty());
    assert!(listed.ids(&Wanted { team: Some(Team::Vip), ..Wanted::default() }).await.is_empty());
    for (number, found) in
        [("NB-2026-000002", vec![2]), ("NB-20", vec![3, 2, 1]), ("%", vec![]), ("DK", vec![])]
    {
        let wanted = Wanted { number: number.to_owned(), ..Wanted::default() };
        assert_eq!(listed.ids(&wanted).await, found, "{number}");
    }
}

#[tokio::test]
async fn a_row_follows_its_case_and_never_goes_back() {
    let listed = Listed::open().await;
    let before = opened(1, "NB", "p-1", Topic::Other, 1);
    let mut after = before.clone();
    let topic = Topic::Technical;
    happens(
        &mut after,
        start() + SignedDuration::from_mins(9),
        CaseClassified { topic, source: Source::Agent },
    );
    for case in [&before, &after, &before] {
        listed.put(case).await;
    }
    let (lines, _) = list(&listed.store, &brand(), &Wanted::default(), None, 9).await.unwrap();
    assert_eq!((lines.len(), lines[0].version, lines[0].topic.as_str()), (1, 4, "technical"));
    assert_eq!(lines[0].number, CaseNumber::new(brand(), 2026, 1).to_string());
    assert_eq!(lines[0].updated_at_us, after.updated_at.unwrap().as_microsecond());
}

#[tokio::test]
async fn no_personal_text_gets_into_the_file() {
    let listed = Listed::open().await;
    listed.put(&opened(1, "NB", "p-1", Topic::Other, 1)).await;
    let row = sqlx::query("SELECT * FROM cases").fetch_one(listed.store.pool()).await.unwrap();
    let texts = (0..row.len()).filter_map(|column| row.try_get::<String, _>(column).ok());
    assert!(texts.into_iter().all(|text| !text.contains("lykke7")));
}

#[tokio::test]
async fn reports_are_those_of_the_time_the_topic_and_the_brand_with_their_pattern() {
    let listed = Listed::open().await;
    let pattern_id = Uuid::from_u128(99);
    let mut flagged = opened(2, "NB", "p-2", Topic::Technical, 20);
    let product = PRODUCT.to_owned();
    let flag = PatternFlagged { pattern_id, topic: Topic::Technical, product, cases_seen: 10 };
    happens(&mut flagged, start() + SignedDuration::from_hours(1), flag);
    listed.put(&flagged).await;
    for (id, brand, topic, minutes) in [
        (1, "NB", Topic::Technical, 10),
        (3, "NB", Topic::Technical, 30),
        (4, "DK", Topic::Technical, 20),
        (5, "NB", Topic::Bonus, 20),
    ] {
        listed.put(&opened(id, brand, "p-1", topic, minutes)).await;
    }
    let mut rejected = opened(6, "NB", "p-6", Topic::Technical, 31);
    happens(
        &mut rejected,
        start() + SignedDuration::from_hours(1),
        CaseRejected { reason: Personal::new("spam") },
    );
    listed.put(&rejected).await;
    let report = |id, player_id: &str, pattern_id, counts| Report {
        case_id: Uuid::from_u128(id),
        player_id: player_id.to_owned(),
        counts,
        pattern_id,
    };
    let second = || report(2, "p-2", Some(pattern_id), true);
    let third = || report(3, "p-1", None, true);
    assert_eq!(listed.reports(10, 29).await, [report(1, "p-1", None, true), second()]);
    assert_eq!(listed.reports(11, 30).await, [second(), third()]);
    assert_eq!(listed.reports(30, 31).await, [third(), report(6, "p-6", None, false)]);
}
