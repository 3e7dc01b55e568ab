//! Four shards: each shard has its own order, stream and relay, and nobody
//! who asks for a case notices.

use std::process::Output;

use sqlx::{Connection, PgConnection};

use crate::up::{Up, eventually, program};
use crate::withdrawal::{Withdrawal, stage, stage_over};

const SHARDS: u16 = 4;

fn casetrail(arguments: &[&str]) -> Output {
    std::process::Command::new(program("casetrail")).arg("--json").args(arguments).output().unwrap()
}

fn answer(arguments: &[&str]) -> serde_json::Value {
    let output = casetrail(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_are_spread_over_shards_and_work_as_in_one() {
    let (up, database, nats) = Up::on_shared_servers(1, &[("CASETRAIL_UP_SHARDS", "4")]).await;
    drop(stage(&up).await);
    let mut cases = Vec::new();
    for index in 0..8 {
        let stage = stage_over(up.channel().await);
        cases.push(Withdrawal::open(stage, &format!("TX-8{index}001-SHARD")).await);
    }
    for case in &cases[..1] {
        case.take().await;
        case.escalate().await;
        case.approve().await;
        case.finish().await;
        case.happened_once(&up).await;
    }
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    let used: Vec<i16> = sqlx::query_scalar(
        "SELECT DISTINCT shard FROM log.event WHERE event_type = 'intake.case_opened' ORDER BY shard",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert!(used.len() > 1, "eight cases are all in {used:?}");
    let misplaced: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM log.event WHERE shard <> get_byte(uuid_send(stream_id), 15) % 4",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert_eq!(misplaced, 0);

    let server = format!("http://{}", up.ready.grpc);
    for shard in 0..SHARDS {
        let shard = shard.to_string();
        let asked =
            ["relay", "status", "--nats", &nats.url, "--prefix", &nats.prefix, "--shard", shard.as_str()];
        eventually("the shard's stream holds what the shard holds", async || {
            let status = answer(&asked);
            let is_whole = status["log_head"] == status["stream_head"];
            (is_whole && status["relays"].as_array().unwrap().len() == 1).then_some(())
        })
        .await;
    }
    let before = answer(&["--server", &server, "cases", "--brand", "NB"]);
    answer(&["rebuild", "intake.cases", "--postgres", &database.url]);
    assert_eq!(
        answer(&["--server", &server, "cases", "--brand", "NB"]),
        before,
        "a rebuild writes the rows of every shard"
    );
    let verified = casetrail(&["verify", "--postgres", &database.url]);
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(String::from_utf8_lossy(&verified.stdout).matches("\"shard\"").count(), usize::from(SHARDS));
    assert!(up.stop(), "it stops by itself");
    admin.close().await.unwrap();
    database.drop().await.unwrap();
}
