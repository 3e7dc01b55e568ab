//! Lines for people: `TIME LEVEL place [case trace] what it says key=value ...`.

use std::io::IsTerminal;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::Value;
use tracing::Level;

use super::{Line, MESSAGE};

/// Whether levels have colours: on a terminal, unless `NO_COLOR` is set.
static HAS_COLOURS: LazyLock<bool> = LazyLock::new(|| {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
});

/// Writes a line down.
pub(super) fn written(line: &Line, now: Timestamp) -> String {
    with_level(line, &level(*line.metadata.level(), *HAS_COLOURS), now)
}

fn with_level(line: &Line, level: &str, now: Timestamp) -> String {
    let mut words = vec![format!("{now:.6}"), level.to_owned(), line.metadata.target().to_owned()];
    let case = line.case.number.as_ref().or(line.case.id.as_ref()).cloned();
    let trace = line.span.as_ref().map(|span| span.trace_id().to_string());
    let place: Vec<String> = case.into_iter().chain(trace).collect();
    if !place.is_empty() {
        words.push(format!("[{}]", place.join(" ")));
    }
    words.extend(line.fields.get(MESSAGE).and_then(Value::as_str).map(in_one_line));
    let others = line.fields.iter().filter(|(key, _)| *key != MESSAGE);
    words.extend(others.map(|(key, value)| format!("{key}={}", quoted(value))));
    words.join(" ") + "\n"
}

fn level(level: Level, has_colours: bool) -> String {
    let colour = match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    };
    if has_colours { format!("\x1b[{colour}m{level:>5}\x1b[0m") } else { format!("{level:>5}") }
}

/// What is said may come from outside: it begins no line, turns no text round and commands no terminal.
fn in_one_line(text: &str) -> String {
    let escaped = |letter: char| match letter {
        '"' | '\'' | '\\' => letter.into(),
        letter => letter.escape_debug().to_string(),
    };
    text.chars().map(escaped).collect()
}

/// A value, in quotes where one would not see where it ends.
fn quoted(value: &Value) -> String {
    match value.as_str() {
        Some(text)
            if text.is_empty()
                || text.contains(|letter: char| !letter.is_ascii_graphic() || letter == '"') =>
        {
            format!("{text:?}")
        }
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::meta::parse_traceparent;

    #[test]
    fn a_line_says_when_where_and_of_which_case_and_forges_no_other() {
        let mut lines = lines(|| {
            let call = tracing::info_span!(
                "call",
                otel.kind = "client",
                casetrail.case.id = "c-1",
                casetrail.case.number = "NB-1"
            );
            call.in_scope(|| {
                tracing::warn!(
                    tries = 3,
                    code = "no_room",
                    reason = "a \"full\" disk\nERROR",
                    empty = "",
                    "it\nfailed"
                );
            });
            tracing::info!("\x1b[2J\u{2028}it's \u{202e}\"nowhere\"");
        });
        lines[0].span = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let now = "2026-03-02T09:00:00Z".parse().unwrap();
        let written: Vec<_> = lines.iter().map(|line| with_level(line, "LEVEL", now)).collect();
        let place = module_path!();
        assert_eq!(
            written,
            [
                format!(
                    "2026-03-02T09:00:00.000000Z LEVEL {place} [NB-1 0af7651916cd43dd8448eb211c80319c] it\\nfailed \
                     code=no_room empty=\"\" reason=\"a \\\"full\\\" disk\\nERROR\" tries=3\n"
                ),
                format!(
                    "2026-03-02T09:00:00.000000Z LEVEL {place} \\u{{1b}}[2J\\u{{2028}}it's \\u{{202e}}\"nowhere\"\n"
                ),
            ]
        );
    }

    #[test]
    fn levels_stand_below_each_other_with_colours_and_without() {
        assert_eq!([level(Level::WARN, false), level(Level::ERROR, false)], [" WARN", "ERROR"]);
        assert_eq!(level(Level::WARN, true), "\x1b[33m WARN\x1b[0m");
    }
}
