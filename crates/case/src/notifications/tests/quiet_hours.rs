//! The end of quiet hours, on the local clock.

use super::at;
use crate::notifications::{QuietHours, time_zone};

#[test]
fn quiet_hours_end_at_the_local_hour_through_midnight_and_summer_time() {
    // given: zone, from, until, moment; then: the end, if they hold
    let table = [
        ("Europe/Copenhagen", 22, 8, "2026-03-11T21:59:00+01:00", None),
        ("Europe/Copenhagen", 22, 8, "2026-03-11T22:00:00+01:00", Some("2026-03-12T08:00:00+01:00")),
        ("Europe/Copenhagen", 22, 8, "2026-03-12T03:00:00+01:00", Some("2026-03-12T08:00:00+01:00")),
        ("Europe/Copenhagen", 22, 8, "2026-03-12T08:00:00+01:00", None),
        ("America/New_York", 22, 8, "2026-03-11T08:00:00+00:00", Some("2026-03-11T12:00:00+00:00")),
        ("Asia/Kolkata", 9, 17, "2026-03-11T05:00:00+00:00", Some("2026-03-11T11:30:00+00:00")),
        ("UTC", 0, 1, "2026-12-31T00:30:00+00:00", Some("2026-12-31T01:00:00+00:00")),
        ("UTC", 23, 0, "2026-12-31T23:30:00+00:00", Some("2027-01-01T00:00:00+00:00")),
        // Until 2 on the morning on which 2 o'clock does not exist: the clock shows 3 then.
        ("Europe/Copenhagen", 22, 2, "2026-03-29T01:30:00+01:00", Some("2026-03-29T03:00:00+02:00")),
        // On the morning on which 2 o'clock comes twice, until 3.
        ("Europe/Copenhagen", 22, 3, "2026-10-25T02:30:00+01:00", Some("2026-10-25T03:00:00+01:00")),
    ];
    for (zone, from, until, moment, end) in table {
        let quiet = QuietHours::new(from, until).unwrap();
        let zone = time_zone(zone).unwrap();
        assert_eq!(quiet.end_after(at(moment), &zone), end.map(at), "{from} to {until} at {moment}");
    }
}

#[test]
fn a_zone_that_does_not_exist_is_none() {
    assert!(time_zone("Europe/Atlantis").is_none());
    assert!(time_zone("").is_none());
}
