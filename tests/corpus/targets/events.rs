//! Stored events: whatever lies in the log under some name and version, reading it never panics; what reads is
//! written and read as the same; and it folds.

use case::{Aggregate, Case, CaseEvent, Recorded, StoredEvent};
use jiff::Timestamp;
use uuid::Uuid;

/// Each line an event: its name, its version, its payload, with tabs between.
pub(crate) fn run(data: &[u8]) {
    let mut case = Case::empty(Uuid::from_u128(1));
    for (line, version) in data.split(|byte| *byte == b'\n').zip(1_u64..) {
        let mut parts = line.splitn(3, |byte| *byte == b'\t');
        let (Some(name), Some(schema), Some(payload)) = (parts.next(), parts.next(), parts.next()) else {
            return;
        };
        let (Ok(name), Ok(schema)) = (std::str::from_utf8(name), String::from_utf8_lossy(schema).parse())
        else {
            return;
        };
        let Ok(event) = CaseEvent::decode(name, schema, payload) else { continue };
        let stored = event.encode().expect("what was read can be written");
        let again = CaseEvent::decode(event.stored_name(), event.schema_version(), &stored);
        assert_eq!(again.expect("what was written can be read"), event);
        case.evolve(&Recorded { version, recorded_at: Timestamp::UNIX_EPOCH, event });
    }
}
