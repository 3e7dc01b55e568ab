//! Messages of the stream: whatever headers a message has, reading it never panics, and an event that reads is
//! the same after it was written and read again.

use async_nats::{HeaderMap, HeaderName, HeaderValue, Message};
use event_bus::nats::{event_in, headers};

/// Lines `name: value`, an empty line, the payload.
pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (head, payload) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut map = HeaderMap::new();
    for line in head.lines() {
        let Some((name, value)) = line.split_once(": ") else { continue };
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            map.insert(name, value);
        }
    }
    let Ok(event) = event_in(7, &message(map, payload)) else { return };
    let again =
        event_in(7, &message(headers(&event, "fuzz"), payload)).expect("what was written can be read");
    assert_eq!(again, event);
}

fn message(headers: HeaderMap, payload: &str) -> Message {
    Message {
        subject: "stream.case".into(),
        reply: None,
        payload: payload.to_owned().into(),
        headers: Some(headers),
        status: None,
        description: None,
        length: 0,
    }
}
