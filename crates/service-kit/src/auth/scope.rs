//! How far a call reaches: the brands its caller works for, and a player's own cases.
//!
//! It surrounds the whole call, and is asked wherever a stream is read for one ([`crate::Executor`]) and
//! wherever a brand is named ([`crate::request::Checks::brand`]), so that no method can forget it. Reactions and
//! timers run in no call and reach everything.

use std::sync::Arc;

use access::{Brands, Identity};
use case::ActorKind;

tokio::task_local! {
    static OF_CALL: Scope;
}

/// What a call may reach. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scope(Option<Arc<Limits>>);

#[derive(Debug)]
struct Limits {
    brands: Brands,
    /// The only player whose cases are reached: the caller.
    player: Option<String>,
}

impl Scope {
    /// Everything: of reactions, and of callers who are believed.
    pub fn everything() -> Self {
        Self(None)
    }

    /// What somebody with this token reaches.
    pub fn of(identity: &Identity) -> Self {
        let player = (identity.actor.kind == ActorKind::Player).then(|| identity.actor.id.clone());
        if player.is_none() && identity.brands == Brands::All {
            return Self::everything();
        }
        Self(Some(Arc::new(Limits { brands: identity.brands.clone(), player })))
    }

    /// That of the call under way; everything where there is none.
    pub fn current() -> Self {
        OF_CALL.try_with(Self::clone).unwrap_or_else(|_| Self::everything())
    }

    /// Whether it has no limits.
    pub fn is_everything(&self) -> bool {
        self.0.is_none()
    }

    /// Whether it reaches something of this brand.
    pub fn includes_brand(&self, brand: &str) -> bool {
        self.0.as_ref().is_none_or(|limits| limits.brands.contains(brand))
    }

    /// Whether it reaches what belongs to this brand and is about this player. What belongs to nobody does not
    /// exist, and may be looked for.
    pub fn includes(&self, brand: Option<&str>, player: Option<&str>) -> bool {
        let Some(limits) = &self.0 else { return true };
        let Some(brand) = brand else { return true };
        let is_own = limits.player.as_deref().is_none_or(|own| player == Some(own));
        limits.brands.contains(brand) && is_own
    }

    /// Runs a call within it.
    pub(crate) async fn surround<F: Future>(self, call: F) -> F::Output {
        OF_CALL.scope(self, call).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use access::Role;
    use case::Actor;

    use super::*;

    fn scope(actor: Actor, brands: &[&str]) -> Scope {
        let brands = Brands::Only(brands.iter().map(|brand| brand.parse().unwrap()).collect());
        Scope::of(&Identity { actor, roles: BTreeSet::from([Role::Agent]), brands })
    }

    #[test]
    fn an_agent_reaches_their_brands_and_a_player_their_own_cases_there() {
        let agent = scope(Actor::agent("mette", &[]), &["NB"]);
        let player = scope(Actor::player("p-1"), &["NB"]);
        for (brand, subject, by_agent, by_player) in [
            (Some("NB"), Some("p-1"), true, true),
            (Some("NB"), Some("p-2"), true, false),
            (Some("NB"), None, true, false),
            (Some("SE"), Some("p-1"), false, false),
            (None, None, true, true),
        ] {
            assert_eq!(agent.includes(brand, subject), by_agent, "{brand:?} {subject:?}");
            assert_eq!(player.includes(brand, subject), by_player, "{brand:?} {subject:?}");
        }
    }

    #[tokio::test]
    async fn a_call_has_its_scope_and_what_runs_in_none_reaches_everything() {
        let inside = scope(Actor::agent("mette", &[]), &["NB"])
            .surround(async { Scope::current().includes_brand("SE") })
            .await;
        assert!(!inside);
        assert!(Scope::current().is_everything());
    }
}
