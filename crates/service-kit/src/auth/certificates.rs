//! Services that prove who they are with a certificate: its SPIFFE id, and the map that says who that is here.
//!
//! What counts, where a call has both: the token says who acts, and the certificate limits what may be called.
//! Without a token the certificate says who acts, unless it belongs to a gateway, which acts for others only.

use std::collections::{BTreeMap, BTreeSet};

use access::table;
use access::{Brands, Identity, Role};
use case::{Actor, ActorKind, AgentId, Brand};
use rustls::pki_types::CertificateDer;
use schemars::JsonSchema;
use serde::Deserialize;
use tonic::metadata::MetadataMap;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::tokens::{AUTHORIZATION, role_not_allowed};
use super::{Admitted, Scope};
use crate::failure::Failure;
use crate::masked::Sight;

/// What a SPIFFE id begins with.
const SPIFFE: &str = "spiffe://";
/// Every brand, in `brands`.
const ALL_BRANDS: &str = "*";
/// Every method of a service, in `methods`.
const ALL_METHODS: &str = "/*";

/// A client's certificate, whose chain and time were checked when the connection began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Its SPIFFE id, if it has exactly one, as X.509-SVID demands.
    pub spiffe_id: Option<String>,
}

impl PeerCertificate {
    /// Reads the names in a certificate.
    pub fn read(certificate: &CertificateDer<'_>) -> Self {
        let uris = Certificate::from_der(certificate).ok().map(|read| uris(&read)).unwrap_or_default();
        let spiffe_id = match uris.as_slice() {
            [one] if one.starts_with(SPIFFE) => Some(one.clone()),
            _ => None,
        };
        Self { spiffe_id }
    }
}

fn uris(certificate: &Certificate) -> Vec<String> {
    let names = certificate.tbs_certificate.get::<SubjectAltName>().ok().flatten();
    let names = names.map(|(_, names)| names.0).unwrap_or_default();
    let uri = |name: GeneralName| match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_str().to_owned()),
        _ => None,
    };
    names.into_iter().filter_map(uri).collect()
}

/// Who a service is here: one entry of `[grpc.tls.services]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceIdentity {
    /// As whom its acts are recorded: `service:NAME`. Empty for a gateway, which passes on others' calls and is
    /// nobody itself.
    #[serde(default)]
    pub name: String,
    /// The brands it works for; `*` for all.
    #[serde(default)]
    pub brands: Vec<String>,
    /// What it may call: `casetrail.intake.v1.IntakeService/OpenCase`, or all methods of a service with `/*`. Empty:
    /// whatever a service, or the caller behind a gateway, may.
    #[serde(default)]
    pub methods: Vec<String>,
}

/// What is wrong with an entry of `[grpc.tls.services]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("grpc.tls.services.\"{spiffe_id}\": {problem}")]
pub struct ServicesError {
    spiffe_id: String,
    problem: String,
}

/// The services that are known by their certificates.
#[derive(Debug, Default)]
pub(crate) struct KnownServices(BTreeMap<String, Known>);

#[derive(Debug)]
struct Known {
    /// Nobody, for a gateway.
    identity: Option<Identity>,
    methods: Vec<String>,
}

impl KnownServices {
    /// Reads the map.
    ///
    /// # Errors
    /// An entry that would let nobody do anything, or says what does not exist.
    pub(crate) fn of(services: &BTreeMap<String, ServiceIdentity>) -> Result<Self, ServicesError> {
        let known = services.iter().map(|(spiffe_id, service)| {
            let wrong = |problem: String| ServicesError { spiffe_id: spiffe_id.clone(), problem };
            if !spiffe_id.starts_with(SPIFFE) {
                return Err(wrong(
                    "write the SPIFFE id of its certificate, such as spiffe://casetrail/crm".to_owned(),
                ));
            }
            Ok((spiffe_id.clone(), Known::of(service).map_err(wrong)?))
        });
        known.collect::<Result<_, _>>().map(Self)
    }

