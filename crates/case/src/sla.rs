//! What players are promised, as data: the table of defaults, by class of case, and the deadlines of
//! licensing countries (domain.md, SLA clocks).
//!
//! Routing starts its clocks from here. A changed policy gets a new version and holds for clocks that
//! start afterwards; clocks that run keep what they started with. Must never be here: when a clock
//! starts, pauses or ends (`routing/clocks.rs`), when a desk is staffed (`calendar.rs`).

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vocabulary::{Channel, Tier, Topic};

/// The classes of cases that promises are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Live chat.
    Chat,
    /// Phone and callback.
    Phone,
    /// E-mail and forms; also (choice) the member area, and what the help centre handed over.
    Email,
    /// Identity documents.
    KycDocument,
    /// A withdrawal.
    Withdrawal,
    /// Limits, self-exclusion, safety: round the clock, and the same for every tier.
    ResponsibleGambling,
}

impl Class {
    /// The class of a case. Safety comes first, then the topics with rules of their own, then the channel.
    pub fn of(channel: Channel, topic: Topic, safety: bool) -> Self {
        match (topic, channel) {
            _ if safety => Self::ResponsibleGambling,
            (Topic::Limits, _) => Self::ResponsibleGambling,
            (Topic::Verification, _) => Self::KycDocument,
            (Topic::Withdrawal, _) => Self::Withdrawal,
            (_, channel) => Self::of_channel(channel),
        }
    }

    fn of_channel(channel: Channel) -> Self {
        match channel {
            Channel::Chat => Self::Chat,
            Channel::Phone => Self::Phone,
            Channel::Email | Channel::Form | Channel::MemberArea | Channel::HelpCentre => Self::Email,
        }
    }
}

/// Two marks on a clock, in working seconds from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Meant to be done by here; passing it is a warning.
    pub target_seconds: u64,
    /// Promised to be done by here; passing it breaks the promise.
    pub breach_seconds: u64,
}

/// How soon a human first answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstResponse {
    /// Meant to be within.
    pub target: SignedDuration,
    /// Promised within.
    pub breach: SignedDuration,
}

/// What one class is promised, in working time. `next_update` and `resolution` are the breach; their
/// target lies at [`Policy::warn_percent`] of it (choice).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// The first answer; without one, the channel's class decides.
    #[serde(default)]
    pub first_response: Option<FirstResponse>,
    /// An answer to each later word of the player; none where the player is spoken to directly.
    #[serde(default)]
    pub next_update: Option<SignedDuration>,
    /// The end of the matter.
    pub resolution: SignedDuration,
}

/// The promises of every class. Durations are written like `2m`, `24h`, `1h 30m`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Raised with every change; recorded with each clock that starts.
    pub version: u32,
    /// Where a target lies on the way to a breach, in percent (choice: 80).
    pub warn_percent: u8,
    /// What a VIP waits of the ordinary time, in percent (half).
    pub vip_percent: u8,
    /// By how much a promise moves when the payment gateway does not answer.
    pub gateway_extension: SignedDuration,
    /// Live chat.
    pub chat: Allowance,
    /// Phone and callback.
    pub phone: Allowance,
    /// E-mail, form, member area, help centre.
    pub email: Allowance,
    /// Identity documents.
    pub kyc_document: Allowance,
    /// Withdrawals.
    pub withdrawal: Allowance,
    /// Responsible gambling.
    pub responsible_gambling: Allowance,
    /// Days a country allows for a complaint, from its declaration, by ISO 3166-1 alpha-2 code.
    pub jurisdiction_days: BTreeMap<String, u16>,
    /// Days for a country not listed (choice: the 14 days of the strictest rule in the domain).
    pub other_jurisdiction_days: u16,
}

/// The promises to one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promises {
    /// The class they were made for.
    pub class: Class,
    /// The first answer.
    pub first_response: Span,
    /// An answer to each later word; none where the player is spoken to directly.
    pub next_update: Option<Span>,
    /// The end of the matter.
    pub resolution: Span,
}

