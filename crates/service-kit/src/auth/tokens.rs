//! Callers who prove who they are with a bearer token, and may call what their roles allow.

use std::sync::Arc;

use access::table::{self, Admits};
use access::{Algorithm, Keys, KeysError, Place, Refused, Role, Rules, Verifier, mint};
use ambient::Clock;
use async_trait::async_trait;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use tonic::metadata::MetadataMap;

use super::{Admitted, Authenticator, MetadataAuthenticator, Scope};
use crate::failure::Failure;
use crate::masked::Sight;
use crate::server::{Mode, ServerConfig};

/// Metadata key of the token: `Bearer` and the token.
pub(super) const AUTHORIZATION: &str = "authorization";

/// `[grpc.tokens]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokensConfig {
    /// The key set (JWKS): a file, or a URL that is asked again at times. Empty: callers are believed.
    pub jwks: String,
    /// The issuer (`iss`).
    pub issuer: String,
    /// The audience (`aud`).
    pub audience: String,
    /// The accepted algorithms.
    pub algorithms: Vec<String>,
    /// How far the issuer's clock may be from ours, in seconds.
    pub leeway_seconds: u32,
    /// The values of `acr` that tell of a second factor.
    pub second_factor_acr: Vec<String>,
}

impl Default for TokensConfig {
    fn default() -> Self {
        Self {
            jwks: String::new(),
            issuer: String::new(),
            audience: mint::AUDIENCE.to_owned(),
            algorithms: ["EdDSA", "ES256", "RS256"].map(str::to_owned).to_vec(),
            leeway_seconds: 5,
            second_factor_acr: vec![mint::SECOND_FACTOR.to_owned()],
        }
    }
}

/// Why callers cannot be told apart: each names its setting.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Nobody would be asked who they are.
    #[error(
        "grpc.tokens.jwks is empty: with grpc.mode = \"production\" every caller proves who they are; name the \
         issuer's key set, a file or an https URL"
    )]
    Anonymous,
    /// The methods would be told to everybody.
    #[error("grpc.reflection = true: with grpc.mode = \"production\" the server tells its methods to nobody")]
    Reflection,
    /// Keys that lie in a data folder.
    #[error(
        "grpc.tokens: a development key, or the issuer of development tokens, with grpc.mode = \"production\"; \
         name your issuer's key set"
    )]
    DevelopmentKey,
    /// Not said who issues tokens.
    #[error("grpc.tokens.issuer is empty: say whose tokens are believed, as their 'iss' has it")]
    Issuer,
    /// Not said for whom they must be.
    #[error("grpc.tokens.audience is empty: say for whom tokens must be, as their 'aud' has it")]
    Audience,
    /// An algorithm that is none.
    #[error("grpc.tokens.algorithms: '{0}' is none of {all}", all = Algorithm::ALL.map(Algorithm::as_str).join(", "))]
    Algorithm(String),
    /// No algorithm at all.
    #[error("grpc.tokens.algorithms is empty: no token could be believed")]
    Algorithms,
    /// So much that an expired token would be as good as a new one.
    #[error("grpc.tokens.leeway_seconds = {0}: at most 60")]
    Leeway(u32),
    /// The keys.
    #[error("grpc.tokens.jwks: {0}")]
    Keys(#[from] KeysError),
}

/// Who calls, as the configuration says.
///
/// # Errors
/// When it says what must not be, naming the setting.
pub async fn authenticator(
    config: &ServerConfig,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Authenticator>, AuthError> {
    let is_production = config.mode == Mode::Production;
    if is_production && config.reflection {
        return Err(AuthError::Reflection);
    }
    if config.tokens.jwks.is_empty() {
        return if is_production { Err(AuthError::Anonymous) } else { Ok(Arc::new(MetadataAuthenticator)) };
    }
    Ok(Arc::new(TokenAuthenticator(verifier(&config.tokens, is_production, clock).await?)))
}

async fn verifier(
    config: &TokensConfig,
    is_production: bool,
    clock: &Arc<dyn Clock>,
) -> Result<Verifier, AuthError> {
    if config.issuer.is_empty() {
        return Err(AuthError::Issuer);
    }
    if config.audience.is_empty() {
        return Err(AuthError::Audience);
    }
    if config.leeway_seconds > 60 {
        return Err(AuthError::Leeway(config.leeway_seconds));
    }
    let algorithms: Vec<Algorithm> = config
        .algorithms
        .iter()
        .map(|word| word.parse().map_err(|_| AuthError::Algorithm(word.clone())))
        .collect::<Result<_, _>>()?;
    if algorithms.is_empty() {
        return Err(AuthError::Algorithms);
    }
    let keys = Keys::open(Place::read(&config.jwks), Arc::clone(clock)).await?;
    if is_production && (config.issuer == mint::ISSUER || keys.has_development_key()) {
        return Err(AuthError::DevelopmentKey);
    }
    let rules = Rules {
        issuer: config.issuer.clone(),
        audience: config.audience.clone(),
        algorithms,
        leeway: SignedDuration::from_secs(config.leeway_seconds.into()),
        second_factor: config.second_factor_acr.clone(),
        development_keys: !is_production,
    };
    Ok(Verifier::new(rules, keys, Arc::clone(clock)))
}

/// Believes a valid token, and admits its bearer to the methods of their roles.
pub struct TokenAuthenticator(Verifier);

impl TokenAuthenticator {
    /// Believes what `verifier` finds good.
    pub fn new(verifier: Verifier) -> Self {
        Self(verifier)
    }
}

/// The token in a call's metadata: exactly one.
fn bearer(metadata: &MetadataMap) -> Result<&str, Failure> {
    let mut given = metadata.get_all(AUTHORIZATION).iter();
    let one = given.next().ok_or(Failure::Token(Refused::Missing))?;
    if given.next().is_some() {
        return Err(Failure::Token(Refused::Malformed));
    }
    let text = one.to_str().map_err(|_| Failure::Token(Refused::Malformed))?;
    let (scheme, token) = text.split_once(' ').ok_or(Failure::Token(Refused::Missing))?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token) } else { Err(Failure::Token(Refused::Missing)) }
}

