use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn slots(text: &str) -> Vec<Slot> {
    text.split(' ').map(|slot| slot.parse().unwrap()).collect()
}

fn office() -> Timetable {
    let hours = slots("08:00-12:00 12:30-16:30");
    Timetable {
        name: "office".into(),
        time_zone: "Europe/Copenhagen".into(),
        monday: hours.clone(),
        tuesday: hours.clone(),
        wednesday: hours.clone(),
        thursday: hours.clone(),
        friday: hours,
        holidays: vec!["2026-12-25".parse().unwrap()],
        ..Timetable::default()
    }
}

fn nights() -> Timetable {
    let hours = slots("00:00-02:30 02:30-05:00 22:00-24:00");
    Timetable {
        name: "nights".into(),
        time_zone: "Europe/Warsaw".into(),
        saturday: hours.clone(),
        sunday: hours,
        ..Timetable::default()
    }
}

fn calendar(timetable: Timetable) -> Calendar {
    Calendar::try_from(timetable).unwrap()
}

fn minutes(amount: i64) -> SignedDuration {
    SignedDuration::from_mins(amount)
}

#[test]
fn lunch_evenings_and_weekends_do_not_count() {
    let office = calendar(office());
    // Friday 11:50 to Monday 08:10, in Danish summer time: 10 min before lunch, 4 h after it, 10 min on Monday.
    let (from, to) = (at("2026-06-05T11:50:00+02"), at("2026-06-08T08:10:00+02"));
    assert_eq!(office.working_time(from, to), minutes(10 + 240 + 10));
    assert_eq!(office.add_working_time(from, minutes(260)), to);
    assert_eq!(office.add_working_time(from, minutes(10)), at("2026-06-05T12:00:00+02"));
    assert_eq!(office.add_working_time(from, minutes(11)), at("2026-06-05T12:31:00+02"));
}

#[test]
fn holidays_are_closed_whatever_the_weekday() {
    let office = calendar(office());
    // Christmas Day 2026 is a Friday: from Thursday 16:00 half an hour, then Monday.
    assert_eq!(
        office.add_working_time(at("2026-12-24T16:00:00+01"), minutes(60)),
        at("2026-12-28T08:30:00+01")
    );
    assert_eq!(
        office.working_time(at("2026-12-25T00:00:00+01"), at("2026-12-28T00:00:00+01")),
        SignedDuration::ZERO
    );
}

#[test]
fn a_night_with_the_hour_skipped_is_an_hour_shorter_and_with_the_hour_repeated_an_hour_longer() {
    let nights = calendar(nights());
    let night = |from: &str, to: &str| nights.working_time(at(from), at(to));
    // An ordinary Sunday, 00:00 to 05:00; then the last Sundays of March (02:00 -> 03:00) and October.
    assert_eq!(night("2026-03-21T23:00:00Z", "2026-03-22T12:00:00Z"), minutes(5 * 60));
    assert_eq!(night("2026-03-28T23:00:00Z", "2026-03-29T12:00:00Z"), minutes(4 * 60));
    assert_eq!(night("2026-10-24T22:00:00Z", "2026-10-25T12:00:00Z"), minutes(6 * 60));
    // 90 minutes from 01:30 pass over the skipped hour to 04:00 on the wall.
    assert_eq!(
        nights.add_working_time(at("2026-03-29T00:30:00Z"), minutes(90)),
        at("2026-03-29T04:00:00+02")
    );
}

#[test]
fn a_slot_that_ends_at_midnight_runs_into_the_next_days() {
    let nights = calendar(nights());
    let saturday_evening = at("2026-06-06T23:50:00+02");
    assert_eq!(nights.add_working_time(saturday_evening, minutes(20)), at("2026-06-07T00:10:00+02"));
}

#[test]
fn an_amount_no_century_holds_ends_instead_of_searching_for_ever() {
    let office = calendar(office());
    let from = at("2026-06-05T11:50:00+02");
    let far = office.add_working_time(from, SignedDuration::MAX);
    assert!(far > from + SignedDuration::from_hours(24 * 36_000));
    assert_eq!(Calendar::always().add_working_time(from, SignedDuration::MAX), Timestamp::MAX);
}

#[test]
fn hours_that_make_no_sense_are_refused_with_the_reason() {
    let refused = |change: fn(&mut Timetable)| {
        let mut timetable = office();
        change(&mut timetable);
        Calendar::try_from(timetable).unwrap_err()
    };
    assert_eq!(refused(|hours| hours.name = " ".into()), InvalidCalendar::Name);
    assert_eq!(
        refused(
            |hours| *hours = Timetable { name: "x".into(), time_zone: "UTC".into(), ..Timetable::default() }
        ),
        InvalidCalendar::NeverOpen("x".into())
    );
    assert_eq!(
        refused(|hours| hours.monday = slots("08:00-12:00 11:00-13:00")),
        InvalidCalendar::Overlap { calendar: "office".into(), day: "monday" }
    );
    assert_eq!(
        refused(|hours| hours.time_zone = "Europe/Kopenhagen".into()),
        InvalidCalendar::TimeZone { calendar: "office".into(), given: "Europe/Kopenhagen".into() }
    );
    assert_eq!(refused(|hours| hours.always_open = true), InvalidCalendar::AlwaysWithHours("office".into()));
    for text in
        ["", "8-12", "12:00-12:00", "12:00-08:00", "08:60-09:00", "08:00-24:01", "22:00-06:00", "+8:00-09:00"]
    {
        assert_eq!(text.parse::<Slot>(), Err(InvalidCalendar::Slot(text.into())));
    }
}

#[test]
fn a_calendar_reads_back_as_it_was_written() {
    for one in [calendar(office()), calendar(nights()), Calendar::always()] {
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Calendar>(&text).unwrap(), one);
    }
    assert!(serde_json::from_str::<Calendar>(r#"{"name":"x","time_zone":"UTC","mondy":[]}"#).is_err());
}

fn any_calendar() -> impl Strategy<Value = Calendar> {
    prop_oneof![Just(calendar(office())), Just(calendar(nights())), Just(Calendar::always())]
}

proptest! {
    #[test]
    fn adding_and_measuring_agree(
        calendar in any_calendar(),
        // Two years of microseconds around daylight-saving changes, and up to about a quarter of staffed time.
        start_us in 1_770_000_000_000_000_i64..1_833_000_000_000_000,
        amount_us in 0_i64..8_000_000_000_000,
    ) {
        let from = Timestamp::from_microsecond(start_us).unwrap();
        let amount = SignedDuration::from_micros(amount_us);
        let to = calendar.add_working_time(from, amount);
        prop_assert_eq!(calendar.working_time(from, to), amount);
        prop_assert!(to >= from + amount);
    }

    #[test]
    fn staffed_time_adds_up(
        calendar in any_calendar(),
        mut moments in proptest::array::uniform3(1_770_000_000_000_000_i64..1_775_000_000_000_000),
    ) {
        moments.sort_unstable();
        let [a, b, c] = moments.map(|us| Timestamp::from_microsecond(us).unwrap());
        prop_assert_eq!(calendar.working_time(a, b) + calendar.working_time(b, c), calendar.working_time(a, c));
        prop_assert!(calendar.working_time(a, c) <= c.duration_since(a));
    }
}
