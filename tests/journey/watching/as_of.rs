//! `GetCase` as of a version or a moment: what the case looked like then, not what is known by now.

use std::time::Duration;

use contracts::history::v1::as_of::Moment;
use contracts::history::v1::{AsOf, Case, CaseState, GetCaseRequest};
use jiff::Timestamp;
use tonic::{Code, Status};

use crate::people::{ask, auditor, mette};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

async fn case_at(scene: &Scene, number: &str, moment: impl Into<Option<Moment>>) -> Result<Case, Status> {
    let as_of = moment.into().map(|moment| AsOf { moment: Some(moment) });
    let request = GetCaseRequest { case: number.to_owned(), as_of };
    let answer = scene.stage.history().get_case(ask(&auditor(), request)).await?;
    Ok(answer.into_inner().case.unwrap())
}

fn time(moment: Timestamp) -> Moment {
    let nanos = moment.subsec_nanosecond();
    Moment::Time(prost_types::Timestamp { seconds: moment.as_second(), nanos })
}

/// A case that is taken at noon, answered an hour later, and resolved an hour after that.
async fn three_hours(scene: &Scene) -> (String, [Timestamp; 3]) {
    let number = scene.taken().await;
    let taken = scene.stage.clock().now();
    scene.stage.pass(Duration::from_hours(1)).await;
    let reply = requests::send_reply(scene.stage.new_id(), &number);
    scene.stage.intake().send_reply(ask(&mette(), reply)).await.unwrap();
    let answered = scene.stage.clock().now();
    scene.stage.pass(Duration::from_hours(1)).await;
    let resolve = requests::resolve_case(scene.stage.new_id(), &number);
    scene.stage.intake().resolve_case(ask(&mette(), resolve)).await.unwrap();
    scene.head().await;
    (number, [taken, answered, scene.stage.clock().now()])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_read_as_it_stood_at_any_moment() {
    let scene = Scene::begin().await;
    let (number, [taken, answered, resolved]) = three_hours(&scene).await;
    let expected =
        [(taken, CaseState::Assigned), (answered, CaseState::InProgress), (resolved, CaseState::Resolved)];
    for (moment, state) in expected {
        let then = case_at(&scene, &number, time(moment)).await.unwrap();
        assert_eq!(then.state(), state, "at {moment}");
        let owner = if state == CaseState::Resolved { "" } else { "mette" };
        assert_eq!((then.owner_agent_id.as_str(), then.number.as_str()), (owner, number.as_str()));
        assert_eq!(then.resolved_at.is_some(), state == CaseState::Resolved);
        assert!(then.updated_at.unwrap().seconds <= moment.as_second());
    }
    let now = case_at(&scene, &number, None).await.unwrap();
    assert_eq!(case_at(&scene, &number, time(resolved)).await.unwrap(), now);
    let tomorrow = resolved + jiff::SignedDuration::from_hours(24);
    assert_eq!(case_at(&scene, &number, time(tomorrow)).await.unwrap(), now, "as far as is known today");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_read_as_it_stood_at_every_version() {
    let scene = Scene::begin().await;
    let (number, _) = three_hours(&scene).await;
    let now = case_at(&scene, &number, None).await.unwrap();
    let mut states = Vec::new();
    for version in 1..=now.version {
        let then = case_at(&scene, &number, Moment::Version(version)).await.unwrap();
        assert_eq!((then.version, then.etag), (version, format!("\"{version}\"")));
        states.push(then.state);
    }
    states.dedup();
    let mut expected = vec![CaseState::New];
    expected.extend([CaseState::Triaged, CaseState::Queued, CaseState::Offered, CaseState::Assigned]);
    expected.extend([CaseState::InProgress, CaseState::Resolved]);
    assert_eq!(states, expected.into_iter().map(i32::from).collect::<Vec<_>>());
    let last = case_at(&scene, &number, Moment::Version(now.version)).await.unwrap();
    assert_eq!(last, now);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_it_was_opened_there_was_no_case_and_the_future_is_not_told() {
    let scene = Scene::begin().await;
    let begin = scene.stage.clock().now();
    scene.stage.pass(Duration::from_mins(10)).await;
    let number = scene.opened().await;
    scene.head().await;
    let early = case_at(&scene, &number, time(begin)).await.unwrap_err();
    Refusal::from(early).is(Code::NotFound, "CASE_NOT_FOUND");
    let newest = case_at(&scene, &number, None).await.unwrap().version;
    for version in [newest + 1, u64::MAX, 0] {
        let refused = case_at(&scene, &number, Moment::Version(version)).await.unwrap_err();
        Refusal::from(refused).about(&["as_of.version"]);
    }
    let never = Moment::Time(prost_types::Timestamp { seconds: i64::MAX, nanos: -1 });
    Refusal::from(case_at(&scene, &number, never).await.unwrap_err()).about(&["as_of.time"]);
}
