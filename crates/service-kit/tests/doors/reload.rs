//! Certificates that change while the server runs.

use std::time::Duration;

use jiff::Timestamp;
use tonic::Code;

use crate::authority::{Authority, Files};
use crate::certificates::visit;
use crate::echo::WHO;
use crate::house::{House, told};

const EXPIRY: &str = "casetrail_certificate_expiry";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_shown_to_new_connections_and_old_ones_go_on() {
    let (old, new, files) = (Authority::new(), Authority::new(), Files::new());
    files.put(&old.server(2030));
    let house = House::open(&files.settings(&old, "")).await;
    let before = visit(&house, old.trusted(None), "agent:mette").await.unwrap();
    assert!(visit(&house, new.trusted(None), "agent:mette").await.is_err());
    files.put(&new.server(2031));
    // The files are looked at as time goes by; nobody has to restart anything.
    while visit(&house, new.trusted(None), "agent:mette").await.is_err() {
        house.clock.advance(Duration::from_secs(30));
    }
    assert!(visit(&house, old.trusted(None), "agent:mette").await.is_err(), "the old one is shown to nobody");
    assert_eq!(told(before.call(WHO, b"").await).0, Code::Ok, "over the connection that was there");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authority_is_believed_from_the_next_connection_on() {
    let (ours, later, files) = (Authority::new(), Authority::new(), Files::new());
    files.put(&ours.server(2030));
    let services = "client_certificates = 'required'\n[tls.services.'spiffe://casetrail/crm']\nname = 'crm'\n\
                    brands = ['*']\n";
    let house = House::open(&files.settings(&ours, services)).await;
    let crm = later.client(&["spiffe://casetrail/crm"], 2030);
    let try_it = async || match visit(&house, ours.trusted(Some(&crm)), "").await {
        Ok(visitor) => visitor.call(WHO, b"").await.is_ok(),
        Err(_) => false,
    };
    assert!(!try_it().await);
    std::fs::write(files.path("clients.pem"), format!("{}{}", ours.pem, later.pem)).unwrap();
    while !try_it().await {
        house.clock.advance(Duration::from_secs(30));
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_leaves_the_old_certificate_and_the_metric_tells_its_end() {
    let (ours, files) = (Authority::new(), Files::new());
    files.put(&ours.server(2030));
    let house = House::open(&files.settings(&ours, "")).await;
    let end = |text: &str| text.parse::<Timestamp>().unwrap().as_duration().as_secs_f64();
    assert!((house.metric(&[EXPIRY]) - end("2030-01-01T00:00:00Z")).abs() < 1.0);
    std::fs::write(files.path("certificate.pem"), "-----BEGIN CERTIFICATE-----\nrubbish").unwrap();
    for _ in 0..3 {
        house.clock.advance(Duration::from_secs(30));
        let visitor = visit(&house, ours.trusted(None), "agent:mette").await.unwrap();
        assert_eq!(told(visitor.call(WHO, b"").await).0, Code::Ok);
    }
    // A certificate whose key has not come yet is no pair: the old pair stays until both are there.
    let next = ours.server(2031);
    std::fs::write(files.path("certificate.pem"), &next.certificate).unwrap();
    house.clock.advance(Duration::from_secs(30));
    assert!(visit(&house, ours.trusted(None), "agent:mette").await.is_ok());
    files.put(&next);
    while (house.metric(&[EXPIRY]) - end("2031-01-01T00:00:00Z")).abs() > 1.0 {
        house.clock.advance(Duration::from_secs(30));
        tokio::task::yield_now().await;
    }
    house.close().await;
}
