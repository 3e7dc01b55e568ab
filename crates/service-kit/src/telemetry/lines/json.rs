//! One JSON object a line, for what collects standard error.

use jiff::Timestamp;
use serde_json::Value;

use super::{Line, OfCase};

/// Writes a line down.
pub(super) fn written(line: &Line, now: Timestamp) -> String {
    let OfCase { id, number } = &line.case;
    let place = line.span.as_ref();
    let known = [
        ("timestamp", Some(Value::from(format!("{now:.6}")))),
        ("level", Some(Value::from(line.metadata.level().as_str()))),
        ("target", Some(Value::from(line.metadata.target()))),
        ("fields", Some(Value::Object(line.fields.clone()))),
        ("trace_id", place.map(|place| Value::from(place.trace_id().to_string()))),
        ("span_id", place.map(|place| Value::from(place.span_id().to_string()))),
        ("case_id", id.as_deref().map(Value::from)),
        ("case_number", number.as_deref().map(Value::from)),
    ];
    let pairs = known.into_iter().filter_map(|(key, value)| Some(format!("\"{key}\":{}", value?)));
    format!("{{{}}}\n", pairs.collect::<Vec<_>>().join(","))
}
