//! Each limit, at its number.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;
use tonic_types::StatusExt;

use crate::echo::{LARGE, WATCH, WHO};
use crate::house::{House, told};

const EXHAUSTED: Code = Code::ResourceExhausted;

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_too_often_is_told_when_to_call_again_and_nobody_else_is() {
    let house = House::open("[limits]\nperson_burst = 5\nperson_calls_per_second = 1").await;
    let mette = house.caller("agent:mette").await;
    for _ in 0..5 {
        assert_eq!(mette.call(WHO, b"").await.unwrap(), b"Agent mette");
    }
    let refused = mette.call(WHO, b"").await.unwrap_err();
    let wait = refused.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
    assert_eq!(told::<()>(Err(refused)), (EXHAUSTED, "TOO_MANY_CALLS".to_owned()));
    assert_eq!(told(mette.call(LARGE, b"1").await).0, Code::Ok, "another method");
    assert_eq!(told(house.caller("agent:ola").await.call(WHO, b"").await).0, Code::Ok, "another caller");
    let counted = house.metric(&["casetrail_calls_refused_total", "TOO_MANY_CALLS", "GetCase"]);
    assert!(counted >= 1.0, "{counted}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_may_watch_so_much_and_go_on_when_a_watch_ends() {
    let house = House::open("[limits]\nwatches = 2").await;
    let mette = house.caller("agent:mette").await;
    let first = mette.watch(WATCH).await.unwrap();
    let _second = mette.watch(WATCH).await.unwrap();
    assert_eq!(told(mette.watch(WATCH).await), (EXHAUSTED, "TOO_MANY_WATCHES".to_owned()));
    assert_eq!(told(house.caller("agent:ola").await.watch(WATCH).await).0, Code::Ok);
    drop(first);
    // The server learns a moment later that nobody listens any more.
    while mette.watch(WATCH).await.is_err() {}
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_metadata_is_refused_with_its_reason() {
    let house = House::open("[limits]\nmetadata_bytes = 2000").await;
    let mut mette = house.caller("agent:mette").await;
    assert_eq!(told(mette.call(WHO, b"").await).0, Code::Ok);
    mette.more.push(("x-large", "a".repeat(2_000)));
    assert_eq!(told(mette.call(WHO, b"").await), (EXHAUSTED, "METADATA_TOO_LARGE".to_owned()));
    mette.more.push(("x-larger", "a".repeat(20_000)));
    // Past this the connection itself refuses, before there are words.
    assert_ne!(told(mette.call(WHO, b"").await).0, Code::Ok);
    mette.more.clear();
    assert_eq!(told(mette.call(WHO, b"").await).0, Code::Ok, "the connection goes on");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_or_something_else_is_hung_up_on() {
    let house = House::open("[limits]\nhandshake_seconds = 1").await;
    let mut silent = TcpStream::connect(house.address).await.unwrap();
    let mut halting = TcpStream::connect(house.address).await.unwrap();
    halting.write_all(b"PRI * HTT").await.unwrap();
    let mut browser = TcpStream::connect(house.address).await.unwrap();
    browser.write_all(b"GET / HTTP/1.1\r\nhost: casetrail\r\n\r\n").await.unwrap();
    for stream in [&mut silent, &mut halting, &mut browser] {
        let mut rest = Vec::new();
        // Closed, or reset where something was not read.
        drop(stream.read_to_end(&mut rest).await);
        assert!(rest.is_empty(), "{rest:?}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_connections_and_an_address_has_its_share() {
    let house = House::open("[limits]\nconnections_per_address = 3\nconnections = 5").await;
    let from = async |last: u8| {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((std::net::Ipv4Addr::new(127, 0, 0, last), 0).into()).unwrap();
        socket.connect(house.address).await.unwrap()
    };
    let mut kept = Vec::new();
    for last in [2, 2, 2, 3, 3] {
        kept.push(from(last).await);
    }
    for last in [2, 3, 4] {
        assert!(is_hung_up(&mut from(last).await).await, "127.0.0.{last}");
    }
    let refused = house.metric(&["casetrail_connections_refused_total", "no_room"]);
    assert!(refused >= 3.0, "{refused}");
    kept.remove(0);
    kept.remove(2);
    // The server learns a moment later that they are gone.
    while is_hung_up(&mut from(4).await).await {}
    house.close().await;
}

/// Whether the server ends the connection before it has to speak. A place is given before the first word, so
/// that silence for a moment means there was one.
async fn is_hung_up(stream: &mut TcpStream) -> bool {
    drop(stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await);
    let mut first = [0; 1];
    // With a place the server answers with its settings.
    !matches!(stream.read(&mut first).await, Ok(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_is_asked_to_move_on_and_its_calls_are_answered() {
    let house = House::open("[limits]\nconnection_age_seconds = 1\nconnection_grace_seconds = 1").await;
    let mette = house.caller("agent:mette").await;
    let mut watch = mette.watch(WATCH).await.unwrap();
    // The watch outlives the age, and ends with the grace.
    assert!(tokio_stream::StreamExt::next(&mut watch).await.is_none_or(|last| last.is_err()));
    // A call that meets the old connection in its last moment was never sent, and the library says CANCELLED.
    let mut answer = told(mette.call(WHO, b"").await).0;
    while answer == Code::Cancelled {
        answer = told(mette.call(WHO, b"").await).0;
    }
    assert_eq!(answer, Code::Ok, "over a new connection");
    house.close().await;
}
