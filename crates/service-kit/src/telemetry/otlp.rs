//! Spans and lines on their way to a collector: OTLP's protobuf over HTTP. The stock exporter copies every key and
//! every value of a span into messages of its own before it writes them; `encoding` writes them in one pass.

pub(super) mod encoding;

use std::io::Read;
use std::time::{Duration, Instant};

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use percent_encoding::percent_decode_str;
use prost::Message;
use reqwest::Url;
use reqwest::blocking::Client;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::handover::{Collector, Signal};

/// Where a collector takes what is handed over, and the headers that it is told besides `OTEL_EXPORTER_OTLP_HEADERS`, as
/// the specification of OTLP's exporters has them.
fn place(signal: Signal) -> (&'static str, &'static str) {
    match signal {
        Signal::Spans => ("v1/traces", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
        Signal::Lines => ("v1/logs", "OTEL_EXPORTER_OTLP_LOGS_HEADERS"),
    }
}
/// The headers of all signals.
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
/// Answers after which the same request may be sent again, by the same specification.
const AGAIN: [u16; 4] = [429, 502, 503, 504];
/// The first pause before that, where the collector names none; each is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(200);
/// As much of an answer is read; it says how many spans were refused, and why.
const ANSWER_BYTES: u64 = 64 * 1024;

/// A collector at a URL. It blocks, and so belongs on a thread of its own.
#[derive(Debug)]
pub(super) struct Otlp {
    client: Client,
    url: Url,
    headers: HeaderMap,
    answer: Duration,
    signal: Signal,
}

impl Otlp {
    /// To the collector at this URL, which may take so long to take a request.
    ///
    /// # Errors
    /// The URL, the headers in the environment or TLS cannot be used, in words.
    pub(super) fn to(endpoint: &str, answer: Duration, signal: Signal) -> Result<Self, String> {
        let url = Self::url(endpoint, signal)?;
        // A blocking client has a runtime of its own, which must not begin on a thread that serves another one.
        let built = std::thread::spawn(move || Client::builder().timeout(answer).build());
        let client = built.join().map_err(|_| "no HTTP client could be made".to_owned())?;
        let client = client.map_err(|error| error.to_string())?;
        // The first one that is set counts.
        let (_, variable) = place(signal);
        let set = [variable, HEADERS].into_iter().find_map(|name| Some((name, std::env::var(name).ok()?)));
        let headers = set.map_or_else(|| Ok(HeaderMap::new()), |(name, given)| headers(name, &given))?;
        Ok(Self { client, url, headers, answer, signal })
    }

    /// Where the collector at this URL takes such records.
    ///
    /// # Errors
    /// It is none that can be asked, in words.
    pub(super) fn url(endpoint: &str, signal: Signal) -> Result<Url, String> {
        let (path, _) = place(signal);
        let url = format!("{}/{path}", endpoint.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|error| error.to_string())?;
        if matches!(url.scheme(), "http" | "https") && url.has_host() {
            Ok(url)
        } else {
            Err(format!("'{endpoint}' is not an http or https address"))
        }
    }
}

impl Collector for Otlp {
    /// Sends a request, and again as long as the collector is only busy and there is time.
    fn take(&self, body: Vec<u8>) -> Result<Option<String>, String> {
        let (begun, body, mut pause) = (Instant::now(), Bytes::from(body), PAUSE);
        loop {
            let left = self.answer.saturating_sub(begun.elapsed());
            let request = self.client.post(self.url.clone()).headers(self.headers.clone()).timeout(left);
            let request = request.header(CONTENT_TYPE, "application/x-protobuf").body(body.clone());
            let answer = request.send().map_err(told)?;
            let wait = asked_to_wait(&answer).unwrap_or(pause);
            if !AGAIN.contains(&answer.status().as_u16()) || begun.elapsed() + wait >= self.answer {
                let mut text = Vec::new();
                // It was taken; only what it says besides is missing then.
                let _ = answer.error_for_status().map_err(told)?.take(ANSWER_BYTES).read_to_end(&mut text);
                return Ok(refused(&text, self.signal));
            }
            std::thread::sleep(wait);
            pause *= 2;
        }
    }
}

/// In whole seconds; a date is not looked at.
fn asked_to_wait(answer: &reqwest::blocking::Response) -> Option<Duration> {
    answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// `name=value,name=value`, each percent-encoded, of this environment variable.
fn headers(variable: &str, given: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for pair in given.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        // Without the value, which may be a secret.
        let wrong = |name: &str| format!("{variable}: '{name}' is no header; use NAME=VALUE,NAME=VALUE");
        let (name, value) = pair.split_once('=').ok_or_else(|| wrong("?"))?;
        let decoded = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
        let header: HeaderName = decoded(name).parse().map_err(|_| wrong(name))?;
        let mut value: HeaderValue = decoded(value).parse().map_err(|_| wrong(name))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

/// An error with what caused it, and without the URL, which may hold a password.
fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(why) = cause {
        text = format!("{text}: {why}");
        cause = why.source();
    }
    text
}

/// A collector that took the request may have refused some records of it. What is no such answer says nothing.
fn refused(answer: &[u8], signal: Signal) -> Option<String> {
    // The answer for log records has the same fields and numbers.
    let said = ExportTraceServiceResponse::decode(answer).ok()?.partial_success?;
    let (refused, records) = (said.rejected_spans, signal.name());
    (refused > 0).then(|| format!("{refused} {records}: {}", said.error_message))
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use super::*;

    #[test]
    fn an_answer_that_refuses_spans_says_how_many_and_any_other_none() {
        let answer = |rejected_spans| {
            let error_message = "too many".to_owned();
            let partial_success = Some(ExportTracePartialSuccess { rejected_spans, error_message });
            ExportTraceServiceResponse { partial_success }.encode_to_vec()
        };
        assert_eq!(refused(&answer(3), Signal::Spans), Some("3 spans: too many".to_owned()));
        assert_eq!(refused(&answer(1), Signal::Lines), Some("1 lines: too many".to_owned()));
        assert_eq!(refused(&answer(0), Signal::Spans), None);
        assert_eq!(refused(b"", Signal::Spans), None);
        assert_eq!(refused(b"<html>", Signal::Spans), None);
    }

    #[test]
    fn headers_are_read_as_they_are_for_metrics_and_a_wrong_one_is_told_without_its_value() {
        let given = headers(HEADERS, "authorization=Bearer%20a%3Db, x-tenant = north ,").unwrap();
        assert_eq!(given["authorization"], "Bearer a=b");
        assert_eq!(given["x-tenant"], "north");
        assert_eq!(given.len(), 2);
        assert!(headers(HEADERS, "").unwrap().is_empty());
        for wrong in ["s3cret", "a b=s3cret", "x=s3cret%0A"] {
            let told = headers(HEADERS, wrong).unwrap_err();
            assert!(told.contains("OTEL_EXPORTER_OTLP_HEADERS") && !told.contains("s3cret"), "{told}");
        }
    }

    /// Answers each request in turn with one of these heads.
    fn collector(heads: &'static [&'static str]) -> (String, std::thread::JoinHandle<Vec<String>>) {
        use std::io::{BufRead, BufReader, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            heads
                .iter()
                .map(|head| {
                    let (mut connection, _) = listener.accept().unwrap();
                    let mut reader = BufReader::new(connection.try_clone().unwrap());
                    let (mut asked, mut length) = (String::new(), 0);
                    loop {
                        let mut line = String::new();
                        reader.read_line(&mut line).unwrap();
                        if let Some(given) = line.to_lowercase().strip_prefix("content-length: ") {
                            length = given.trim().parse().unwrap();
                        }
                        if line.trim().is_empty() {
                            break;
                        }
                        asked += &line;
                    }
                    reader.read_exact(&mut vec![0; length]).unwrap();
                    write!(connection, "HTTP/1.1 {head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                        .unwrap();
                    asked
                })
                .collect()
        });
        (url, serving)
    }

    fn ask(url: &str) -> Result<Option<String>, String> {
        Otlp::to(url, Duration::from_secs(20), Signal::Spans).unwrap().take(b"spans".to_vec())
    }

    #[test]
    fn a_busy_collector_is_asked_again_and_one_that_says_no_is_not() {
        // As the process does that starts its telemetry.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (url, serving) =
            collector(&["503 Service Unavailable", "429 Too Many Requests\r\nretry-after: 0", "200 OK"]);
        assert_eq!(ask(&url), Ok(None));
        assert_eq!(serving.join().unwrap().len(), 3);
        let (url, serving) = collector(&["400 Bad Request"]);
        assert!(ask(&url).is_err());
        serving.join().unwrap();
        // It would come too late.
        let (url, serving) = collector(&["503 Service Unavailable\r\nretry-after: 60"]);
        assert!(ask(&url).is_err());
        serving.join().unwrap();
    }
}
