//! Who calls: the seam between a transport's credentials and the actor that is recorded.

mod certificates;
mod scope;
mod tokens;

use async_trait::async_trait;
use case::{Actor, ActorKind, Team};
use tonic::metadata::MetadataMap;

use crate::failure::Failure;
use crate::masked::Sight;

pub(crate) use certificates::KnownServices;
pub use certificates::{PeerCertificate, ServiceIdentity, ServicesError};
pub use scope::Scope;
pub use tokens::{
    AuthError, DevelopmentAuthenticator, TokenAuthenticator, TokensConfig, authenticator, development,
};

/// Metadata key that names the actor: `agent:mette`, `player:p-1`, `bot:faq`, `service:crm`.
pub const ACTOR_KEY: &str = "casetrail-actor";
/// Metadata key with an agent's teams, separated by commas.
pub const TEAMS_KEY: &str = "casetrail-teams";
/// Metadata key with the moment (RFC 3339) of the caller's last second factor.
pub const SECOND_FACTOR_KEY: &str = "casetrail-second-factor-time";

/// Who made the current call; the server puts it into the request's extensions.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

/// Somebody who may make the current call.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// As whom their acts are recorded.
    pub actor: Actor,
    /// What they reach.
    pub scope: Scope,
    /// How much of it they are shown.
    pub sight: Sight,
}

/// Turns a call's credentials into an actor, or refuses.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Reads the metadata of a call of the method at `path`.
    async fn authenticate(&self, path: &str, metadata: &MetadataMap) -> Result<Admitted, Failure>;
}

/// Believes what the metadata says. For development on loopback, where there is nobody to deceive;
/// the server refuses to use it on any other address.
#[derive(Debug, Default, Clone, Copy)]
pub struct MetadataAuthenticator;

impl MetadataAuthenticator {
    fn text<'a>(metadata: &'a MetadataMap, key: &str) -> Result<Option<&'a str>, Failure> {
        metadata
            .get(key)
            .map(|value| value.to_str().map_err(|_| unauthenticated(key, "is not plain text")))
            .transpose()
    }
}

fn unauthenticated(key: &str, problem: &str) -> Failure {
    Failure::Unauthenticated(format!("metadata '{key}' {problem}"))
}

impl MetadataAuthenticator {
    fn actor(metadata: &MetadataMap) -> Result<Actor, Failure> {
        let text = Self::text(metadata, ACTOR_KEY)?.ok_or_else(|| {
            unauthenticated(
                ACTOR_KEY,
                "is missing; say who calls, for example 'agent:mette' or 'player:p-1001'",
            )
        })?;
        let invalid = || unauthenticated(ACTOR_KEY, "must be agent:ID, player:ID, bot:ID or service:ID");
        let (kind, id) = text.split_once(':').ok_or_else(invalid)?;
        let kind = match kind {
            "agent" => ActorKind::Agent,
            "player" => ActorKind::Player,
            "bot" => ActorKind::Bot,
            "service" => ActorKind::Service,
            _ => return Err(invalid()),
        };
        let id: case::AgentId = id.parse().map_err(|_| invalid())?;
        let teams = Self::text(metadata, TEAMS_KEY)?
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(|word| {
                word.parse::<Team>()
                    .map_err(|error| unauthenticated(TEAMS_KEY, &format!("is wrong: {error}")))
            })
            .collect::<Result<_, _>>()?;
        let second_factor_at = Self::text(metadata, SECOND_FACTOR_KEY)?
            .map(|text| {
                text.parse().map_err(|_| unauthenticated(SECOND_FACTOR_KEY, "is not an RFC 3339 time"))
            })
            .transpose()?;
        Ok(Actor { kind, id: id.to_string(), teams, second_factor_at })
    }
}

#[async_trait]
impl Authenticator for MetadataAuthenticator {
    async fn authenticate(&self, _: &str, metadata: &MetadataMap) -> Result<Admitted, Failure> {
        Ok(Admitted { actor: Self::actor(metadata)?, scope: Scope::everything(), sight: Sight::Clear })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(pairs: &[(&'static str, &str)]) -> MetadataMap {
        let mut map = MetadataMap::new();
        for (key, value) in pairs {
            map.insert(*key, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn an_agent_comes_with_teams_and_second_factor() {
        let map = metadata(&[
            (ACTOR_KEY, "agent:mette"),
            (TEAMS_KEY, "payments, general"),
            (SECOND_FACTOR_KEY, "2026-11-22T10:00:00Z"),
        ]);
        let actor = MetadataAuthenticator::actor(&map).unwrap();
        assert_eq!(actor.kind, ActorKind::Agent);
        assert_eq!(actor.teams, [Team::Payments, Team::General]);
        assert!(actor.second_factor_at.is_some());
    }

    #[test]
    fn nobody_is_refused_with_what_to_send() {
        for pairs in
            [&[][..], &[(ACTOR_KEY, "mette")], &[(ACTOR_KEY, "king:harald")], &[(ACTOR_KEY, "agent:")]]
        {
            let failure = MetadataAuthenticator::actor(&metadata(pairs)).unwrap_err();
            assert!(failure.to_string().contains("agent:"), "{failure}");
        }
        let wrong_team = metadata(&[(ACTOR_KEY, "agent:m"), (TEAMS_KEY, "paymnts")]);
        assert!(MetadataAuthenticator::actor(&wrong_team).unwrap_err().to_string().contains("payments"));
    }
}
