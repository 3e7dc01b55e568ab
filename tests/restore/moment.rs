//! A base backup and the archived log, restored to a moment between two commands; and a NATS that lived on, and
//! so knows more than the log does.

use std::collections::BTreeSet;

use case::Aggregate;
use contracts::intake::v1::GetCaseRequest;
use event_bus::nats::RelayState;
use event_log::Committed;
use tonic::Code;

use crate::case_watch::CaseWatch;
use crate::people::{ask, auditor, mette};
use crate::requests;
use crate::scene::Scene;
use crate::site::Site;

/// What `casetrail verify` ends with when history is not what was recorded.
const NOT_INTACT: i32 = 6;

async fn found(scene: &Scene, number: &str) -> Result<(), Code> {
    let request = GetCaseRequest { case: number.to_owned() };
    let answer = scene.stage.intake().get_case(ask(&auditor(), request)).await;
    answer.map(drop).map_err(|status| status.code())
}

/// Nothing of what came after the moment is in the log, and everything before is.
async fn is_of_before(scene: &Scene, before: &[Committed], lost: &BTreeSet<uuid::Uuid>) {
    let events = scene.world.events().await.unwrap();
    assert_eq!(&events[..before.len()], before);
    assert!(events.iter().all(|event| !lost.contains(&event.event_id)), "something came out of NATS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_between_two_commands_comes_back_although_nats_knows_more() {
    let mut site = Site::new().await;
    let scene = site.start().await;
    scene.stage.staff().await.unwrap();
    let first = scene.taken().await;
    let backup = site.postgres.base_backup().unwrap();
    let second = scene.opened().await;
    site.sealed(&scene).await;
    // A moment at which nothing was being recorded.
    let (before, moment) = loop {
        scene.head().await;
        let before = scene.world.events().await.unwrap();
        let moment = site.postgres.psql("postgres", "SELECT clock_timestamp();").unwrap();
        if scene.world.events().await.unwrap().len() == before.len() {
            break (before, moment);
        }
    };
    let moment = moment.trim();
    let third = scene.opened().await;
    site.sealed(&scene).await;
    site.stream_is_the_log(&scene).await;
    let all = scene.world.events().await.unwrap();
    let lost = all[before.len()..].iter().map(|event| event.event_id).collect();
    site.postgres.archive_everything().await.unwrap();
    scene.stop().await;
    site.postgres.crash().await.unwrap();

    let restored = backup.start_at(moment).await.unwrap();
    let site = site.on_postgres(restored);
    let scene = site.start().await;
    let problem = site.relay_comes_to(&scene, |state| matches!(state, RelayState::Refused(_))).await;
    assert!(problem.contains("remove the stream"), "{problem}");
    assert!(found(&scene, &second).await.is_ok());
    assert_eq!(found(&scene, &third).await, Err(Code::NotFound));

    // Work goes on meanwhile: what NATS does not bring is read from the log.
    let version = scene.world.case(&first).await.unwrap().version();
    let reply = requests::send_reply(scene.stage.new_id(), &first);
    scene.stage.intake().send_reply(ask(&mette(), reply)).await.unwrap();
    let mut watch = CaseWatch::after(&scene.stage, &first, version).await.unwrap();
    watch.until("notifications.notification_queued").await;
    is_of_before(&scene, &before, &lost).await;

    site.remove_stream().await;
    site.relay_comes_to(&scene, |state| *state == RelayState::Active).await;
    site.stream_is_the_log(&scene).await;
    scene.check().await;
    is_of_before(&scene, &before, &lost).await;
    let verified = site.verify(None);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    // Only who kept the seals elsewhere can tell that there was more.
    let verified = site.verify(Some("seals.jsonl"));
    assert_eq!(verified.status.code(), Some(NOT_INTACT), "{}", String::from_utf8_lossy(&verified.stdout));
    scene.stop().await;

    let site = site.with_witness("seals-after-restore.jsonl");
    let scene = site.start().await;
    site.sealed(&scene).await;
    let verified = site.verify(Some("seals-after-restore.jsonl"));
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    scene.check().await;
    scene.stop().await;
}
