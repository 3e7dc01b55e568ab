//! A service that is told to stop while streams and connections are open: it says so, answers until balancers have
//! looked away, tells everybody who watches, and ends within its deadline whoever does not let go.

use std::time::{Duration, Instant};

use ambient::{Clock, Ids, SystemClock, SystemIds};
use contracts::history::v1::WatchCaseRequest;
use contracts::history::v1::history_service_client::HistoryServiceClient;
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::fleet::{Fleet, Replica};
use crate::people::{ask, auditor, rasmus};
use crate::requests;

const LEAVE: Duration = Duration::from_secs(3);
const DRAIN: Duration = Duration::from_secs(4);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(5);
const WATCHERS: usize = 20;

async fn fleet() -> Fleet {
    Fleet::lay(&format!("[grpc]\nleave_seconds = {}\ndrain_seconds = {}", LEAVE.as_secs(), DRAIN.as_secs()))
        .await
}

async fn connect(replica: &Replica) -> Channel {
    Endpoint::from_shared(format!("http://{}", replica.grpc)).unwrap().connect().await.unwrap()
}

async fn open_case(channel: Channel) -> String {
    let id = SystemIds.new_id(SystemClock.now()).to_string();
    let opened = IntakeServiceClient::new(channel).open_case(ask(&rasmus(), requests::open_case(id))).await;
    opened.unwrap().into_inner().case.unwrap().number
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_are_told_and_a_service_ends_before_its_drain_time_is_over() {
    let fleet = fleet().await;
    let replica = fleet.start("intake").await;
    let channel = connect(&replica).await;
    let case = open_case(channel.clone()).await;
    let mut watches = Vec::new();
    for _ in 0..WATCHERS {
        let request = ask(&auditor(), WatchCaseRequest { case: case.clone(), after_version: 0 });
        let mut watch = HistoryServiceClient::new(connect(&replica).await)
            .watch_case(request)
            .await
            .unwrap()
            .into_inner();
        assert!(watch.message().await.unwrap().is_some());
        watches.push(watch);
    }
    let asked = HealthCheckRequest { service: String::new() };
    let mut health = HealthClient::new(channel.clone()).watch(asked).await.unwrap().into_inner();
    assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let idle = [connect(&replica).await, connect(&replica).await];

    let told = Instant::now();
    replica.terminate();
    // It leaves: says so everywhere, and still answers whoever comes.
    assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    let ready = reqwest::get(format!("http://{}/readyz", replica.http)).await.unwrap();
    assert_eq!((ready.status().as_u16(), ready.text().await.unwrap()), (503, "stopping\n".to_owned()));
    open_case(connect(&replica).await).await;
    assert!(told.elapsed() < LEAVE, "too slow a machine to see it leave");
    // It stops: whoever watches is told, and may go on elsewhere.
    for mut watch in watches {
        let end = loop {
            match watch.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a watch ends without a reason"),
                Err(status) => break status,
            }
        };
        assert_eq!(end.code(), Code::Unavailable, "{end:?}");
    }
    assert!(told.elapsed() >= LEAVE, "it stopped before balancers could look away");
    assert!(health.message().await.unwrap().is_none(), "a health watch ends too");
    let name = replica.name.clone();
    let (status, took) = replica.ended(told).await;
    println!("{WATCHERS} watchers, 1 health watch, 2 idle connections: ended in {took:.1?}");
    assert!(status.success() && took < LEAVE + DRAIN, "{took:?}:\n{}", fleet.said(&name));
    drop(idle);
    fleet.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_let_go_is_cut_off_at_the_deadline() {
    let fleet = fleet().await;
    let replica = fleet.start("intake").await;
    // One that never says a word, and one that begins HTTP/2 and never answers.
    let silent = TcpStream::connect(replica.grpc).await.unwrap();
    let mut deaf = TcpStream::connect(replica.grpc).await.unwrap();
    deaf.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let half = TcpStream::connect(replica.http).await.unwrap();
    let told = Instant::now();
    replica.terminate();
    let name = replica.name.clone();
    let (status, took) = replica.ended(told).await;
    println!("three connections that nobody answers on: ended in {took:.1?}");
    // Consumers and calls have the drain time each.
    assert!(status.success() && took < LEAVE + DRAIN * 2 + SLACK, "{took:?}:\n{}", fleet.said(&name));
    drop((silent, deaf, half));
    fleet.remove().await;
}
