//! A log with seals and a witness on a real database: sealing it, tampering with it as the database's
//! superuser would (all of it is found, at the right position), and exporting from it.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

mod bundle;
mod events;
mod sealer;
mod seals_too;
mod world;

use seals::{Report, SealFault, Wrong};

/// Position and kind of the first wrong event, which must be what the report names first.
fn first(report: &Report) -> (u64, Wrong) {
    let found = report.wrong_event.clone().expect("a wrong event");
    assert_eq!(report.first_wrong_position(), Some(found.position));
    (found.position, found.wrong)
}

fn seal_fault(report: &Report) -> (u64, SealFault) {
    let found = report.wrong_seal.clone().expect("a wrong seal");
    (found.from, found.wrong)
}

/// Runs each test on both databases.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $test() { super::$test($crate::world::Kind::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $test() { super::$test($crate::world::Kind::Postgres).await; })+
        }
    };
}
use on_both;
