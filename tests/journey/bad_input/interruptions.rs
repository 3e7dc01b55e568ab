//! Callers who do not wait for the answer: a deadline that passes, a connection that is left. What became
//! of the command is settled by repeating it with the same request id (I1).

use std::time::Duration;

use ambient::ManualClock;
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use contracts::intake::v1::{OpenCaseRequest, SendReplyRequest};
use futures_util::future::select_all;
use futures_util::poll;
use tonic::{Code, Response};
use world::World;

use crate::people::{ask, mette, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

/// Repeats the request until its answer is certain, twice, and checks that it was done exactly once.
async fn settle_reply(scene: &Scene, request: SendReplyRequest) {
    let mut intake = scene.stage.intake();
    let answer = intake.send_reply(ask(&mette(), request.clone())).await.unwrap().into_inner();
    let again = intake.send_reply(ask(&mette(), request.clone())).await.unwrap().into_inner();
    assert_eq!(again, answer);
    let recorded = scene.recorded_for(&request.request_id).await;
    let types: Vec<&str> = recorded.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["intake.reply_sent"], "exactly once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_passes_leaves_no_doubt_that_a_repeat_does_not_settle() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let mut passed = 0;
    for timeout in [1, 10, 100, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 10_000_000] {
        let reply = requests::send_reply(scene.stage.new_id(), &number);
        let mut request = ask(&mette(), reply.clone());
        request.set_timeout(Duration::from_micros(timeout));
        match scene.stage.intake().send_reply(request).await {
            Ok(_) => {}
            // tonic's client calls a deadline that passed on its own side "cancelled".
            Err(status) if [Code::DeadlineExceeded, Code::Cancelled].contains(&status.code()) => passed += 1,
            Err(status) => panic!("{timeout} us: {status:?}"),
        }
        settle_reply(&scene, reply).await;
    }
    assert!(passed > 0, "a deadline of a microsecond should have passed");
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_longest_deadline_is_kept_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(world::START.parse().unwrap());
    // Hardly a call is this quick: the command is written to disk.
    let world = World::start_in(folder.path(), clock.clone(), "[grpc]\ndeadline_ms = 1").await.unwrap();
    let request = requests::open_case("0197a0c0-0000-7000-8000-000000000001".to_owned());
    let mut client = IntakeServiceClient::new(world.channel().await.unwrap());
    let mut late = false;
    for _ in 0..50 {
        if let Err(status) = client.open_case(ask(&rasmus(), request.clone())).await {
            Refusal::from(status).is(Code::DeadlineExceeded, "DEADLINE_EXCEEDED").says("same request_id");
            late = true;
            break;
        }
    }
    assert!(late, "no call of fifty took longer than a millisecond");
    drop(client);
    world.stop().await.unwrap();

    let world = World::start_in(folder.path(), clock, "").await.unwrap();
    let scene = Scene::of(world).await;
    scene.stage.intake().open_case(ask(&rasmus(), request.clone())).await.unwrap();
    assert_eq!(scene.world.cases().await.unwrap().len(), 1, "it is there once, whether it was late or not");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_in_the_middle_finds_its_command_done_once_or_not_at_all() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    // Left before it is sent, and at every step of the way after that.
    for patience in 0..24 {
        let reply = requests::send_reply(scene.stage.new_id(), &number);
        let mut intake = scene.stage.intake();
        let mut call = Box::pin(intake.send_reply(ask(&mette(), reply.clone())));
        for _ in 0..patience {
            if poll!(&mut call).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
        settle_reply(&scene, reply).await;
    }
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_finished_although_nobody_waits_for_its_answer() {
    let scene = Scene::begin().await;
    scene.head().await;
    let request = requests::open_case(scene.stage.new_id());
    let mut heads: Vec<_> = scene.world.system.shards().iter().map(|log| log.watch()).collect();
    let moved = select_all(heads.iter_mut().map(|head| {
        let before = *head.borrow_and_update();
        Box::pin(head.wait_for(move |head| *head > before))
    }));
    {
        let mut intake = scene.stage.intake();
        let call = intake.open_case(ask(&rasmus(), request.clone()));
        tokio::select! {
            biased;
            // Left the moment it is committed: the answer is on its way at best.
            (moved, _, _) = moved => drop(moved.unwrap()),
            answer = call => drop(answer.unwrap()),
        }
    }
    scene.head().await;
    assert_eq!(scene.world.cases().await.unwrap().len(), 1);
    let answer = scene.stage.intake().open_case(ask(&rasmus(), request)).await.map(Response::into_inner);
    let number = answer.unwrap().case.unwrap().number;
    let case = scene.world.case(&number).await.unwrap();
    assert!(case.routing.team.is_some(), "and the other stages went on with it");
    assert_eq!(scene.world.cases().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_that_all_leave_at_once_lose_and_double_nothing() {
    let scene = Scene::begin().await;
    let requests: Vec<OpenCaseRequest> = (0..20).map(|_| requests::open_case(scene.stage.new_id())).collect();
    {
        let calls = requests.iter().map(|request| {
            let (mut intake, request) = (scene.stage.intake(), ask(&rasmus(), request.clone()));
            Box::pin(async move { intake.open_case(request).await })
        });
        // The first answer is waited for; the other nineteen callers are gone with it.
        let (first, _, _others) = futures_util::future::select_all(calls).await;
        first.unwrap();
    }
    for request in requests {
        scene.stage.intake().open_case(ask(&rasmus(), request)).await.unwrap();
    }
    assert_eq!(scene.world.cases().await.unwrap().len(), 20);
    scene.check().await;
}
