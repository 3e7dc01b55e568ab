//! Everything routing decides by that is a choice of the operator: the promises, the desks' hours, the
//! waits. It travels in the command, so that a decision can be made again from what it was made from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use iso_currency::Currency;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::money::Money;
use crate::sla::{InvalidPolicy, Policy};
use crate::vocabulary::Team;

static ALWAYS: LazyLock<Calendar> = LazyLock::new(Calendar::always);

/// The operator's choices. Durations are written like `30s`, `2m`, `1h 30m`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The promises.
    pub sla: Policy,
    /// The desks' hours.
    pub calendars: Vec<Calendar>,
    /// Which calendar a team works by, by its name; a team not named here is staffed round the clock.
    pub team_calendars: BTreeMap<Team, String>,
    /// How long an agent has to answer an offer.
    pub offer_time_limit: SignedDuration,
    /// How long a case waits for its personal contact, or for an agent who dropped out.
    pub preference_wait: SignedDuration,
    /// How long a reopened case waits for whoever had it (choice: 15 min).
    pub reopened_preference_wait: SignedDuration,
    /// After how much waiting each skill that may be missing is no longer asked for.
    pub skill_wait: SignedDuration,
    /// Staffed waiting that lifts a case one step (choice: 30 min).
    pub ageing_step: SignedDuration,
    /// Amounts over which a payout is large, one a currency; the same as payments-escalation's.
    pub large_payouts: Vec<Money>,
}

/// Why the choices cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRules {
    /// A promise.
    #[error(transparent)]
    Policy(#[from] InvalidPolicy),
    /// Two calendars of one name, or one that takes a reserved name.
    #[error("calendars: the name '{0}' is taken; give each calendar a name of its own")]
    CalendarName(String),
    /// A team works by a calendar that is not there.
    #[error("team_calendars.{team}: there is no calendar '{calendar}'")]
    UnknownCalendar {
        /// The team.
        team: Team,
        /// What it was to work by.
        calendar: String,
    },
    /// A wait of nothing, or of years.
    #[error("{0} must be longer than zero and at most 30 days")]
    Wait(&'static str),
}

impl Default for Rules {
    fn default() -> Self {
        let minutes = SignedDuration::from_mins;
        Self {
            sla: Policy::default(),
            calendars: Vec::new(),
            team_calendars: BTreeMap::new(),
            offer_time_limit: SignedDuration::from_secs(60),
            preference_wait: minutes(2),
            reopened_preference_wait: minutes(15),
            skill_wait: minutes(5),
            ageing_step: minutes(30),
            large_payouts: [
                (1_000_000, Currency::DKK),
                (1_500_000, Currency::SEK),
                (1_500_000, Currency::NOK),
                (600_000, Currency::PLN),
                (130_000, Currency::EUR),
            ]
            .map(|(minor, currency)| Money::new(minor, currency))
            .to_vec(),
        }
    }
}

impl Rules {
    /// The same choices, if they can hold.
    pub fn checked(self) -> Result<Self, InvalidRules> {
        self.sla.clone().checked()?;
        let mut names = vec![Calendar::ALWAYS];
        for calendar in &self.calendars {
            if names.contains(&calendar.name()) {
                return Err(InvalidRules::CalendarName(calendar.name().to_owned()));
            }
            names.push(calendar.name());
        }
        for (team, calendar) in &self.team_calendars {
            if !names.contains(&calendar.as_str()) {
                return Err(InvalidRules::UnknownCalendar { team: *team, calendar: calendar.clone() });
            }
        }
        for (name, wait) in [
            ("offer_time_limit", self.offer_time_limit),
            ("preference_wait", self.preference_wait),
            ("reopened_preference_wait", self.reopened_preference_wait),
            ("skill_wait", self.skill_wait),
            ("ageing_step", self.ageing_step),
        ] {
            if !wait.is_positive() || wait > SignedDuration::from_hours(30 * 24) {
                return Err(InvalidRules::Wait(name));
            }
        }
        Ok(self)
    }

    /// The hours a team works.
    pub fn team_calendar(&self, team: Team) -> &Calendar {
        self.team_calendars.get(&team).and_then(|name| self.named(name)).unwrap_or(&ALWAYS)
    }

    /// The calendar a clock runs on. One that was taken out of the configuration is replaced by the
    /// team's.
    pub(super) fn clock_calendar(&self, name: &str, team: Team) -> &Calendar {
        self.named(name).unwrap_or_else(|| self.team_calendar(team))
    }

    /// Whether an amount is over its currency's limit. Without a limit nothing is large.
    pub fn is_large(&self, amount: Money) -> bool {
        self.large_payouts.iter().any(|limit| limit.currency == amount.currency && amount.minor > limit.minor)
    }

    fn named(&self, name: &str) -> Option<&Calendar> {
        if name == Calendar::ALWAYS {
            return Some(&ALWAYS);
        }
        self.calendars.iter().find(|calendar| calendar.name() == name)
    }
}