/// Why a policy cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// Nothing, or less.
    #[error("sla.{0} must be longer than zero and at most ten years")]
    Duration(String),
    /// The target lies behind the breach.
    #[error("sla.{0}.first_response.target must not be later than its breach")]
    TargetAfterBreach(&'static str),
    /// Not a percentage.
    #[error("sla.{0} must be from 1 to 100")]
    Percent(&'static str),
    /// E-mail, chat and phone are what other classes fall back to.
    #[error("sla.{0}.first_response must be given")]
    NoFirstResponse(&'static str),
    /// Not a country, or no days.
    #[error("sla.jurisdiction_days: '{0}' must be two capital letters with at least one day")]
    Jurisdiction(String),
}

const TEN_YEARS: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

impl Default for Policy {
    /// The table of domain.md.
    fn default() -> Self {
        let (minutes, hours) = (SignedDuration::from_mins, SignedDuration::from_hours);
        let first = |target, breach| Some(FirstResponse { target, breach });
        let quick = first(minutes(2), minutes(5));
        Self {
            version: 1,
            warn_percent: 80,
            vip_percent: 50,
            gateway_extension: hours(72),
            chat: Allowance { first_response: quick, next_update: Some(minutes(5)), resolution: hours(24) },
            phone: Allowance {
                first_response: first(minutes(2), hours(2)),
                next_update: None,
                resolution: hours(24),
            },
            email: Allowance {
                first_response: first(hours(4), hours(24)),
                next_update: Some(hours(24)),
                resolution: hours(72),
            },
            kyc_document: Allowance {
                first_response: first(hours(24), hours(72)),
                next_update: Some(hours(24)),
                resolution: hours(72),
            },
            withdrawal: Allowance {
                first_response: None,
                next_update: Some(hours(24)),
                resolution: hours(24),
            },
            responsible_gambling: Allowance {
                first_response: quick,
                next_update: Some(hours(1)),
                resolution: hours(1),
            },
            // United Kingdom: eight weeks in all. Denmark: undecided at 14 days, the player is told when.
            // Malta (choice): ten days, as its player protection directive asks.
            jurisdiction_days: [("GB", 56), ("DK", 14), ("MT", 10)]
                .into_iter()
                .map(|(country, days)| (country.to_owned(), days))
                .collect(),
            other_jurisdiction_days: 14,
        }
    }
}

impl Policy {
    /// What a case is promised under this policy.
    pub fn promises(&self, channel: Channel, topic: Topic, tier: Tier, safety: bool) -> Promises {
        let class = Class::of(channel, topic, safety);
        let allowance = self.allowance(class);
        let first_response =
            allowance.first_response.or(self.allowance(Class::of_channel(channel)).first_response).map_or(
                Span { target_seconds: 0, breach_seconds: 0 },
                |first| Span { target_seconds: seconds(first.target), breach_seconds: seconds(first.breach) },
            );
        let percent = match (tier, class) {
            (
                Tier::Vip,
                Class::Chat | Class::Phone | Class::Email | Class::KycDocument | Class::Withdrawal,
            ) => self.vip_percent,
            _ => 100,
        };
        Promises {
            class,
            first_response: first_response.percent(percent),
            next_update: allowance.next_update.map(|breach| self.span(breach).percent(percent)),
            resolution: self.span(allowance.resolution).percent(percent),
        }
    }

    /// How long a licensing country allows for a complaint. These seconds never stand still.
    pub fn jurisdiction(&self, country: &str) -> Span {
        let days = self.jurisdiction_days.get(country).copied().unwrap_or(self.other_jurisdiction_days);
        self.span(SignedDuration::from_hours(i64::from(days) * 24))
    }

    /// How long the law allows for a request about a player's data: until the same day of the next month, or its
    /// last day where it has none such (GDPR Art. 12(3)). These seconds never stand still.
    pub fn subject_request(&self, received_at: Timestamp) -> Span {
        let received = received_at.to_zoned(TimeZone::UTC);
        let breach_at = received.checked_add(1.month()).map_or(received_at, |due| due.timestamp());
        self.span(breach_at.duration_since(received_at))
    }

    /// The same policy, if it can hold.
    pub fn checked(self) -> Result<Self, InvalidPolicy> {
        for (name, percent) in [("warn_percent", self.warn_percent), ("vip_percent", self.vip_percent)] {
            if !(1..=100).contains(&percent) {
                return Err(InvalidPolicy::Percent(name));
            }
        }
        check_duration("gateway_extension", self.gateway_extension)?;
        for (name, allowance) in self.named() {
            check_duration(&format!("{name}.resolution"), allowance.resolution)?;
            if let Some(next_update) = allowance.next_update {
                check_duration(&format!("{name}.next_update"), next_update)?;
            }
            match allowance.first_response {
                Some(first) if first.target > first.breach => {
                    return Err(InvalidPolicy::TargetAfterBreach(name));
                }
                Some(first) => check_duration(&format!("{name}.first_response.target"), first.target)
                    .and(check_duration(&format!("{name}.first_response.breach"), first.breach))?,
                None if matches!(name, "chat" | "phone" | "email") => {
                    return Err(InvalidPolicy::NoFirstResponse(name));
                }
                None => {}
            }
        }
        let two_capitals = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        match self.jurisdiction_days.iter().find(|(code, days)| !two_capitals(code) || **days == 0) {
            Some((code, _)) => Err(InvalidPolicy::Jurisdiction(code.clone())),
            None if self.other_jurisdiction_days == 0 => Err(InvalidPolicy::Jurisdiction("other".to_owned())),
            None => Ok(self),
        }
    }

    fn allowance(&self, class: Class) -> &Allowance {
        match class {
            Class::Chat => &self.chat,
            Class::Phone => &self.phone,
            Class::Email => &self.email,
            Class::KycDocument => &self.kyc_document,
            Class::Withdrawal => &self.withdrawal,
            Class::ResponsibleGambling => &self.responsible_gambling,
        }
    }

    fn named(&self) -> [(&'static str, &Allowance); 6] {
        [
            ("chat", &self.chat),
            ("phone", &self.phone),
            ("email", &self.email),
            ("kyc_document", &self.kyc_document),
            ("withdrawal", &self.withdrawal),
            ("responsible_gambling", &self.responsible_gambling),
        ]
    }

    fn span(&self, breach: SignedDuration) -> Span {
        let breach_seconds = seconds(breach);
        Span { target_seconds: breach_seconds * u64::from(self.warn_percent) / 100, breach_seconds }
    }
}

impl Span {
    /// The time until the breach.
    pub(crate) fn breach(self) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(self.breach_seconds).unwrap_or(i64::MAX))
    }

    fn percent(self, percent: u8) -> Self {
        let part = |whole: u64| whole * u64::from(percent) / 100;
        Self { target_seconds: part(self.target_seconds), breach_seconds: part(self.breach_seconds) }
    }
}

fn seconds(duration: SignedDuration) -> u64 {
    u64::try_from(duration.as_secs()).unwrap_or(0)
}

fn check_duration(name: &str, duration: SignedDuration) -> Result<(), InvalidPolicy> {
    if duration.is_positive() && duration <= TEN_YEARS {
        Ok(())
    } else {
        Err(InvalidPolicy::Duration(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 3_600;

    fn promised(channel: Channel, topic: Topic, tier: Tier) -> (u64, u64, Option<u64>, u64) {
        let promises = Policy::default().promises(channel, topic, tier, false);
        (
            promises.first_response.target_seconds,
            promises.first_response.breach_seconds,
            promises.next_update.map(|span| span.breach_seconds),
            promises.resolution.breach_seconds,
        )
    }

    #[test]
    fn the_defaults_are_the_table_of_the_domain() {
        use {Channel as C, Tier as R, Topic as T};
        let table = [
            (C::Chat, T::Bonus, R::Standard, (2 * MINUTE, 5 * MINUTE, Some(5 * MINUTE), 24 * HOUR)),
            (C::Phone, T::Account, R::Standard, (2 * MINUTE, 2 * HOUR, None, 24 * HOUR)),
            (C::Email, T::Technical, R::Standard, (4 * HOUR, 24 * HOUR, Some(24 * HOUR), 72 * HOUR)),
            (C::Form, T::Other, R::Standard, (4 * HOUR, 24 * HOUR, Some(24 * HOUR), 72 * HOUR)),
            (C::Email, T::Verification, R::Standard, (24 * HOUR, 72 * HOUR, Some(24 * HOUR), 72 * HOUR)),
            (C::Chat, T::Withdrawal, R::Standard, (2 * MINUTE, 5 * MINUTE, Some(24 * HOUR), 24 * HOUR)),
            (C::Email, T::Withdrawal, R::Standard, (4 * HOUR, 24 * HOUR, Some(24 * HOUR), 24 * HOUR)),
            (C::Email, T::Bonus, R::Vip, (2 * HOUR, 12 * HOUR, Some(12 * HOUR), 36 * HOUR)),
            (C::Email, T::Limits, R::Vip, (2 * MINUTE, 5 * MINUTE, Some(HOUR), HOUR)),
        ];
        for (channel, topic, tier, expected) in table {
            assert_eq!(promised(channel, topic, tier), expected, "{channel} {topic} {tier}");
        }
    }

    #[test]
    fn safety_outranks_topic_and_tier() {
        let promises = Policy::default().promises(Channel::Email, Topic::Bonus, Tier::Vip, true);
        assert_eq!(promises.class, Class::ResponsibleGambling);
        assert_eq!(promises.first_response.breach_seconds, 5 * MINUTE);
    }

    #[test]
    fn one_figure_is_the_breach_and_the_target_lies_at_four_fifths() {
        let promises = Policy::default().promises(Channel::Chat, Topic::Other, Tier::Standard, false);
        assert_eq!(promises.next_update, Some(Span { target_seconds: 240, breach_seconds: 300 }));
    }

    #[test]
    fn countries_have_their_own_deadlines() {
        let days = |country| Policy::default().jurisdiction(country).breach_seconds / (24 * HOUR);
        assert_eq!(["GB", "DK", "MT", "SE"].map(days), [56, 14, 10, 14]);
    }

    #[test]
    fn a_month_ends_on_the_same_day_of_the_next_or_on_its_last() {
        for (received, due) in [
            ("2026-06-15T10:00:00Z", "2026-07-15T10:00:00Z"),
            ("2026-01-31T23:30:00Z", "2026-02-28T23:30:00Z"),
            ("2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z"),
        ] {
            let received: Timestamp = received.parse().unwrap();
            let span = Policy::default().subject_request(received);
            assert_eq!(received + span.breach(), due.parse().unwrap());
            assert_eq!(span.target_seconds, span.breach_seconds * 80 / 100);
        }
    }

    #[test]
    fn a_policy_that_cannot_hold_is_refused_and_a_good_one_reads_back() {
        let refused = |change: fn(&mut Policy)| {
            let mut policy = Policy::default();
            change(&mut policy);
            policy.checked().unwrap_err()
        };
        assert_eq!(refused(|policy| policy.warn_percent = 0), InvalidPolicy::Percent("warn_percent"));
        assert_eq!(
            refused(|policy| policy.chat.first_response = None),
            InvalidPolicy::NoFirstResponse("chat")
        );
        assert_eq!(
            refused(|policy| policy.email.resolution = SignedDuration::ZERO),
            InvalidPolicy::Duration("email.resolution".into())
        );
        assert_eq!(
            refused(|policy| policy.jurisdiction_days = [("gb".to_owned(), 1)].into()),
            InvalidPolicy::Jurisdiction("gb".into())
        );
        let text = serde_json::to_string(&Policy::default()).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap().checked(), Ok(Policy::default()));
    }
}
