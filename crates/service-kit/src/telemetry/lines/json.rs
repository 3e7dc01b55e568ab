//! One JSON object a line, for what collects standard error.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Line, OfCase};

#[derive(Serialize)]
struct Object<'a> {
    timestamp: String,
    level: &'a str,
    target: &'a str,
    fields: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case_number: Option<&'a str>,
}

/// Writes a line down.
pub(super) fn written(line: &Line, now: Timestamp) -> String {
    let Line { metadata, fields, span, case: OfCase { id, number } } = line;
    let object = Object {
        timestamp: format!("{now:.6}"),
        level: metadata.level().as_str(),
        target: metadata.target(),
        fields,
        trace_id: span.as_ref().map(|span| span.trace_id().to_string()),
        span_id: span.as_ref().map(|span| span.span_id().to_string()),
        case_id: id.as_deref(),
        case_number: number.as_deref(),
    };
    // What has text keys and values of JSON can be written.
    serde_json::to_string(&object).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    #[test]
    fn a_line_is_one_object_with_what_is_known_of_its_place() {
        let lines = lines(|| {
            let call = tracing::info_span!("call", otel.kind = "client", casetrail.case.id = "c-1");
            call.in_scope(|| tracing::warn!(tries = 3, "it\nfailed"));
        });
        let written = written(&lines[0], "2026-03-02T09:00:00Z".parse().unwrap());
        let expected = format!(
            r#"{{"timestamp":"2026-03-02T09:00:00.000000Z","level":"WARN","target":"{}","fields":{{"message":"it\nfailed","tries":3}},"case_id":"c-1"}}"#,
            module_path!()
        );
        assert_eq!(written, expected + "\n");
    }
}
