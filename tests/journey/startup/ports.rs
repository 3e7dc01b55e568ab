//! Ports that are taken, and addresses that may not be used.

use std::net::{TcpListener, TcpStream};

use ambient::ManualClock;
use embedded::Config;
use tempfile::tempdir;
use world::{ON_FREE_PORTS, START, World, telemetry};

/// What a start with this configuration says when it cannot succeed.
async fn refused(config: Config) -> String {
    let folder = tempdir().unwrap();
    let clock = ManualClock::new(START.parse().unwrap());
    match World::start_embedded(folder.path(), clock, config, telemetry().unwrap()).await {
        Ok(_) => panic!("it should not have started"),
        Err(error) => format!("{error:#}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_named_with_its_key_and_what_to_do() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    let free = || Config::from_overrides(&[ON_FREE_PORTS]).unwrap();

    let mut config = free();
    config.grpc.address = taken;
    let said = refused(config).await;
    for told in ["grpc.address", &taken.to_string(), "choose another port"] {
        assert!(said.contains(told), "{told} in: {said}");
    }
    let mut config = free();
    config.grpc.http_address = taken;
    let said = refused(config).await;
    assert!(said.contains("grpc.http_address") && said.contains(&taken.to_string()), "{said}");

    let mut config = free();
    config.gateway.port = taken.port();
    let said = refused(config).await;
    assert!(said.contains(&taken.port().to_string()) && said.contains("gateway"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_others_can_reach_is_refused_while_callers_prove_nothing() {
    let mut config = Config::from_overrides(&[ON_FREE_PORTS]).unwrap();
    config.grpc.address = "0.0.0.0:0".parse().unwrap();
    let said = refused(config).await;
    assert!(said.contains("grpc.address") && said.contains("127.0.0.1"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_failed_late_lets_go_of_its_ports_and_its_folder() {
    let folder = tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let clock = ManualClock::new(START.parse().unwrap());
    let mut wrong = Config::from_overrides(&[ON_FREE_PORTS]).unwrap();
    wrong.grpc.address = port;
    wrong.notifications.default_time_zone = "Europe/Atlantis".to_owned();
    let failed =
        World::start_embedded(folder.path(), clock.clone(), wrong.clone(), telemetry().unwrap()).await;
    assert!(failed.is_err());

    wrong.notifications.default_time_zone = "Europe/Copenhagen".to_owned();
    let world = World::start_embedded(folder.path(), clock, wrong, telemetry().unwrap()).await.unwrap();
    TcpStream::connect(port).unwrap();
    world.stop().await.unwrap();
}
