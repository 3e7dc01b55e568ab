//! The files of `[grpc.tls]`, as rustls takes them. They are compared by what is in them: a secret that is mounted
//! is a link that is swapped, and its times tell nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use jiff::Timestamp;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{RootCertStore, server::danger::ClientCertVerifier};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::{ClientCertificates, DEVELOPMENT_AUTHORITY, TlsConfig};

/// Why connections cannot be encrypted: each names its setting.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A setting without the one it belongs to.
    #[error(
        "grpc.tls.{key} says nothing without grpc.tls.certificate_file: name the server's certificate (PEM)"
    )]
    WithoutCertificate {
        /// The setting.
        key: &'static str,
    },
    /// A setting that is missing.
    #[error("grpc.tls.{key} is empty: {problem}")]
    Missing {
        /// The setting.
        key: &'static str,
        /// What it is needed for.
        problem: &'static str,
    },
    /// A file cannot be used.
    #[error("grpc.tls.{key} = {path}: {problem}", path = path.display())]
    File {
        /// The setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// What is in the files.
#[derive(PartialEq, Eq)]
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// What new connections are met with.
pub(super) struct Loaded {
    pub(super) server: Arc<ServerConfig>,
    pub(super) expires_at: Timestamp,
    pub(super) is_for_development: bool,
}

const CERTIFICATE: &str = "certificate_file";
const KEY: &str = "key_file";
const CLIENT_CA: &str = "client_ca_file";

/// Without a certificate nothing else may be set: it would do nothing, and be believed to do something.
pub(super) fn nothing_else_is_set(config: &TlsConfig) -> Result<(), TlsError> {
    let set = [
        (KEY, !config.key_file.as_os_str().is_empty()),
        (CLIENT_CA, !config.client_ca_file.as_os_str().is_empty()),
        ("client_certificates", config.client_certificates != ClientCertificates::default()),
        ("services", !config.services.is_empty()),
    ];
    let first = set.into_iter().find(|(_, is_set)| *is_set);
    first.map_or(Ok(()), |(key, _)| Err(TlsError::WithoutCertificate { key }))
}

impl Files {
    pub(super) fn read(config: &TlsConfig) -> Result<Self, TlsError> {
        let missing = |key, problem| Err(TlsError::Missing { key, problem });
        if config.key_file.as_os_str().is_empty() {
            return missing(KEY, "name the private key (PEM) of the certificate");
        }
        let has_ca = !config.client_ca_file.as_os_str().is_empty();
        let needs_ca =
            config.client_certificates == ClientCertificates::Required || !config.services.is_empty();
        if needs_ca && !has_ca {
            return missing(CLIENT_CA, "name the authorities (PEM) that clients' certificates come from");
        }
        let read = |key, path: &Path| std::fs::read(path).map_err(|error| wrong(key, path, &error));
        Ok(Self {
            certificate: read(CERTIFICATE, &config.certificate_file)?,
            key: read(KEY, &config.key_file)?,
            client_ca: has_ca.then(|| read(CLIENT_CA, &config.client_ca_file)).transpose()?,
        })
    }

    pub(super) fn load(&self, config: &TlsConfig, clock: &Arc<dyn Clock>) -> Result<Loaded, TlsError> {
        let chain = certificates(CERTIFICATE, &config.certificate_file, &self.certificate)?;
        let key =
            PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| wrong(KEY, &config.key_file, &error))?;
        let (expires_at, issuer) = chain.first().and_then(holds).ok_or_else(|| {
            wrong(CERTIFICATE, &config.certificate_file, &"it does not say until when it holds")
        })?;
        if expires_at <= clock.now() {
            return Err(wrong(CERTIFICATE, &config.certificate_file, &format!("it ran out at {expires_at}")));
        }
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_details(provider, Arc::new(OurTime(Arc::clone(clock))))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(CERTIFICATE, &config.certificate_file, &error))?;
        let builder = match &self.client_ca {
            Some(authorities) => builder.with_client_cert_verifier(verifier(config, authorities)?),
            None => builder.with_no_client_auth(),
        };
        let mut server = builder.with_single_cert(chain, key).map_err(|error| {
            wrong(KEY, &config.key_file, &format!("it does not belong to the certificate: {error}"))
        })?;
        server.alpn_protocols = vec![b"h2".to_vec()];
        // Nothing of an earlier connection is taken up again: the certificate is proven each time.
        server.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        let is_for_development = issuer.contains(DEVELOPMENT_AUTHORITY);
        Ok(Loaded { server: Arc::new(server), expires_at, is_for_development })
    }
}

fn verifier(config: &TlsConfig, authorities: &[u8]) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let path = &config.client_ca_file;
    let mut roots = RootCertStore::empty();
    for authority in certificates(CLIENT_CA, path, authorities)? {
        roots.add(authority).map_err(|error| wrong(CLIENT_CA, path, &error))?;
    }
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()));
    let builder = match config.client_certificates {
        ClientCertificates::Optional => builder.allow_unauthenticated(),
        ClientCertificates::Required => builder,
    };
    builder
        .build()
        .map(|verifier| verifier as Arc<dyn ClientCertVerifier>)
        .map_err(|error| wrong(CLIENT_CA, path, &error))
}

fn certificates(
    key: &'static str,
    path: &Path,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|error| wrong(key, path, &error))?;
    if read.is_empty() { Err(wrong(key, path, &"there is no certificate in it (PEM)")) } else { Ok(read) }
}

/// Until when a certificate holds, and who issued it.
fn holds(certificate: &CertificateDer<'_>) -> Option<(Timestamp, String)> {
    let read = Certificate::from_der(certificate).ok()?.tbs_certificate;
    let until = read.validity.not_after.to_unix_duration();
    let until = Timestamp::from_second(i64::try_from(until.as_secs()).ok()?).ok()?;
    Some((until, read.issuer.to_string()))
}

fn wrong(key: &'static str, path: &Path, problem: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { key, path: path.to_owned(), problem: problem.to_string() }
}

/// Our clock, by which clients' certificates run out.
struct OurTime(Arc<dyn Clock>);

impl std::fmt::Debug for OurTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OurTime")
    }
}

impl TimeProvider for OurTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