    /// Whether somebody with this certificate may call this method, and who acts where the call itself does not
    /// say it. Who has none is asked for a token.
    pub(crate) fn admit(
        &self,
        certificate: Option<&PeerCertificate>,
        path: &str,
        metadata: &MetadataMap,
    ) -> Result<Option<Admitted>, Failure> {
        let Some(certificate) = certificate else { return Ok(None) };
        let spiffe_id = certificate.spiffe_id.as_deref().ok_or_else(|| {
            Failure::CertificateUnknown("the certificate has no SPIFFE id, or more than one URI".to_owned())
        })?;
        let known = self.0.get(spiffe_id).ok_or_else(|| {
            Failure::CertificateUnknown(format!("nobody is known here as {spiffe_id} (grpc.tls.services)"))
        })?;
        if !known.may_call(path) {
            return Err(service_not_allowed(spiffe_id));
        }
        let Some(identity) = &known.identity else { return Ok(None) };
        if metadata.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        if !table::admitted(path).admits(Role::Service) {
            return Err(role_not_allowed());
        }
        let (actor, scope) = (identity.actor.clone(), Scope::of(identity));
        Ok(Some(Admitted { actor, scope, sight: Sight::Clear }))
    }
}

impl Known {
    fn of(service: &ServiceIdentity) -> Result<Self, String> {
        let is_gateway = service.name.is_empty();
        for method in &service.methods {
            let meant = table::paths().filter(|path| covers(method, path));
            let reachable =
                meant.filter(|path| is_gateway || table::admitted(path).admits(Role::Service)).count();
            if reachable == 0 {
                return Err(format!("methods: {method} is nothing that it could call"));
            }
        }
        if is_gateway {
            let known = Self { identity: None, methods: service.methods.clone() };
            return if service.brands.is_empty() {
                Ok(known)
            } else {
                Err("brands: a gateway has none of its own; give it a name, or leave them out".to_owned())
            };
        }
        let id: AgentId = service.name.parse().map_err(|error| format!("name: {error}"))?;
        let brands = if service.brands.iter().any(|brand| brand == ALL_BRANDS) {
            Brands::All
        } else if service.brands.is_empty() {
            return Err("brands: name those it works for, or \"*\" for all".to_owned());
        } else {
            let read = |brand: &String| brand.parse::<Brand>().map_err(|error| format!("brands: {error}"));
            Brands::Only(service.brands.iter().map(read).collect::<Result<_, _>>()?)
        };
        let actor =
            Actor { kind: ActorKind::Service, id: id.to_string(), teams: Vec::new(), second_factor_at: None };
        let identity = Identity { actor, roles: BTreeSet::from([Role::Service]), brands, until: None };
        Ok(Self { identity: Some(identity), methods: service.methods.clone() })
    }

    fn may_call(&self, path: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|method| covers(method, path))
    }
}

/// Whether `method`, as the configuration has it, means the method at `path`.
fn covers(method: &str, path: &str) -> bool {
    let path = path.trim_start_matches('/');
    match method.strip_suffix(ALL_METHODS) {
        Some(service) => path.split_once('/').is_some_and(|(named, _)| named == service),
        None => path == method,
    }
}

