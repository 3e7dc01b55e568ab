//! Forms the e-mail: headers, threading and encoding, the same for the mail server and the outbox.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::{Address, Message};

use super::{DeliveryError, Outgoing};

/// The e-mail for a message. Its bytes are the same at every try.
///
/// # Errors
/// Permanent: an address or a header value that no try makes valid.
pub(super) fn compose(message: &Outgoing) -> Result<Message, DeliveryError> {
    let from: Mailbox = address(&message.from, "sender_address")?;
    let to: Mailbox = address(&message.to, "recipient_address")?;
    let domain = from.email.domain().to_owned();
    // One thread a case: every message answers the same root, which is never sent itself.
    let thread = format!("<case.{}@{domain}>", header_text(&message.case_number)?);
    let mut builder = Message::builder()
        .message_id(Some(message_id(message, &from.email)))
        .date(SystemTime::from(message.created_at.max(Timestamp::UNIX_EPOCH)))
        .from(from)
        .to(to)
        .subject(message.subject.lines().collect::<Vec<_>>().join(" "))
        .in_reply_to(thread.clone())
        .references(thread)
        .header(ContentType::TEXT_PLAIN)
        .raw_header(header("MIME-Version", "1.0")?)
        .raw_header(header("Content-Language", &message.language)?)
        .raw_header(header("Auto-Submitted", "auto-generated")?)
        .raw_header(header("X-Case-Number", &message.case_number)?);
    if let Some(traceparent) = &message.traceparent {
        builder = builder.raw_header(header("traceparent", traceparent)?);
    }
    builder.body(message.text.clone()).map_err(|error| DeliveryError::permanent("message", error))
}

/// The notification's id at the sender's domain: a repeat is recognised by it.
fn message_id(message: &Outgoing, sender: &Address) -> String {
    format!("<{}@{}>", message.notification_id, sender.domain())
}

fn address(text: &str, code: &str) -> Result<Mailbox, DeliveryError> {
    text.parse().map_err(|error: lettre::address::AddressError| DeliveryError::permanent(code, error))
}

fn header(name: &'static str, value: &str) -> Result<HeaderValue, DeliveryError> {
    Ok(HeaderValue::new(HeaderName::new_from_ascii_str(name), header_text(value)?.to_owned()))
}

/// Our own header values are plain visible ASCII; anything else would be a way to add headers.
fn header_text(value: &str) -> Result<&str, DeliveryError> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(value);
    }
    Err(DeliveryError::permanent("header", "a header value holds something other than visible ASCII"))
}

#[cfg(test)]
mod tests {
    use super::super::transport::sample;
    use super::*;

    fn formatted(message: &Outgoing) -> String {
        String::from_utf8(compose(message).unwrap().formatted()).unwrap()
    }

    #[test]
    fn the_headers_let_a_receiver_recognise_thread_and_date_it() {
        let mail = formatted(&sample());
        for line in [
            "Message-ID: <01990000-0000-7000-8000-000000000001@nordbet.example>",
            "Date: Sat, 21 Nov 2026 13:30:00 +0000",
            "In-Reply-To: <case.NB-2026-000412-K@nordbet.example>",
            "References: <case.NB-2026-000412-K@nordbet.example>",
            "Auto-Submitted: auto-generated",
            "X-Case-Number: NB-2026-000412-K",
            "Content-Language: da",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "From: Spillersupport <support@nordbet.example>",
        ] {
            assert!(mail.contains(&format!("{line}\r\n")), "{line} is missing in\n{mail}");
        }
    }

    #[test]
    fn the_same_message_gives_the_same_bytes() {
        assert_eq!(formatted(&sample()), formatted(&sample()));
    }

    #[test]
    fn letters_beyond_ascii_travel_encoded_and_lines_end_in_crlf() {
        let message = sample();
        let mail = formatted(&message);
        assert!(mail.is_ascii() || mail.contains("søren@example.com"), "only an address may be UTF-8");
        assert!(mail.contains("Subject: [NB-2026-000412-K]"), "the number stays readable:\n{mail}");
        assert!(!mail.replace("\r\n", "").contains('\n'));
    }

    #[test]
    fn nothing_in_a_message_adds_a_header() {
        let injected = Outgoing { subject: "Hej\r\nBcc: all@example.com".to_owned(), ..sample() };
        assert!(!formatted(&injected).contains("\r\nBcc:"));
        for bad in [
            Outgoing { case_number: "NB-1\r\nBcc: all@example.com".to_owned(), ..sample() },
            Outgoing { traceparent: Some("00\r\nBcc: all@example.com".to_owned()), ..sample() },
            Outgoing { language: "da\nBcc: all@example.com".to_owned(), ..sample() },
            Outgoing { to: "a@example.com\r\nBcc: all@example.com".to_owned(), ..sample() },
            Outgoing { to: "nobody".to_owned(), ..sample() },
        ] {
            assert!(matches!(compose(&bad), Err(DeliveryError::Permanent(..))));
        }
    }
}
