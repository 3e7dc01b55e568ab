//! TLS on the gRPC listener: the server's certificate, whose clients' certificates are believed, and both read
//! again when their files change, without a restart.
//!
//! - `TlsConfig`: `[grpc.tls]`.
//! - `files`: what is in the files, as rustls takes it.
//! - `Certificates`: what new connections are met with now.

mod files;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use jiff::Timestamp;
use opentelemetry::KeyValue;
use opentelemetry::global;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::auth::ServiceIdentity;
use crate::shutdown::Shutdown;

pub use files::TlsError;
use files::{Files, Loaded};

/// What the authority for development is called: production mode refuses its certificates.
pub const DEVELOPMENT_AUTHORITY: &str = "casetrail development authority";

/// `[grpc.tls]` in a configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// The server's certificate and what it was signed with (PEM); empty: nothing is encrypted.
    pub certificate_file: PathBuf,
    /// Its private key (PEM).
    pub key_file: PathBuf,
    /// The authorities that clients' certificates come from (PEM); empty: clients are asked for none.
    pub client_ca_file: PathBuf,
    /// Whether a client may do without.
    pub client_certificates: ClientCertificates,
    /// How often the files are looked at, in seconds.
    pub reload_seconds: ReloadSeconds,
    /// Who may call by certificate: by SPIFFE id.
    pub services: BTreeMap<String, ServiceIdentity>,
}

/// Whether clients must prove who they are with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificates {
    /// Who has one shows it; the others need a token.
    #[default]
    Optional,
    /// Who has none is hung up on.
    Required,
}

/// A number of seconds that has a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ReloadSeconds(pub u64);

impl Default for ReloadSeconds {
    fn default() -> Self {
        Self(30)
    }
}

impl TlsConfig {
    /// Whether connections are encrypted.
    pub fn is_on(&self) -> bool {
        !self.certificate_file.as_os_str().is_empty()
    }

    /// Whether nobody without a certificate gets a word in.
    pub fn proves_clients(&self) -> bool {
        self.is_on()
            && !self.client_ca_file.as_os_str().is_empty()
            && self.client_certificates == ClientCertificates::Required
    }
}

/// What new connections are met with. Cheap to clone; all see the newest.
#[derive(Clone)]
pub struct Certificates {
    current: watch::Receiver<Arc<Loaded>>,
}

impl Certificates {
    /// Reads the files, and reads them again until shutdown. What cannot be used later leaves what there was, and
    /// says so.
    ///
    /// # Errors
    /// They cannot be used now.
    pub fn follow(
        config: &TlsConfig,
        clock: &Arc<dyn Clock>,
        shutdown: &Shutdown,
    ) -> Result<Option<Self>, TlsError> {
        if !config.is_on() {
            files::nothing_else_is_set(config)?;
            return Ok(None);
        }
        let files = Files::read(config)?;
        let (tell, current) = watch::channel(Arc::new(files.load(config, clock)?));
        observe_expiry(current.clone());
        let every = Duration::from_secs(config.reload_seconds.0.max(1));
        let (config, clock) = (config.clone(), Arc::clone(clock));
        shutdown.spawn_background(async move {
            let mut used = files;
            loop {
                clock.sleep_until(clock.now() + every).await;
                let read = Files::read(&config).and_then(|files| {
                    let loaded = (files != used).then(|| files.load(&config, &clock)).transpose()?;
                    Ok((files, loaded))
                });
                match read {
                    Ok((files, Some(loaded))) => {
                        tracing::info!(expires_at = %loaded.expires_at, "certificates were read again");
                        used = files;
                        tell.send_replace(Arc::new(loaded));
                    }
                    Ok((_, None)) => {}
                    Err(error) => {
                        tracing::warn!(%error, "new certificates cannot be used; the old ones stay");
                    }
                }
            }
        });
        Ok(Some(Self { current }))
    }

    /// What makes a connection an encrypted one.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.borrow().server))
    }

    /// Whether the certificate that is shown now was made for development.
    pub(crate) fn is_for_development(&self) -> bool {
        self.current.borrow().is_for_development
    }

    /// When the certificate runs out that is shown now.
    pub fn expires_at(&self) -> Timestamp {
        self.current.borrow().expires_at
    }
}

/// Reports, whenever metrics are read, when the certificate runs out that is shown now.
fn observe_expiry(current: watch::Receiver<Arc<Loaded>>) {
    global::meter("casetrail")
        .f64_observable_gauge("casetrail.certificate.expiry")
        .with_unit("s")
        .with_description("When the certificate that the server shows runs out, as seconds since 1970.")
        .with_callback(move |observer| {
            // Whoever has stopped shows none.
            if current.has_changed().is_ok() {
                let at = current.borrow().expires_at.as_duration().as_secs_f64();
                observer.observe(at, &[KeyValue::new("casetrail.certificate", "grpc")]);
            }
        })
        .build();
}
