//! What is no gRPC message at all, or too much of one: refused, and the connection's other callers notice
//! nothing.

use contracts::intake::v1::{GetCaseRequest, OpenCaseRequest};
use prost::Message;
use tonic::client::Grpc;
use tonic::{Code, Response, Status};

use crate::bytes::Bytes;
use crate::people::{ask, auditor, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

/// Calls a method with these bytes for a message.
async fn call(scene: &Scene, path: &'static str, bytes: Vec<u8>) -> Result<Response<Vec<u8>>, Status> {
    let mut client = Grpc::new(scene.world.channel().await.unwrap());
    client.ready().await.unwrap();
    client.unary(ask(&rasmus(), bytes), path.parse().unwrap(), Bytes).await
}

const OPEN_CASE: &str = "/casetrail.intake.v1.IntakeService/OpenCase";

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_refused() {
    let scene = Scene::begin().await;
    let before = scene.head().await;
    let right = requests::open_case(scene.stage.new_id()).encode_to_vec();
    // A field that goes on behind the end, half a message, a text that is no UTF-8, a field of another type.
    let wrong: [Vec<u8>; 5] = [
        vec![0xFF; 10],
        vec![0x0A, 0x7F],
        right[..right.len() / 2].to_vec(),
        vec![0x0A, 0x02, 0xC3, 0x28],
        vec![0x08, 0x01],
    ];
    for bytes in wrong {
        let refusal = Refusal::of(call(&scene, OPEN_CASE, bytes).await);
        refusal.is(Code::Internal, "MESSAGE_UNREADABLE").says("decode");
    }
    assert_eq!(scene.head().await, before);
    call(&scene, OPEN_CASE, right).await.expect("the same way, the right bytes are a request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_size_limit_is_refused_before_it_is_read() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let before = scene.head().await;
    let request =
        OpenCaseRequest { text: "x".repeat(1024 * 1024 + 1), ..requests::open_case(scene.stage.new_id()) };
    let refusal = Refusal::of(scene.stage.intake().open_case(ask(&rasmus(), request)).await);
    refusal.is(Code::OutOfRange, "MESSAGE_TOO_LARGE").says("1048576");
    assert_eq!(scene.head().await, before);

    let request = GetCaseRequest { case: number };
    scene.stage.intake().get_case(ask(&auditor(), request)).await.expect("the connection goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_over_the_limit_is_refused() {
    let scene = Scene::begin().await;
    let mut request = ask(&rasmus(), requests::open_case(scene.stage.new_id()));
    request.metadata_mut().insert("x-much", "m".repeat(64 * 1024).parse().unwrap());
    let before = scene.head().await;
    Refusal::of(scene.stage.intake().open_case(request).await);
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_does_not_exist_is_unimplemented() {
    let scene = Scene::begin().await;
    for path in
        ["/casetrail.intake.v1.IntakeService/DeleteEverything", "/casetrail.intake.v2.IntakeService/OpenCase"]
    {
        let refusal = Refusal::of(call(&scene, path, Vec::new()).await);
        refusal.is(Code::Unimplemented, "METHOD_UNKNOWN");
    }
}
