//! Time and hashes.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::SignedDuration;
use uuid::Uuid;

use super::{Factory, SettableClock, accepted, command, everything, fixture, id, start};
use crate::{Append, NewEvent, verify_log, verify_stream};

/// It stands still instead, and goes on when the clock has caught up.
///
/// # Panics
/// When the log breaks the promise.
pub async fn recorded_at_never_decreases_when_the_clock_steps_back(factory: &impl Factory) {
    let clock = Arc::new(SettableClock::new(start()));
    let log = factory.open(Arc::clone(&clock) as Arc<dyn ambient::Clock>).await;
    let ids = ambient::SeededIds::new(21);
    let stream = id(&ids);
    let hour = SignedDuration::from_hours(1);
    let mut recorded = Vec::new();
    for (version, now) in (0..).zip([start(), start() + hour, start() - hour, start(), start() + hour * 2]) {
        clock.set(now);
        recorded.push(accepted(&log, command(&ids, stream, version, 1)).await.recorded_at);
    }
    let stored: Vec<_> = everything(&log).await.iter().map(|event| event.recorded_at).collect();
    assert_eq!(recorded, stored);
    assert_eq!(
        stored,
        [start(), start() + hour, start() + hour, start() + hour, start() + hour * 2],
        "the clock stepped back, the log did not"
    );
}

/// The golden vector: computed apart from this program, from the definition alone.
///
/// # Panics
/// When the log breaks the promise.
pub async fn hashes_are_the_same_on_every_database(factory: &impl Factory) {
    let clock = Arc::new(SettableClock::new(start() + SignedDuration::from_micros(123_456)));
    let log = factory.open(Arc::clone(&clock) as Arc<dyn ambient::Clock>).await;
    let numbered = |last: u128| Uuid::from_u128(0x0190_a000_0000_7000_8000_0000_0000_0000 + last);
    let event = |last: u128, event_type: &str, schema_version: u16, meta: &[u8], payload: &[u8]| NewEvent {
        event_id: numbered(last),
        event_type: event_type.to_owned(),
        schema_version,
        meta: meta.to_vec(),
        payload: payload.to_vec(),
    };
    let append = |expected_version, command_id, events| Append {
        stream: numbered(1),
        tenant: "brand".to_owned(),
        expected_version,
        command_id: numbered(command_id),
        fingerprint: [1; 32],
        events,
    };
    let opened = event(0xa1, "first.thing_opened", 1, br#"{"actor":"player"}"#, br#"{"language":"da"}"#);
    let received = event(0xa2, "first.message_received", 2, b"{}", b"\x00\xff sealed");
    accepted(&log, append(0, 0xc1, vec![opened, received])).await;
    clock.set(start() + SignedDuration::from_micros(1_123_456));
    let assigned = event(0xa3, "second.thing_assigned", 1, b"", "{\"agent\":\"søren\"}".as_bytes());
    accepted(&log, append(2, 0xc2, vec![assigned])).await;

    let hashes: Vec<_> = everything(&log).await.iter().map(|event| hex(&event.hash)).collect();
    assert_eq!(
        hashes,
        [
            "ee0fd29eb2ae5d901e47cb030e1e870b2f52ac8bbe907dc79f426a6db5217b00",
            "96f448c3e45ce24cc11a1dacd68f167012a7d6a755a193205f4ee559310afeb1",
            "23dd70e7d6f645ed1367f7cd62256787444e731f5259ad65b42e6a95af4ca989",
        ]
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Stream by stream and as a whole.
///
/// # Panics
/// When the log breaks the promise.
pub async fn an_untouched_log_verifies(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 23).await;
    let streams: Vec<_> = (0..5).map(|_| id(&ids)).collect();
    for round in 0..4 {
        for stream in &streams {
            accepted(&log, command(&ids, *stream, round * 2, 2)).await;
        }
    }
    for stream in streams {
        assert_eq!(verify_stream(&*log, stream).await, Ok(8));
    }
    assert_eq!(verify_stream(&*log, id(&ids)).await, Ok(0));
    let found = verify_log(&*log).await;
    assert!(found.is_ok_and(|found| found.is_intact() && (found.events, found.streams) == (40, 5)));
}
