//! Postgres and NATS over TLS, with certificates of both sides: the right ones connect, and nothing else does.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambient::SystemClock;
use distributed::migrate;
use event_bus::nats::{NatsOptions, NatsTls, connect};
use event_log::{EventLog, PostgresLog, PostgresLogOptions};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use scratch::{Nats, Postgres};

const ROLE: &str = "casetrail_intake";

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

struct Issued {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn issue(&self, common_name: &str, names: &[&str]) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Issued { certificate, key: key.serialize_pem() }
    }
}

/// Writes what a client shows, and whom it believes.
fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

struct Shown {
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

fn shown(folder: &Path, name: &str, believes: &Authority, issued: &Issued) -> Shown {
    Shown {
        ca: write(folder, &format!("{name}.ca"), &believes.pem),
        certificate: write(folder, &format!("{name}.pem"), &issued.certificate),
        key: write(folder, &format!("{name}.key"), &issued.key),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_proven_and_proves_us() {
    let (ours, stranger, folder) = (Authority::new(), Authority::new(), tempfile::tempdir().unwrap());
    let server = ours.issue("localhost", &["localhost"]);
    let postgres = Postgres::start_encrypted(&server.certificate, &server.key, &ours.pem).await.unwrap();
    let admin = postgres.url("postgres");
    migrate(&admin, 1, &BTreeMap::new()).await.unwrap();
    let port = admin.rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    let url = |host: &str, mode: &str, shown: &Shown| {
        format!(
            "postgres://{ROLE}@{host}:{port}/postgres?sslmode={mode}&sslrootcert={}&sslcert={}&sslkey={}",
            shown.ca.display(),
            shown.certificate.display(),
            shown.key.display()
        )
    };
    let open =
        async |url: &str| PostgresLog::open(url, PostgresLogOptions::default(), Arc::new(SystemClock)).await;
    let right = shown(folder.path(), "right", &ours, &ours.issue(ROLE, &[]));
    let log = open(&url("localhost", "verify-full", &right)).await.unwrap();
    assert_eq!(log.head().await, Ok(0));
    log.close().await;
    let other_role = shown(folder.path(), "role", &ours, &ours.issue("casetrail_routing", &[]));
    let foreign = shown(folder.path(), "foreign", &ours, &stranger.issue(ROLE, &[]));
    let deceived = shown(folder.path(), "deceived", &stranger, &ours.issue(ROLE, &[]));
    for (what, url) in [
        ("another name of the server", url("127.0.0.1", "verify-full", &right)),
        ("another role's certificate", url("localhost", "verify-full", &other_role)),
        ("another authority's certificate", url("localhost", "verify-full", &foreign)),
        ("a server of an authority that is not believed", url("localhost", "verify-full", &deceived)),
        ("no encryption", format!("postgres://{ROLE}@localhost:{port}/postgres?sslmode=disable")),
    ] {
        assert!(open(&url).await.is_err(), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_is_proven_and_proves_us() {
    let (ours, stranger, folder) = (Authority::new(), Authority::new(), tempfile::tempdir().unwrap());
    let server = shown(folder.path(), "server", &ours, &ours.issue("localhost", &["localhost"]));
    let configuration = format!(
        "tls {{\n  cert_file: '{}'\n  key_file: '{}'\n  ca_file: '{}'\n  verify: true\n}}\n",
        server.certificate.display(),
        server.key.display(),
        server.ca.display()
    );
    let nats = Nats::start_configured(&configuration, &[]).await.unwrap();
    let url = nats.url().replace("127.0.0.1", "localhost");
    let options = |shown: &Shown| NatsOptions {
        url: url.clone(),
        tls: Some(NatsTls {
            ca_file: shown.ca.clone(),
            client: Some((shown.certificate.clone(), shown.key.clone())),
        }),
        ..NatsOptions::default()
    };
    let right = options(&shown(folder.path(), "right", &ours, &ours.issue(ROLE, &[])));
    let client = connect(&right).await.unwrap();
    client.flush().await.unwrap();
    let foreign = options(&shown(folder.path(), "foreign", &ours, &stranger.issue(ROLE, &[])));
    let deceived = options(&shown(folder.path(), "deceived", &stranger, &ours.issue(ROLE, &[])));
    let mut without = right.clone();
    without.tls.as_mut().unwrap().client = None;
    let plain = NatsOptions { tls: None, ..right.clone() };
    let elsewhere = NatsOptions { url: nats.url(), ..right };
    for (what, options) in [
        ("another authority's certificate", foreign),
        ("a server of an authority that is not believed", deceived),
        ("no certificate", without),
        ("no authority that is believed", plain),
        ("another name of the server", elsewhere),
    ] {
        assert!(connect(&options).await.is_err(), "{what}");
    }
}
