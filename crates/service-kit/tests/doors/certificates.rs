//! Who may come in by certificate: the right name is served, and each wrong thing is refused.

use std::time::Duration;

use tonic::Code;
use tonic::transport::{ClientTlsConfig, Endpoint};

use crate::authority::{Authority, Files, Issued};
use crate::echo::{LARGE, WHO};
use crate::house::{House, Visitor, told};

const CRM: &str = "spiffe://casetrail/crm";
const SERVICES: &str = "[tls.services.'spiffe://casetrail/crm']\nname = 'crm'\nbrands = ['NB']\n\
                        methods = ['casetrail.history.v1.HistoryService/GetCase']\n\
                        [tls.services.'spiffe://casetrail/gateway']\n";

pub(crate) async fn visit(house: &House, tls: ClientTlsConfig, actor: &str) -> Result<Visitor, String> {
    let address = format!("https://localhost:{}", house.address.port());
    let endpoint = Endpoint::from_shared(address).unwrap().tls_config(tls).unwrap();
    endpoint.connect().await.map(|channel| Visitor::new(channel, actor)).map_err(|error| error.to_string())
}

/// Code and reason of a call; or that the connection did not live to carry one.
async fn outcome(house: &House, tls: ClientTlsConfig, actor: &str, path: &'static str) -> (Code, String) {
    match visit(house, tls, actor).await {
        Ok(visitor) => told(visitor.call(path, b"1").await),
        Err(_) => (Code::Unavailable, String::new()),
    }
}

struct Scene {
    house: House,
    ours: Authority,
    _files: Files,
}

async fn scene(client_certificates: &str) -> Scene {
    let (ours, files) = (Authority::new(), Files::new());
    files.put(&ours.server(2030));
    let more = format!("client_certificates = '{client_certificates}'\n{SERVICES}");
    let house = House::open(&files.settings(&ours, &more)).await;
    Scene { house, ours, _files: files }
}

fn refused(reason: &str) -> (Code, String) {
    let code = if reason == "CERTIFICATE_UNKNOWN" { Code::Unauthenticated } else { Code::PermissionDenied };
    (code, reason.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_known_by_its_certificate_and_calls_what_the_map_says() {
    let Scene { house, ours, .. } = &scene("required").await;
    let crm = ours.client(&[CRM], 2030);
    let visitor = visit(house, ours.trusted(Some(&crm)), "agent:mette").await.unwrap();
    assert_eq!(visitor.call(WHO, b"").await.unwrap(), b"Service crm", "not who the metadata says");
    assert_eq!(told(visitor.call(LARGE, b"1").await), refused("SERVICE_NOT_ALLOWED"));
    let gateway = ours.client(&["spiffe://casetrail/gateway"], 2030);
    let visitor = visit(house, ours.trusted(Some(&gateway)), "agent:mette").await.unwrap();
    assert_eq!(visitor.call(WHO, b"").await.unwrap(), b"Agent mette", "a gateway passes on who calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_known_is_refused_with_its_reason() {
    let Scene { house, ours, .. } = &scene("required").await;
    for uris in
        [&["spiffe://casetrail/other"][..], &[], &[CRM, "spiffe://casetrail/gateway"], &["https://crm"]]
    {
        let client = ours.client(uris, 2030);
        let answer = outcome(house, ours.trusted(Some(&client)), "agent:mette", WHO).await;
        assert_eq!(answer, refused("CERTIFICATE_UNKNOWN"), "{uris:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_authoritys_an_expired_and_no_certificate_get_no_word_in() {
    let Scene { house, ours, .. } = &scene("required").await;
    let stranger = Authority::new().client(&[CRM], 2030);
    // The clock of the house stands at November 2026.
    let expired: Issued = ours.client(&[CRM], 2026);
    for (what, shows) in [("stranger", Some(&stranger)), ("expired", Some(&expired)), ("none", None)] {
        let (code, reason) = outcome(house, ours.trusted(shows), "agent:mette", WHO).await;
        assert_ne!(code, Code::Ok, "{what}");
        assert_eq!(reason, "", "{what}: the connection was ended, not a call answered");
    }
    assert!(house.metric(&["casetrail_connections_refused_total", "handshake"]) >= 3.0);
    let crm = ours.client(&[CRM], 2030);
    assert_eq!(outcome(house, ours.trusted(Some(&crm)), "", WHO).await.0, Code::Ok, "the right one");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_certificates_are_optional_the_others_say_who_they_are_as_ever() {
    let Scene { house, ours, .. } = &scene("optional").await;
    assert_eq!(outcome(house, ours.trusted(None), "agent:mette", WHO).await.0, Code::Ok);
    let nobody = outcome(house, ours.trusted(None), "", WHO).await;
    assert_eq!(nobody, (Code::Unauthenticated, "UNAUTHENTICATED".to_owned()));
    let stranger = Authority::new().client(&[CRM], 2030);
    assert_ne!(outcome(house, ours.trusted(Some(&stranger)), "agent:mette", WHO).await.0, Code::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_runs_out_by_our_clock() {
    let Scene { house, ours, .. } = &scene("required").await;
    let crm = ours.client(&[CRM], 2028);
    assert_eq!(outcome(house, ours.trusted(Some(&crm)), "", WHO).await.0, Code::Ok);
    house.clock.advance(Duration::from_hours(24 * 500));
    assert_ne!(outcome(house, ours.trusted(Some(&crm)), "", WHO).await.0, Code::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_go_together_are_named() {
    let (ours, files) = (Authority::new(), Files::new());
    files.put(&ours.server(2030));
    let whole = files.settings(&ours, "");
    let other = Files::new();
    other.put(&ours.server(2030));
    let foreign_key = whole
        .replace(&files.path("key.pem").display().to_string(), &other.path("key.pem").display().to_string());
    let old = Files::new();
    old.put(&ours.server(2025));
    for (settings, key) in [
        (format!("address = '0.0.0.0:0'\n{whole}"), "grpc.tokens"),
        ("mode = 'production'\n[tokens]\njwks = '/x'\nissuer = 'x'".to_owned(), "grpc."),
        ("[tls]\nkey_file = '/x'".to_owned(), "grpc.tls.key_file"),
        ("[tls]\nclient_certificates = 'required'".to_owned(), "grpc.tls.client_certificates"),
        ("[tls]\ncertificate_file = '/x'".to_owned(), "grpc.tls.key_file"),
        ("[tls]\ncertificate_file = '/x'\nkey_file = '/y'".to_owned(), "grpc.tls.certificate_file = /x"),
        (foreign_key, "grpc.tls.key_file"),
        (old.settings(&ours, ""), "ran out"),
        (format!("{whole}\n[tls.services.'crm']\nname = 'crm'"), "grpc.tls.services"),
        ("[limits]\nwatches = 0".to_owned(), "grpc.limits.watches"),
    ] {
        let error = House::try_open(&settings).await.map(|_| ()).expect_err(&settings);
        assert!(error.contains(key), "{settings}: {error}");
    }
    assert!(House::try_open(&whole).await.is_ok());
    let proven = format!("address = '0.0.0.0:0'\n{whole}\nclient_certificates = 'required'");
    assert!(House::try_open(&proven).await.is_ok(), "encrypted and proven it may listen anywhere");
}
