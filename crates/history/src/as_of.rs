//! Reads the moment a request asks about.

use contracts::history::v1 as pb;
use service_kit::execute::AsOf;
use service_kit::request::{Checks, moment};

/// The moment asked about; `None` for now.
pub(crate) fn read(checks: &mut Checks, as_of: Option<&pb::AsOf>) -> Option<AsOf> {
    match as_of?.moment.as_ref()? {
        pb::as_of::Moment::Version(0) => {
            checks.fail("as_of.version", "must be 1 or more; leave as_of out for now");
            None
        }
        pb::as_of::Moment::Version(version) => Some(AsOf::Version(*version)),
        pb::as_of::Moment::Time(time) => moment(checks, "as_of.time", time).map(AsOf::Time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(moment: pb::as_of::Moment) -> pb::AsOf {
        pb::AsOf { moment: Some(moment) }
    }

    #[test]
    fn nothing_means_now() {
        assert_eq!(read(&mut Checks::new(), None), None);
        assert_eq!(read(&mut Checks::new(), Some(&pb::AsOf { moment: None })), None);
    }

    #[test]
    fn a_version_and_a_time_are_moments() {
        let version = of(pb::as_of::Moment::Version(7));
        assert_eq!(read(&mut Checks::new(), Some(&version)), Some(AsOf::Version(7)));
        let time = of(pb::as_of::Moment::Time(prost_types::Timestamp { seconds: 60, nanos: 0 }));
        let expected = AsOf::Time(jiff::Timestamp::from_second(60).unwrap());
        assert_eq!(read(&mut Checks::new(), Some(&time)), Some(expected));
    }

    #[test]
    fn version_zero_and_a_time_beyond_the_calendar_are_refused() {
        for moment in [
            pb::as_of::Moment::Version(0),
            pb::as_of::Moment::Time(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
        ] {
            let mut checks = Checks::new();
            assert_eq!(read(&mut checks, Some(&of(moment))), None);
            assert!(checks.finish().is_err());
        }
    }
}