fn service_not_allowed(spiffe_id: &str) -> Failure {
    Failure::Refused {
        reason: "SERVICE_NOT_ALLOWED",
        message: format!("{spiffe_id} may not call this method (grpc.tls.services)"),
        metadata: Vec::new(),
        field: None,
        permission: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRM: &str = "spiffe://casetrail/crm";
    const GATEWAY: &str = "spiffe://casetrail/gateway";
    const OPEN: &str = "/casetrail.intake.v1.IntakeService/OpenCase";
    const GET: &str = "/casetrail.intake.v1.IntakeService/GetCase";
    const MERGE: &str = "/casetrail.intake.v1.IntakeService/MergeCase";

    fn map(settings: &str) -> Result<KnownServices, ServicesError> {
        KnownServices::of(&crate::config::parse("", settings).unwrap())
    }

    fn known() -> KnownServices {
        map(&format!(
            "['{CRM}']\nname = 'crm'\nbrands = ['NB']\nmethods = ['casetrail.intake.v1.IntakeService/OpenCase', \
             'casetrail.history.v1.HistoryService/*']\n['{GATEWAY}']\n['spiffe://casetrail/all']\nname = 'all'\n\
             brands = ['*']"
        ))
        .unwrap()
    }

    fn answer(spiffe_id: &str, path: &str, token: bool) -> Result<Option<String>, &'static str> {
        let mut metadata = MetadataMap::new();
        if token {
            metadata.insert("authorization", "Bearer x".parse().unwrap());
        }
        let certificate = PeerCertificate { spiffe_id: Some(spiffe_id.to_owned()) };
        let admitted = known().admit(Some(&certificate), path, &metadata);
        admitted.map(|admitted| admitted.map(|who| who.actor.id)).map_err(|failure| failure.reason())
    }

    #[test]
    fn a_service_is_who_the_map_says_and_calls_what_it_says() {
        assert_eq!(answer(CRM, OPEN, false), Ok(Some("crm".to_owned())));
        assert_eq!(answer(CRM, GET, false), Err("SERVICE_NOT_ALLOWED"));
        let history = "/casetrail.history.v1.HistoryService/GetCase";
        assert_eq!(answer(CRM, history, false), Ok(Some("crm".to_owned())));
        assert_eq!(
            answer("spiffe://casetrail/all", MERGE, false),
            Err("ROLE_NOT_ALLOWED"),
            "not for services"
        );
        assert_eq!(answer("spiffe://casetrail/other", OPEN, false), Err("CERTIFICATE_UNKNOWN"));
    }

    #[test]
    fn a_token_says_who_acts_and_the_certificate_still_limits_what() {
        assert_eq!(answer(CRM, OPEN, true), Ok(None));
        assert_eq!(answer(CRM, GET, true), Err("SERVICE_NOT_ALLOWED"));
        assert_eq!(answer(GATEWAY, MERGE, true), Ok(None));
        assert_eq!(answer(GATEWAY, MERGE, false), Ok(None), "then it has to be asked for the token");
    }

    #[test]
    fn a_certificate_without_one_spiffe_id_is_nobodys() {
        let admitted = known().admit(Some(&PeerCertificate { spiffe_id: None }), OPEN, &MetadataMap::new());
        assert_eq!(admitted.unwrap_err().reason(), "CERTIFICATE_UNKNOWN");
        assert!(known().admit(None, OPEN, &MetadataMap::new()).unwrap().is_none());
    }

    #[test]
    fn a_service_reaches_the_brands_of_the_map() {
        let certificate = PeerCertificate { spiffe_id: Some(CRM.to_owned()) };
        let admitted = known().admit(Some(&certificate), OPEN, &MetadataMap::new()).unwrap().unwrap();
        assert!(admitted.scope.includes_brand("NB") && !admitted.scope.includes_brand("SE"));
    }

    #[test]
    fn an_entry_that_makes_no_sense_is_named() {
        for (settings, problem) in [
            ("['https://crm']\nname = 'crm'\nbrands = ['*']", "SPIFFE"),
            ("['spiffe://x/crm']\nname = 'crm'", "brands"),
            ("['spiffe://x/crm']\nname = 'crm'\nbrands = ['nb']", "brands"),
            ("['spiffe://x/crm']\nname = 'c r m'\nbrands = ['*']", "name"),
            ("['spiffe://x/gateway']\nbrands = ['NB']", "brands"),
            ("['spiffe://x/crm']\nname = 'crm'\nbrands = ['*']\nmethods = ['casetrail.x/*']", "methods"),
            (
                "['spiffe://x/crm']\nname = 'crm'\nbrands = ['*']\n\
                 methods = ['casetrail.intake.v1.IntakeService/MergeCase']",
                "methods",
            ),
        ] {
            let error = map(settings).unwrap_err().to_string();
            assert!(error.contains("grpc.tls.services") && error.contains(problem), "{settings}: {error}");
        }
    }
}
