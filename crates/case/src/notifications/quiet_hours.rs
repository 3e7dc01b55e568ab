//! Hours of the player's day in which nothing is sent that can wait.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The time zone rules compiled into the program: the same answer on every machine.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The IANA time zone of this name, such as `Europe/Copenhagen`; `None` if there is none.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

/// Two hours that make no quiet hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuietHours {
    /// One of the two is missing.
    #[error("quiet hours need both an hour to begin and an hour to end, or neither")]
    Half,
    /// Not an hour of the day.
    #[error("{0} is not an hour of the day; use 0 to 23")]
    NoHour(u8),
    /// They would last no time, or all day.
    #[error("quiet hours from {0} to {0} would never end; give two different hours")]
    AllDay(u8),
}

/// From one hour of the local day until another; may pass midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from_hour: u8,
    until_hour: u8,
}

impl QuietHours {
    /// When marketing rests everywhere: 22 to 8 (choice).
    pub const MARKETING: Self = Self { from_hour: 22, until_hour: 8 };

    /// From `from_hour` until `until_hour`, both 0 to 23 and different.
    pub fn new(from_hour: u8, until_hour: u8) -> Result<Self, InvalidQuietHours> {
        if let Some(hour) = [from_hour, until_hour].into_iter().find(|hour| *hour > 23) {
            return Err(InvalidQuietHours::NoHour(hour));
        }
        if from_hour == until_hour {
            return Err(InvalidQuietHours::AllDay(from_hour));
        }
        Ok(Self { from_hour, until_hour })
    }

    /// Quiet hours as a player sets them: both hours, or neither for none.
    pub fn optional(
        from_hour: Option<u8>,
        until_hour: Option<u8>,
    ) -> Result<Option<Self>, InvalidQuietHours> {
        match (from_hour, until_hour) {
            (None, None) => Ok(None),
            (Some(from_hour), Some(until_hour)) => Self::new(from_hour, until_hour).map(Some),
            _ => Err(InvalidQuietHours::Half),
        }
    }

    fn holds_at(self, hour: u8) -> bool {
        if self.from_hour < self.until_hour {
            (self.from_hour..self.until_hour).contains(&hour)
        } else {
            hour >= self.from_hour || hour < self.until_hour
        }
    }

    /// When they end, if they hold at `moment` for somebody who lives in `zone`. Follows the local clock
    /// through changes to and from summer time.
    pub fn end_after(self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = moment.to_zoned(zone.clone());
        if !u8::try_from(local.hour()).is_ok_and(|hour| self.holds_at(hour)) {
            return None;
        }
        let end_on = |date: jiff::civil::Date| {
            let end = date.at(i8::try_from(self.until_hour).ok()?, 0, 0, 0);
            Some(end.to_zoned(zone.clone()).ok()?.timestamp())
        };
        let today = end_on(local.date()).filter(|end| *end > moment);
        today.or_else(|| end_on(local.date().tomorrow().ok()?))
    }
}

/// The first moment from `moment` on at which none of `all` holds; `None` when together they cover the
/// day.
pub(super) fn first_free_moment(moment: Timestamp, zone: &TimeZone, all: &[QuietHours]) -> Option<Timestamp> {
    let mut free = moment;
    // Each step ends one of them; going round all of them twice means that there is always one left.
    for _ in 0..=2 * all.len() {
        match all.iter().find_map(|quiet| quiet.end_after(free, zone)) {
            None => return Some(free),
            Some(end) => free = end,
        }
    }
    None
}
