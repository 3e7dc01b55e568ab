//! Times in the caller's zone, and moments as callers write them.

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::problem::Problem;

/// The zone by name, or the system's; UTC where the system does not say.
pub(crate) fn zone(name: Option<&str>) -> Result<TimeZone, Problem> {
    match name {
        Some(name) => TimeZone::get(name).map_err(|_| {
            Problem::Usage(format!(
                "--time-zone {name} is not known; use an IANA name, such as Europe/Copenhagen"
            ))
        }),
        None => Ok(TimeZone::try_system().unwrap_or(TimeZone::UTC)),
    }
}

/// A moment of the contract in a zone.
pub(crate) fn zoned(at: &prost_types::Timestamp, zone: &TimeZone) -> Zoned {
    Timestamp::new(at.seconds, at.nanos).unwrap_or_default().to_zoned(zone.clone())
}

/// `14:03:22`.
pub(crate) fn of_day(at: &Zoned) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// `Sunday 22 November 2026 (Europe/Copenhagen)`.
pub(crate) fn day(at: &Zoned) -> String {
    let zone = at.time_zone().iana_name().map_or_else(|| at.strftime("UTC%:z").to_string(), str::to_owned);
    format!("{} ({zone})", at.strftime("%A %-d %B %Y"))
}

/// `Sun 22 Nov 14:03`, or nothing.
pub(crate) fn short(at: Option<&prost_types::Timestamp>, zone: &TimeZone) -> String {
    at.map_or_else(String::new, |at| zoned(at, zone).strftime("%a %-d %b %H:%M").to_string())
}

/// How long ago: `42 s`, `17 min`, `3 h`, `5 days`.
pub(crate) fn ago(at: Option<&prost_types::Timestamp>, now: Timestamp) -> String {
    let Some(at) = at else { return String::new() };
    let passed = now.duration_since(Timestamp::new(at.seconds, at.nanos).unwrap_or(now));
    match passed.max(SignedDuration::ZERO).as_secs() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// A moment as people write it: RFC 3339, or a local time, or a day, which is meant to its end.
pub(crate) fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let local = |moment: civil::DateTime| moment.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp());
    if !text.contains(':') {
        let next_day = text.parse::<civil::Date>().ok()?.tomorrow().ok()?;
        return Some(local(next_day.at(0, 0, 0, 0))? - SignedDuration::from_micros(1));
    }
    local(text.parse::<civil::DateTime>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copenhagen() -> TimeZone {
        zone(Some("Europe/Copenhagen")).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn moments_are_read_in_the_callers_zone() {
        for (text, expected) in [
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
            ("2026-11-22T10:00:00+01:00", "2026-11-22T09:00:00Z"),
            ("2026-11-22T10:00", "2026-11-22T09:00:00Z"),
            ("2026-07-01 10:00:30", "2026-07-01T08:00:30Z"),
            ("2026-11-22", "2026-11-22T22:59:59.999999Z"),
        ] {
            assert_eq!(moment(text, &copenhagen()), Some(at(expected)), "{text}");
        }
        for text in ["yesterday", "2026-13-01", "10:00", ""] {
            assert_eq!(moment(text, &copenhagen()), None, "{text}");
        }
    }

    #[test]
    fn an_unknown_zone_is_refused_with_an_example() {
        let problem = zone(Some("Europe/Kopenhagen")).unwrap_err();
        assert!(problem.to_string().contains("Europe/Copenhagen"));
    }

    #[test]
    fn ages_are_told_in_one_unit() {
        let now = at("2026-11-22T10:00:00Z");
        for (seconds, expected) in
            [(-5, "0 s"), (42, "42 s"), (1_020, "17 min"), (90_000, "25 h"), (432_000, "5 days")]
        {
            let then = prost_types::Timestamp { seconds: now.as_second() - seconds, nanos: 0 };
            assert_eq!(ago(Some(&then), now), expected);
        }
        assert_eq!(ago(None, now), "");
    }

    #[test]
    fn a_day_names_its_zone() {
        let zoned = at("2026-11-22T23:30:00Z").to_zoned(copenhagen());
        assert_eq!(day(&zoned), "Monday 23 November 2026 (Europe/Copenhagen)");
        assert_eq!(of_day(&zoned), "00:30:00");
    }
}
