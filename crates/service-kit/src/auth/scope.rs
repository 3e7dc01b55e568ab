//! How far a call reaches: the brands its caller works for, a player's own cases, and of confidential teams' cases
//! those of the caller's own teams.
//!
//! It surrounds the whole call, and is asked wherever a stream is read for one ([`crate::Executor`]) and
//! wherever a brand is named ([`crate::request::Checks::brand`]), so that no method can forget it. Reactions and
//! timers run in no call and reach everything.

use std::sync::Arc;

use access::{Brands, Identity, Refused, Role};
use ambient::Clock;
use case::{ActorKind, Team};
use jiff::Timestamp;

use crate::failure::Failure;

tokio::task_local! {
    static OF_CALL: Scope;
}

/// What a call may reach. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scope {
    /// `None` for everything.
    limits: Option<Arc<Limits>>,
    until: Option<Timestamp>,
}

#[derive(Debug)]
struct Limits {
    brands: Brands,
    /// The only player whose cases are reached: the caller.
    player: Option<String>,
    /// The confidential teams whose cases are not reached.
    hidden: Vec<Team>,
}

/// Who oversees, or keeps the system running, and so belongs to no team.
const OF_NO_TEAM: [Role; 4] = [Role::Auditor, Role::PrivacyOfficer, Role::Operator, Role::Engineer];

/// The teams that somebody is in: as the token says, and those that a role is about.
fn is_member(identity: &Identity, team: Team) -> bool {
    let by_role = match team {
        Team::ResponsibleGambling => identity.roles.contains(&Role::ResponsibleGambling),
        Team::Complaints => identity.roles.contains(&Role::Complaints),
        _ => false,
    };
    by_role || identity.actor.teams.contains(&team)
}

/// The confidential teams whose cases somebody must not see.
fn hidden(identity: &Identity) -> Vec<Team> {
    let is_limited = identity.actor.kind == ActorKind::Agent
        && !identity.roles.iter().any(|role| OF_NO_TEAM.contains(role));
    let confidential = Team::ALL.iter().copied().filter(|team| team.is_confidential());
    confidential.filter(|team| is_limited && !is_member(identity, *team)).collect()
}

impl Scope {
    /// Everything: of reactions, and of callers who are believed.
    pub fn everything() -> Self {
        Self { limits: None, until: None }
    }

    /// What somebody with this token reaches.
    pub fn of(identity: &Identity) -> Self {
        let player = (identity.actor.kind == ActorKind::Player).then(|| identity.actor.id.clone());
        let hidden = hidden(identity);
        if player.is_none() && hidden.is_empty() && identity.brands == Brands::All {
            return Self { limits: None, until: identity.until };
        }
        let limits = Limits { brands: identity.brands.clone(), player, hidden };
        Self { limits: Some(Arc::new(limits)), until: identity.until }
    }

    /// That of the call under way; everything where there is none.
    pub fn current() -> Self {
        OF_CALL.try_with(Self::clone).unwrap_or_else(|_| Self::everything())
    }

    /// Whether it has no limits.
    pub fn is_everything(&self) -> bool {
        self.limits.is_none()
    }

    /// Comes back when the caller would have to prove who they are anew: what goes on in their name ends then.
    pub async fn ended(self, clock: Arc<dyn Clock>) -> Failure {
        match self.until {
            Some(until) => clock.sleep_until(until).await,
            None => std::future::pending().await,
        }
        Failure::Token(Refused::Expired)
    }

    /// Whether it reaches something of this brand.
    pub fn includes_brand(&self, brand: &str) -> bool {
        self.limits.as_ref().is_none_or(|limits| limits.brands.contains(brand))
    }

    /// Whether it reaches what belongs to this brand and team and is about this player. What belongs to nobody does
    /// not exist, and may be looked for.
    pub fn includes(&self, brand: Option<&str>, player: Option<&str>, team: Option<Team>) -> bool {
        let Some(limits) = &self.limits else { return true };
        let Some(brand) = brand else { return true };
        let is_own = limits.player.as_deref().is_none_or(|own| player == Some(own));
        let is_hidden = team.is_some_and(|team| limits.hidden.contains(&team));
        limits.brands.contains(brand) && is_own && !is_hidden
    }

    /// The confidential teams whose cases it does not reach: lists leave them out.
    pub fn hidden_teams(&self) -> &[Team] {
        self.limits.as_ref().map_or(&[], |limits| &limits.hidden)
    }

    /// Runs a call, or what it leaves behind, within it.
    pub async fn surround<F: Future>(self, call: F) -> F::Output {
        OF_CALL.scope(self, call).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use case::Actor;

    use super::*;

    fn scope(actor: Actor, brands: &[&str]) -> Scope {
        let brands = Brands::Only(brands.iter().map(|brand| brand.parse().unwrap()).collect());
        Scope::of(&Identity { actor, roles: BTreeSet::from([Role::Agent]), brands, until: None })
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
            assert_eq!(agent.includes(brand, subject, None), by_agent, "{brand:?} {subject:?}");
            assert_eq!(player.includes(brand, subject, None), by_player, "{brand:?} {subject:?}");
        }
    }

    #[test]
    fn a_confidential_teams_case_is_for_its_members_for_who_oversees_and_for_its_player() {
        let reaches = |actor: Actor, role: Role, team: Team| {
            let identity =
                Identity { actor, roles: BTreeSet::from([role]), brands: Brands::All, until: None };
            Scope::of(&identity).includes(Some("NB"), Some("p-1"), Some(team))
        };
        let general = || Actor::agent("mette", &[Team::General]);
        for (actor, role, team, reached) in [
            (general(), Role::Agent, Team::Payments, true),
            (general(), Role::Agent, Team::ResponsibleGambling, false),
            (general(), Role::TeamLead, Team::Complaints, false),
            (general(), Role::Senior, Team::Privacy, false),
            (Actor::agent("mette", &[Team::Complaints]), Role::Agent, Team::Complaints, true),
            (Actor::agent("mette", &[Team::Complaints]), Role::Agent, Team::Privacy, false),
            (general(), Role::ResponsibleGambling, Team::ResponsibleGambling, true),
            (general(), Role::Complaints, Team::Complaints, true),
            (general(), Role::Auditor, Team::Privacy, true),
            (general(), Role::PrivacyOfficer, Team::Privacy, true),
            (Actor::service("crm"), Role::Service, Team::ResponsibleGambling, true),
            (Actor::player("p-1"), Role::Player, Team::ResponsibleGambling, true),
            (Actor::player("p-2"), Role::Player, Team::ResponsibleGambling, false),
        ] {
            assert_eq!(reaches(actor.clone(), role, team), reached, "{role} {:?} {team}", actor.teams);
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
