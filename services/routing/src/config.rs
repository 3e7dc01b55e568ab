//! Settings of routing; `default.toml` documents each of them.

use std::sync::Arc;

use case::routing::Rules;
use schemars::JsonSchema;
use serde::Deserialize;
use service_kit::StartError;

/// Every setting with its default, as TOML under `[routing]`.
pub const DEFAULTS: &str = include_str!("../default.toml");

/// `[routing]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How many offers in a row an agent lets run out before they count as away.
    pub away_after_missed_offers: u32,
    /// What cases are routed by.
    pub rules: Rules,
}

impl Config {
    /// What cases are routed by, if it can hold.
    ///
    /// # Errors
    /// Names the setting that cannot.
    pub(crate) fn rules(&self) -> Result<Arc<Rules>, StartError> {
        let checked = self.rules.clone().checked().map_err(|problem| StartError::Value {
            key: "routing.rules".to_owned(),
            problem: problem.to_string(),
        })?;
        Ok(Arc::new(checked))
    }
}

#[cfg(test)]
mod tests {
    use case::Team;
    use case::sla::Policy;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        routing: Config,
    }

    fn read(overrides: &str) -> Result<Config, String> {
        let file = service_kit::config::parse::<File>(DEFAULTS, overrides);
        file.map(|file| file.routing).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_hold_and_promise_what_the_domain_says() {
        let rules = read("").unwrap().rules().unwrap();
        assert_eq!(rules.sla, Policy::default());
        assert_eq!(rules.team_calendar(Team::Complaints).name(), "office");
        assert_eq!(rules.team_calendar(Team::Payments).name(), "always");
        let Rules { offer_time_limit, skill_wait, ageing_step, .. } = Rules::default();
        assert_eq!(
            (rules.offer_time_limit, rules.skill_wait, rules.ageing_step),
            (offer_time_limit, skill_wait, ageing_step)
        );
    }

    #[test]
    fn a_single_promise_can_be_changed() {
        let rules = read("[routing.rules.sla.chat]\nresolution = '8h'\n").unwrap().rules;
        assert_eq!(rules.sla.chat.resolution, jiff::SignedDuration::from_hours(8));
        assert_eq!(rules.sla.chat.next_update, Policy::default().chat.next_update);
    }

    #[test]
    fn a_typo_names_its_key() {
        let typo = read("[routing.rules.sla.chat]\nresolutoin = '8h'\n").unwrap_err();
        assert!(typo.contains("routing.rules.sla.chat.resolutoin"), "{typo}");
        let typo = read("[routing]\naway_after = 1\n").unwrap_err();
        assert!(typo.contains("routing.away_after"), "{typo}");
    }

    #[test]
    fn what_cannot_hold_is_refused_with_its_place() {
        let problem = |overrides: &str| read(overrides).unwrap().rules().unwrap_err().to_string();
        assert!(problem("[routing.rules.sla]\nwarn_percent = 0\n").contains("sla.warn_percent"));
        let unknown = problem("[routing.rules.team_calendars]\ngeneral = 'nights'\n");
        assert!(unknown.contains("team_calendars.general") && unknown.contains("nights"), "{unknown}");
        let closed = read("[[routing.rules.calendars]]\nname = 'x'\ntime_zone = 'UTC'\n").unwrap_err();
        assert!(closed.contains("calendar 'x' has no open slot"), "{closed}");
    }
}
