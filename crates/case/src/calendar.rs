//! When a desk is staffed, and how much staffed time lies between two moments (R5, R7).
//!
//! Routing's clocks run on these calendars. Everything is exact arithmetic on moments in UTC; the time
//! zone's rules come from the database compiled into the program, so that every machine gives the same
//! answer. Must never be here: what a clock measures (`sla.rs`), who works when (agents' presence).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many days ahead [`Calendar::add_working_time`] looks: a century. No promise reaches further.
const FURTHEST_DAYS: u32 = 36_600;

/// A stretch of a day in which the desk is staffed, in minutes since local midnight; `24:00` ends a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Slot {
    opens_minute: u16,
    closes_minute: u16,
}

/// The opening hours of a desk, as they stand in a configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timetable {
    /// What clocks call the calendar.
    pub name: String,
    /// IANA time zone, such as `Europe/Copenhagen`.
    pub time_zone: String,
    /// Staffed at every moment; then no slots and no holidays may be given.
    #[serde(default)]
    pub always_open: bool,
    /// Mondays, such as `["08:00-12:00", "12:30-16:00"]`.
    #[serde(default)]
    pub monday: Vec<Slot>,
    /// Tuesdays.
    #[serde(default)]
    pub tuesday: Vec<Slot>,
    /// Wednesdays.
    #[serde(default)]
    pub wednesday: Vec<Slot>,
    /// Thursdays.
    #[serde(default)]
    pub thursday: Vec<Slot>,
    /// Fridays.
    #[serde(default)]
    pub friday: Vec<Slot>,
    /// Saturdays.
    #[serde(default)]
    pub saturday: Vec<Slot>,
    /// Sundays.
    #[serde(default)]
    pub sunday: Vec<Slot>,
    /// Days on which the desk is closed, whatever the weekday.
    #[serde(default)]
    pub holidays: Vec<Date>,
}

/// Why opening hours make no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCalendar {
    /// Not `HH:MM-HH:MM`, or it ends before it begins.
    #[error("'{0}' are no opening hours; write HH:MM-HH:MM, the end later than the beginning, at most 24:00")]
    Slot(String),
    /// Two slots of a day share time.
    #[error("calendar '{calendar}': the slots of {day} overlap or are out of order")]
    Overlap {
        /// Which calendar.
        calendar: String,
        /// Which day.
        day: &'static str,
    },
    /// No name.
    #[error("a calendar needs a name")]
    Name,
    /// The time zone database does not know it.
    #[error("calendar '{calendar}': '{given}' is not an IANA time zone; use one such as Europe/Copenhagen")]
    TimeZone {
        /// Which calendar.
        calendar: String,
        /// What was given.
        given: String,
    },
    /// Clocks on it would stand still for ever.
    #[error("calendar '{0}' has no open slot; give at least one, or always_open = true")]
    NeverOpen(String),
    /// Both always open and with hours or holidays.
    #[error("calendar '{0}' is always open; leave out its slots and holidays, or always_open")]
    AlwaysWithHours(String),
}

/// When a desk is staffed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Timetable", into = "Timetable")]
pub struct Calendar {
    timetable: Timetable,
    time_zone: TimeZone,
    holidays: BTreeSet<Date>,
}

impl Slot {
    /// A slot between two minutes of a day; `None` if it is empty or ends after midnight.
    pub fn new(opens_minute: u16, closes_minute: u16) -> Option<Self> {
        (opens_minute < closes_minute && closes_minute <= 24 * 60)
            .then_some(Self { opens_minute, closes_minute })
    }
}

impl FromStr for Slot {
    type Err = InvalidCalendar;

