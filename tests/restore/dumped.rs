//! A dump, restored on another server beside an empty NATS.

use contracts::intake::v1::{GetCaseRequest, OpenCaseRequest, OpenCaseResponse};
use scratch::{Nats, Postgres};
use stories::Person;
use tonic::Code;

use crate::answers::every_answer;
use crate::people::{ask, auditor, mette, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;
use crate::site::{DATABASE, Site};

/// Prints what destroys the keys again that were destroyed here.
const TOMBSTONES: &str = include_str!("../../deploy/postgres/tombstones.sql");

async fn open(scene: &Scene, player: &Person, request: &OpenCaseRequest) -> OpenCaseResponse {
    scene.stage.intake().open_case(ask(player, request.clone())).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_up_to_a_dump_comes_back_on_another_server_and_an_empty_nats() {
    let site = Site::new().await;
    let scene = site.start().await;
    scene.stage.staff().await.unwrap();
    let request = requests::open_case(scene.stage.new_id());
    let answer = open(&scene, &rasmus(), &request).await;
    let anna = Person::player("Anna", "p-2002");
    let mut forgotten = requests::open_case(scene.stage.new_id());
    "p-2002".clone_into(&mut forgotten.player.as_mut().unwrap().player_id);
    open(&scene, &anna, &forgotten).await;
    let number = scene.inquired("TX-97101").await;
    let head = site.sealed(&scene).await;
    let answers = every_answer(&scene.stage).await;
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("casetrail.dump");
    site.postgres.dump(DATABASE, &dump).unwrap();

    // What the dump does not know: this is lost, and who asked for it has to ask again.
    let late = requests::open_case(scene.stage.new_id());
    let lost = open(&scene, &rasmus(), &late).await.case.unwrap().number;
    assert!(scene.head().await[0] > head);
    let parts = scene.world.system.parts();
    parts.sealer.destroy(&forgotten.brand, "p-2002").await.unwrap();
    let destroyed = site.postgres.psql(DATABASE, TOMBSTONES).unwrap();
    assert_eq!(destroyed.lines().count(), 1, "{destroyed}");
    scene.stop().await;

    let (postgres, nats) = (Postgres::start().await.unwrap(), Nats::start().await.unwrap());
    postgres.restore(DATABASE, &dump).await.unwrap();
    // The dump brings a key back that was destroyed after it.
    assert_eq!(postgres.psql(DATABASE, TOMBSTONES).unwrap(), "");
    postgres.psql(DATABASE, &destroyed).unwrap();
    assert_eq!(postgres.psql(DATABASE, TOMBSTONES).unwrap(), destroyed);
    let site = site.on_postgres(postgres).on_nats(nats);
    let scene = site.start().await;
    assert_eq!(scene.head().await[0], head, "nothing more and nothing less than at the dump");
    site.stream_is_the_log(&scene).await;
    assert_eq!(every_answer(&scene.stage).await, answers);
    let verified = site.verify(Some("seals.jsonl"));
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));

    assert_eq!(open(&scene, &rasmus(), &request).await, answer, "what was acknowledged before is known");
    assert_eq!(scene.head().await[0], head, "and recorded once");
    let gone = GetCaseRequest { case: lost };
    let gone = scene.stage.intake().get_case(ask(&auditor(), gone)).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
    open(&scene, &rasmus(), &late).await;
    assert!(scene.head().await[0] > head, "the lost request is taken on as a new one");

    let again = OpenCaseRequest { request_id: scene.stage.new_id(), ..forgotten };
    let erased = scene.stage.intake().open_case(ask(&anna, again)).await;
    Refusal::of(erased).is(Code::FailedPrecondition, "PLAYER_ERASED");

    let reply = requests::send_reply(scene.stage.new_id(), &number);
    scene.stage.intake().send_reply(ask(&mette(), reply)).await.unwrap();
    site.stream_is_the_log(&scene).await;
    scene.check().await;
    site.sealed(&scene).await;
    assert!(site.verify(Some("seals.jsonl")).status.success(), "sealing goes on where it was");
    scene.stop().await;
}
