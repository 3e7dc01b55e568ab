//! Where facts and words meet: what a notification's arguments stand for is put into the text, in the
//! player's language and time zone.
//!
//! Arguments are recorded in a form that does not depend on a language: moments as RFC 3339, amounts as
//! minor units and currency, everything else as the domain's words. Nothing personal is among them; what
//! is personal comes from the notification's text.

use std::collections::BTreeMap;

use case::Case;
use case::notifications::{Audience, NotificationQueued, time_zone};
use case::{Money, Personal};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::texts::{Error, Rendered, Texts, format_amount, format_moment};

/// The arguments that are moments.
const MOMENTS: &[&str] = &["horizon", "callback_at", "due"];

/// Writes the texts that are sent.
#[derive(Debug)]
pub(crate) struct Letters {
    texts: Texts,
    default_zone: TimeZone,
}

impl Letters {
    /// All texts; `default_time_zone` is where people of unknown time zone are taken to live.
    pub(crate) fn new(default_time_zone: &str) -> Result<Self, Error> {
        let default_zone = time_zone(default_time_zone).unwrap_or(TimeZone::UTC);
        Ok(Self { texts: Texts::load()?, default_zone })
    }

    /// The finished text of a notification.
    pub(crate) fn write(&self, case: &Case, notification: &NotificationQueued) -> Result<Rendered, Error> {
        let language = notification.language.as_str();
        let zone = self.zone(case, &notification.audience);
        let mut arguments: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &notification.arguments {
            arguments.insert(name.clone(), told(name, value, &zone, language));
        }
        let number = case.number().map_or_else(|| case.id.to_string(), ToString::to_string);
        arguments.insert("number".to_owned(), number);
        if let Some(text) = notification.text.as_ref().and_then(Personal::text) {
            arguments.insert("text".to_owned(), text.to_owned());
        }
        self.texts.render(notification.kind.as_str(), language, &arguments)
    }

    /// Where the reader lives: the player in their zone, staff in the brand's.
    fn zone(&self, case: &Case, audience: &Audience) -> TimeZone {
        let stated = match (audience, &case.intake.player) {
            (Audience::Player, Some(player)) => player.time_zone.as_deref(),
            _ => None,
        };
        stated.and_then(time_zone).unwrap_or_else(|| self.default_zone.clone())
    }
}

/// An argument as the reader is told it.
fn told(name: &str, value: &str, zone: &TimeZone, language: &str) -> String {
    if MOMENTS.contains(&name) {
        if let Ok(moment) = value.parse::<Timestamp>() {
            return format_moment(moment, zone, language);
        }
    } else if name == "amount"
        && let Some(money) = read_amount(value)
    {
        let decimals = u8::try_from(money.currency.exponent().unwrap_or(0)).unwrap_or(0);
        return format_amount(money.minor, decimals, money.currency.code(), language);
    }
    value.to_owned()
}

/// An amount as an argument: minor units and currency, such as `1250000 DKK`.
pub(crate) fn amount_argument(amount: Money) -> String {
    format!("{} {}", amount.minor, amount.currency.code())
}

fn read_amount(value: &str) -> Option<Money> {
    let (minor, currency) = value.split_once(' ')?;
    Money::positive(minor.parse().ok()?, currency).ok()
}
