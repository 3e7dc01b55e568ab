//! Clients for calls over HTTP that leave the house: to a payment gateway, a brand's webhook, an issuer's keys.
//!
//! They follow no redirect (it would carry a signature or a secret elsewhere), and take nothing from the
//! environment or from settings of the whole process: whom they trust is decided here.
//!
//! Must never be here: what is sent, to whom, and what an answer means.

pub mod aws;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A client that trusts the public certificate authorities. A call takes at most `timeout`, its answer included.
///
/// # Errors
/// TLS cannot be set up, in words.
pub fn client(timeout: Duration) -> Result<reqwest::Client, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    trusting(roots, timeout)
}

/// A client for plain HTTP on the loopback interface: it trusts no certificate at all.
///
/// # Errors
/// As for [`client`].
pub fn loopback_client(timeout: Duration) -> Result<reqwest::Client, String> {
    trusting(RootCertStore::empty(), timeout)
}

/// A client that trusts the certificates in a PEM file, and nobody else.
///
/// # Errors
/// The file cannot be read or holds none, or as for [`client`].
pub fn client_trusting(file: &Path, timeout: Duration) -> Result<reqwest::Client, String> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| problem(&error))? {
        let certificate = certificate.map_err(|error| problem(&error))?;
        roots.add(certificate).map_err(|error| problem(&error))?;
    }
    if roots.is_empty() {
        return Err(problem(&"holds no certificate (PEM)"));
    }
    trusting(roots, timeout)
}

/// Whether an endpoint is spoken to without TLS, which is allowed on this machine alone: whoever asks is refused any
/// other, and takes [`loopback_client`] for these.
///
/// # Errors
/// What is wrong with it, in words.
pub fn is_loopback(endpoint: &str) -> Result<bool, String> {
    let url =
        Url::parse(endpoint).map_err(|error| format!("the endpoint '{endpoint}' is no URL: {error}"))?;
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match url.scheme() {
        "https" => Ok(false),
        "http" if is_here => Ok(true),
        _ => Err(format!("the endpoint '{endpoint}' must be https, or http on the loopback interface")),
    }
}

fn trusting(roots: RootCertStore, timeout: Duration) -> Result<reqwest::Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .build()
        .map_err(|error| error.to_string())
}