#[async_trait]
impl Authenticator for TokenAuthenticator {
    async fn authenticate(&self, path: &str, metadata: &MetadataMap) -> Result<Admitted, Failure> {
        let mut identity = self.0.verify(bearer(metadata)?).await.map_err(Failure::Token)?;
        let admits = table::admitted(path);
        if admits == Admits::Nobody || !identity.roles.iter().any(|role| admits.admits(*role)) {
            return Err(role_not_allowed());
        }
        let sees = |role: &Role| admits.admits(*role) && !role.reads_masked();
        let sight = if identity.roles.iter().any(sees) {
            Sight::Clear
        } else {
            Sight::asked(metadata, &identity.actor, self.0.now())?
        };
        if !matches!(sight, Sight::Masked) {
            // Past confidential teams goes who is shown nothing. In the clear everybody reaches what another role of
            // theirs reaches, or what anybody does who is in no team.
            identity.roles.retain(|role| !role.reads_masked());
        }
        let scope = Scope::of(&identity);
        Ok(Admitted { actor: identity.actor, scope, sight })
    }
}

pub(super) fn role_not_allowed() -> Failure {
    Failure::Refused {
        reason: "ROLE_NOT_ALLOWED",
        message: "none of the caller's roles may call this method".to_owned(),
        metadata: Vec::new(),
        field: None,
        permission: true,
    }
}

/// For development on this machine: a call with a token is held to it, one without is believed.
pub struct DevelopmentAuthenticator(pub TokenAuthenticator);

#[async_trait]
impl Authenticator for DevelopmentAuthenticator {
    async fn authenticate(&self, path: &str, metadata: &MetadataMap) -> Result<Admitted, Failure> {
        if metadata.contains_key(AUTHORIZATION) {
            self.0.authenticate(path, metadata).await
        } else {
            MetadataAuthenticator.authenticate(path, metadata).await
        }
    }
}

/// Believes callers without a token, and development tokens signed with the key in `jwks`.
///
/// # Errors
/// When the key set cannot be read.
pub async fn development(jwks: &str, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Authenticator>, AuthError> {
    let config =
        TokensConfig { jwks: jwks.to_owned(), issuer: mint::ISSUER.to_owned(), ..TokensConfig::default() };
    let tokens = TokenAuthenticator(verifier(&config, false, clock).await?);
    Ok(Arc::new(DevelopmentAuthenticator(tokens)))
}

#[cfg(test)]
mod tests {
    use access::mint::Mint;
    use ambient::{SystemClock, SystemIds};

    use super::*;

    const DEFAULTS: &str = "address = '127.0.0.1:0'\nhttp_address = '127.0.0.1:0'\ndeadline_ms = 1\n\
                            drain_seconds = 1\nreflection = false\n";

    async fn answer(settings: &str) -> Result<(), String> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let config: ServerConfig = crate::config::parse(DEFAULTS, settings).unwrap();
        authenticator(&config, &clock).await.map(drop).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn every_setting_that_lets_too_many_in_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let mint = Mint::open_or_create(folder.path(), &SystemIds).unwrap();
        let own = format!("{{'keys': [{}]}}", r#"{"kty":"OKP","crv":"Ed25519","x":"AA","kid":"own"}"#);
        let own_set = folder.path().join("own.json");
        std::fs::write(&own_set, own.replace('\'', "\"")).unwrap();
        let (development, own) = (mint.jwks().display().to_string(), own_set.display().to_string());
        let tokens = |mode: &str, jwks: &str, more: &str| {
            format!("mode = '{mode}'\n[tokens]\njwks = '{jwks}'\n{more}")
        };
        let issuer = "issuer = 'https://id.example'";
        for (settings, key) in [
            ("mode = 'production'".to_owned(), "grpc.tokens.jwks"),
            ("mode = 'production'\nreflection = true".to_owned(), "grpc.reflection"),
            (tokens("production", &development, issuer), "grpc.tokens"),
            (tokens("production", &own, "issuer = 'casetrail-development'"), "grpc.tokens"),
            (tokens("production", &own, ""), "grpc.tokens.issuer"),
            (tokens("development", &own, &format!("{issuer}\naudience = ''")), "grpc.tokens.audience"),
            (
                tokens("development", &own, &format!("{issuer}\nalgorithms = ['HS256']")),
                "grpc.tokens.algorithms",
            ),
            (tokens("development", &own, &format!("{issuer}\nalgorithms = []")), "grpc.tokens.algorithms"),
            (
                tokens("development", &own, &format!("{issuer}\nleeway_seconds = 61")),
                "grpc.tokens.leeway_seconds",
            ),
            (tokens("development", "/nonexistent.json", issuer), "grpc.tokens.jwks"),
            (tokens("development", "http://id.example/jwks", issuer), "grpc.tokens.jwks"),
        ] {
            let error = answer(&settings).await.expect_err(&settings);
            assert!(error.contains(key), "{settings}: {error}");
        }
        assert_eq!(answer(&tokens("production", &own, issuer)).await, Ok(()));
        assert_eq!(answer(&tokens("development", &development, issuer)).await, Ok(()));
        assert_eq!(answer("").await, Ok(()));
    }
}
