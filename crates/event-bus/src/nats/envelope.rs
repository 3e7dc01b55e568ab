//! A committed event as a message and back, byte for byte.
//!
//! The payload is the body. Everything else is in headers: `CloudEvents` in binary mode, so that any consumer
//! understands them, with extension attributes for what only a log knows. The position is the stream's
//! sequence and stands nowhere else.

use std::str::FromStr;

use async_nats::{HeaderMap, HeaderValue, jetstream};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use event_log::Committed;
use jiff::Timestamp;
use uuid::Uuid;

const ID: &str = "ce-id";
const TYPE: &str = "ce-type";
const SUBJECT: &str = "ce-subject";
const TIME: &str = "ce-time";
const VERSION: &str = "ce-streamversion";
const TENANT: &str = "ce-tenant";
const COMMAND: &str = "ce-commandid";
const COMMAND_SEQ: &str = "ce-commandseq";
const SCHEMA: &str = "ce-schemaversion";
const META: &str = "ce-meta";
const HASH: &str = "ce-hash";

/// The headers of an event's message. `source` is where the stream comes from.
pub fn headers(event: &Committed, source: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: String| headers.insert(name, value.as_str());
    put("ce-specversion", "1.0".to_owned());
    put(ID, event.event_id.to_string());
    put(TYPE, event.event_type.clone());
    put("ce-source", source.to_owned());
    put(SUBJECT, event.stream.to_string());
    put(TIME, event.recorded_at.to_string());
    put(VERSION, event.version.to_string());
    put(TENANT, escaped(&event.tenant));
    put(COMMAND, event.command_id.to_string());
    put(COMMAND_SEQ, event.command_seq.to_string());
    put(SCHEMA, event.schema_version.to_string());
    put(META, STANDARD.encode(&event.meta));
    put(HASH, hex::encode(event.hash));
    if let Some(traceparent) = traceparent(&event.meta) {
        put("traceparent", traceparent);
    }
    headers
}

/// The trace context in the metadata, if it is JSON that has one. Nothing else of it is looked at.
fn traceparent(meta: &[u8]) -> Option<String> {
    let meta: serde_json::Value = serde_json::from_slice(meta).ok()?;
    let text = meta.get("traceparent")?.as_str()?;
    text.bytes().all(|byte| byte.is_ascii_graphic()).then(|| text.to_owned())
}

/// The event in a message of the stream at this sequence.
///
/// # Errors
/// Names the header that is missing or does not read.
pub fn open(sequence: u64, message: &async_nats::Message) -> Result<Committed, String> {
    let none = HeaderMap::new();
    let headers = message.headers.as_ref().unwrap_or(&none);
    let text = |name: &str| {
        headers.get(name).map(HeaderValue::as_str).ok_or_else(|| format!("the header {name} is missing"))
    };
    Ok(Committed {
        position: sequence,
        stream: read(text(SUBJECT)?, SUBJECT)?,
        version: read(text(VERSION)?, VERSION)?,
        tenant: unescaped(text(TENANT)?).ok_or_else(|| wrong(TENANT))?,
        event_id: read::<Uuid>(text(ID)?, ID)?,
        command_id: read::<Uuid>(text(COMMAND)?, COMMAND)?,
        command_seq: read(text(COMMAND_SEQ)?, COMMAND_SEQ)?,
        event_type: text(TYPE)?.to_owned(),
        schema_version: read(text(SCHEMA)?, SCHEMA)?,
        recorded_at: read::<Timestamp>(text(TIME)?, TIME)?,
        meta: STANDARD.decode(text(META)?).map_err(|_| wrong(META))?,
        payload: message.payload.to_vec(),
        hash: hex::decode(text(HASH)?)
            .ok()
            .and_then(|hash| hash.try_into().ok())
            .ok_or_else(|| wrong(HASH))?,
    })
}

/// The event in a message that JetStream delivered.
pub(super) fn delivered(message: &jetstream::Message) -> Result<Committed, String> {
    let sequence = message.info().map_err(|error| error.to_string())?.stream_sequence;
    open(sequence, message)
}

fn read<T: FromStr>(text: &str, name: &str) -> Result<T, String> {
    text.parse().map_err(|_| wrong(name))
}

fn wrong(name: &str) -> String {
    format!("the header {name} does not read")
}

/// A header's value must be one line: anything but printable ASCII is written as `%XX`.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%';
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.extend(hex::decode(digits).ok()?);
            rest = after;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Committed {
        Committed {
            position: 7,
            stream: Uuid::from_u128(1),
            version: 3,
            tenant: "bränd 100%\n".to_owned(),
            event_id: Uuid::from_u128(2),
            command_id: Uuid::from_u128(3),
            command_seq: 1,
            event_type: "stage.thing_happened".to_owned(),
            schema_version: 2,
            recorded_at: Timestamp::from_microsecond(1_750_000_000_123_456).unwrap(),
            meta: br#"{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}"#.to_vec(),
            payload: vec![0, 159, 146, 150],
            hash: [9; 32],
        }
    }

    fn message(event: &Committed) -> async_nats::Message {
        async_nats::Message {
            subject: "events.0.stage.thing_happened.x".into(),
            reply: None,
            payload: event.payload.clone().into(),
            headers: Some(headers(event, "/events/0")),
            status: None,
            description: None,
            length: 0,
        }
    }

    #[test]
    fn an_event_comes_out_of_its_message_as_it_went_in() {
        let event = event();
        assert_eq!(open(7, &message(&event)), Ok(event));
    }

    #[test]
    fn any_consumer_understands_it_as_a_cloud_event_with_its_trace() {
        let headers = headers(&event(), "/events/0");
        let text = |name: &str| headers.get(name).map(|value| value.as_str().to_owned());
        assert_eq!(text("ce-specversion").as_deref(), Some("1.0"));
        assert_eq!(text("ce-type").as_deref(), Some("stage.thing_happened"));
        assert_eq!(text("ce-source").as_deref(), Some("/events/0"));
        assert_eq!(text("ce-time").as_deref(), Some("2025-06-15T15:06:40.123456Z"));
        assert!(text("traceparent").is_some_and(|context| context.starts_with("00-0af7")));
    }

    #[test]
    fn what_is_missing_or_unreadable_is_named() {
        let mut broken = message(&event());
        broken.headers.as_mut().unwrap().insert(HASH, "xyz");
        assert_eq!(open(7, &broken), Err("the header ce-hash does not read".to_owned()));
        broken.headers = None;
        assert!(open(7, &broken).unwrap_err().contains("missing"));
    }
}
