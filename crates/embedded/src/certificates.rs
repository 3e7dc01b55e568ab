//! A certificate authority and the server's certificate, for development: made in the data folder.
//!
//! The authority is made once, so that clients go on believing it; the server's certificate at each start.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
};
use service_kit::tls::{DEVELOPMENT_AUTHORITY, TlsConfig};

/// The files, in a data folder.
const AUTHORITY: &str = "development-ca.pem";
const AUTHORITY_KEY: &str = "development-ca.key";
const CERTIFICATE: &str = "development-server.pem";
const KEY: &str = "development-server.key";
/// For whom it is: nobody else calls a server on loopback.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file.
    #[error("{path} cannot be used: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The authority's key file holds something else, or a certificate could not be made.
    #[error("no certificate for development: {0}; delete {AUTHORITY_KEY}, and a new authority is made")]
    Made(#[from] rcgen::Error),
    /// The calendar has an end.
    #[error("no certificate for development: {0}")]
    Time(#[from] jiff::Error),
}

/// Makes what is missing, and gives the settings of a server that uses it, and the file for its clients.
///
/// # Errors
/// The folder cannot be written.
pub fn development_tls(data: &Path, now: Timestamp) -> Result<(TlsConfig, PathBuf), CertificateError> {
    let path = |name: &str| data.join(name);
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::File { path, source }
    };
    std::fs::create_dir_all(data).map_err(file(data))?;
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name = named(DEVELOPMENT_AUTHORITY);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    holds(&mut authority, today, Span::new().years(10))?;
    let (ca, ca_key) = (path(AUTHORITY), path(AUTHORITY_KEY));
    let key = if ca_key.is_file() && ca.is_file() {
        KeyPair::from_pem(&std::fs::read_to_string(&ca_key).map_err(file(&ca_key))?)?
    } else {
        let key = KeyPair::generate()?;
        write(&ca_key, &key.serialize_pem()).map_err(file(&ca_key))?;
        write(&ca, &authority.self_signed(&key)?.pem()).map_err(file(&ca))?;
        key
    };
    let issuer = Issuer::new(authority, key);
    let mut server = CertificateParams::new(NAMES.map(str::to_owned).to_vec())?;
    server.distinguished_name = named("casetrail development server");
    holds(&mut server, today, Span::new().years(1))?;
    let key = KeyPair::generate()?;
    let (certificate_file, key_file) = (path(CERTIFICATE), path(KEY));
    write(&key_file, &key.serialize_pem()).map_err(file(&key_file))?;
    write(&certificate_file, &server.signed_by(&key, &issuer)?.pem()).map_err(file(&certificate_file))?;
    Ok((TlsConfig { certificate_file, key_file, ..TlsConfig::default() }, ca))
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

/// From yesterday on: a client's clock may be behind.
fn holds(params: &mut CertificateParams, today: Date, lasting: Span) -> Result<(), jiff::Error> {
    let day = |date: Date| {
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(today.checked_sub(Span::new().days(1))?);
    params.not_after = day(today.checked_add(lasting)?);
    Ok(())
}

/// A file that only its owner reads.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_stays_and_the_certificate_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let make = || {
            let now = "2026-11-23T10:00:00Z".parse().unwrap();
            let (tls, ca) = development_tls(folder.path(), now).unwrap();
            let read = |path: &Path| std::fs::read_to_string(path).unwrap();
            (read(&ca), read(&tls.certificate_file))
        };
        let (first, second) = (make(), make());
        assert_eq!(first.0, second.0);
        assert_ne!(first.1, second.1);
    }
}
