//! A certificate authority for tests.

use std::path::{Path, PathBuf};

use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType, date_time_ymd};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// An authority, and its certificate (PEM).
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// A certificate and its key (PEM).
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate with these names, that holds until the first day of a year.
    fn issue(&self, names: &[&str], uris: &[&str], until: i32) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        let uri = |uri: &&str| SanType::URI(Ia5String::try_from(*uri).unwrap());
        params.subject_alt_names.extend(uris.iter().map(uri));
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    pub(crate) fn server(&self, until: i32) -> Issued {
        self.issue(&["localhost"], &[], until)
    }

    pub(crate) fn client(&self, uris: &[&str], until: i32) -> Issued {
        self.issue(&[], uris, until)
    }

    /// A client that believes this authority, and shows a certificate if it has one.
    pub(crate) fn trusted(&self, shows: Option<&Issued>) -> ClientTlsConfig {
        let config =
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.pem)).domain_name("localhost");
        match shows {
            Some(issued) => config.identity(Identity::from_pem(&issued.certificate, &issued.key)),
            None => config,
        }
    }
}

/// The files of a server, in a folder.
pub(crate) struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a server's certificate there, or another in its place.
    pub(crate) fn put(&self, issued: &Issued) {
        write(&self.path("key.pem"), &issued.key);
        write(&self.path("certificate.pem"), &issued.certificate);
    }

    /// Settings of `[grpc]` for them.
    pub(crate) fn settings(&self, clients: &Authority, more: &str) -> String {
        write(&self.path("clients.pem"), &clients.pem);
        format!(
            "[tls]\ncertificate_file = '{}'\nkey_file = '{}'\nclient_ca_file = '{}'\n{more}",
            self.path("certificate.pem").display(),
            self.path("key.pem").display(),
            self.path("clients.pem").display()
        )
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