    fn from_str(text: &str) -> Result<Self, InvalidCalendar> {
        let minute = |part: &str| -> Option<u16> {
            let (hour, minute) = part.trim().split_once(':')?;
            let whole = |digits: &str| {
                (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
                    .then(|| digits.parse::<u16>().ok())
                    .flatten()
            };
            let (hour, minute) = (whole(hour)?, whole(minute)?);
            (minute < 60).then_some(hour * 60 + minute)
        };
        text.split_once('-')
            .and_then(|(opens, closes)| Self::new(minute(opens)?, minute(closes)?))
            .ok_or_else(|| InvalidCalendar::Slot(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (opens, closes) = (self.opens_minute, self.closes_minute);
        write!(f, "{:02}:{:02}-{:02}:{:02}", opens / 60, opens % 60, closes / 60, closes % 60)
    }
}

impl TryFrom<String> for Slot {
    type Error = InvalidCalendar;

    fn try_from(text: String) -> Result<Self, InvalidCalendar> {
        text.parse()
    }
}

impl From<Slot> for String {
    fn from(slot: Slot) -> Self {
        slot.to_string()
    }
}

impl Timetable {
    fn day(&self, weekday: Weekday) -> &[Slot] {
        match weekday {
            Weekday::Monday => &self.monday,
            Weekday::Tuesday => &self.tuesday,
            Weekday::Wednesday => &self.wednesday,
            Weekday::Thursday => &self.thursday,
            Weekday::Friday => &self.friday,
            Weekday::Saturday => &self.saturday,
            Weekday::Sunday => &self.sunday,
        }
    }

    fn days(&self) -> [(&'static str, &[Slot]); 7] {
        [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ]
    }
}

impl TryFrom<Timetable> for Calendar {
    type Error = InvalidCalendar;

    fn try_from(timetable: Timetable) -> Result<Self, InvalidCalendar> {
        let name = timetable.name.clone();
        if name.trim().is_empty() {
            return Err(InvalidCalendar::Name);
        }
        let Ok(time_zone) = TimeZone::get(&timetable.time_zone) else {
            return Err(InvalidCalendar::TimeZone { calendar: name, given: timetable.time_zone });
        };
        let without_slots = timetable.days().iter().all(|(_, slots)| slots.is_empty());
        if timetable.always_open && !(without_slots && timetable.holidays.is_empty()) {
            return Err(InvalidCalendar::AlwaysWithHours(name));
        }
        if !timetable.always_open && without_slots {
            return Err(InvalidCalendar::NeverOpen(name));
        }
        for (day, slots) in timetable.days() {
            if slots.windows(2).any(|pair| pair[0].closes_minute > pair[1].opens_minute) {
                return Err(InvalidCalendar::Overlap { calendar: name, day });
            }
        }
        let holidays = timetable.holidays.iter().copied().collect();
        Ok(Self { timetable, time_zone, holidays })
    }
}

impl From<Calendar> for Timetable {
    fn from(calendar: Calendar) -> Self {
        calendar.timetable
    }
}

impl Calendar {
    /// The name of the calendar that is always open.
    pub const ALWAYS: &'static str = "always";

    /// Every moment counts: for responsible gambling, and for deadlines of the law.
    pub fn always() -> Self {
        let timetable = Timetable {
            name: Self::ALWAYS.to_owned(),
            time_zone: "UTC".to_owned(),
            always_open: true,
            ..Timetable::default()
        };
        Self { timetable, time_zone: TimeZone::UTC, holidays: BTreeSet::new() }
    }

    /// What clocks call it.
    pub fn name(&self) -> &str {
        &self.timetable.name
    }

    /// The staffed time between two moments; nothing if `to` is not after `from`.
    pub fn working_time(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        if to <= from {
            return SignedDuration::ZERO;
        }
        if self.timetable.always_open {
            return to.duration_since(from);
        }
        let mut worked = SignedDuration::ZERO;
        for (opens, closes) in self.staffed_from(from) {
            if opens >= to {
                break;
            }
            worked += closes.min(to).duration_since(opens.max(from));
        }
        worked
    }

    /// The earliest moment at which `amount` of staffed time has passed since `from`; `from` itself for
    /// nothing. An amount that a century does not hold ends with the last staffed moment of it.
    pub fn add_working_time(&self, from: Timestamp, amount: SignedDuration) -> Timestamp {
        if !amount.is_positive() {
            return from;
        }
        if self.timetable.always_open {
            return from.checked_add(amount).unwrap_or(Timestamp::MAX);
        }
        let (mut left, mut last) = (amount, from);
        for (opens, closes) in self.staffed_from(from) {
            let opens = opens.max(from);
            let length = closes.duration_since(opens);
            if left <= length {
                return opens + left;
            }
            left -= length;
            last = closes;
        }
        last
    }

    /// The staffed stretches that end after `from`, in order, within the next century.
    fn staffed_from(&self, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let mut next = Some(self.time_zone.to_datetime(from).date());
        let days = std::iter::from_fn(move || {
            let day = next?;
            next = day.tomorrow().ok();
            Some(day)
        });
        days.take(FURTHEST_DAYS as usize)
            .filter(|day| !self.holidays.contains(day))
            .flat_map(move |day| {
                self.timetable.day(day.weekday()).iter().filter_map(move |slot| {
                    Some((self.moment(day, slot.opens_minute)?, self.moment(day, slot.closes_minute)?))
                })
            })
            .filter(move |(opens, closes)| opens < closes && from < *closes)
    }

    /// The moment a wall clock shows a time of day. A time shown twice is the first of the two, a time
    /// skipped is the moment of the skip: so later wall-clock times never map to earlier moments, and
    /// neighbouring slots neither overlap nor leave a gap.
    fn moment(&self, day: Date, minute: u16) -> Option<Timestamp> {
        let local: DateTime = if minute == 24 * 60 {
            day.tomorrow().ok()?.to_datetime(Time::midnight())
        } else {
            let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
            day.to_datetime(Time::new(hour, minute, 0, 0).ok()?)
        };
        let ambiguous = self.time_zone.to_ambiguous_timestamp(local);
        match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => {
                let before = ambiguous.earlier().ok()?;
                self.time_zone.following(before).next().map(|transition| transition.timestamp())
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        }
    }
}

#[cfg(test)]
mod tests;
