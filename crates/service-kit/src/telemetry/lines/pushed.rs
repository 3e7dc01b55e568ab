//! Lines as OTLP's log records, handed over to a collector.

use jiff::Timestamp;
use opentelemetry::InstrumentationScope;
use tracing::Level;

use super::super::handover::HandOver;
use super::super::otlp::encoding;
use super::Line;

/// What hands lines over, and speaks at DEBUG and TRACE of each request: to push that would never end.
const SENDING: [&str; 4] = ["hyper", "hyper_util", "reqwest", "rustls"];

fn is_of_sending(target: &str) -> bool {
    SENDING.contains(&target.split("::").next().unwrap_or(target))
}

/// Hands a line over.
pub(super) fn push(to: &HandOver, line: &Line, now: Timestamp) {
    let metadata = line.metadata;
    if *metadata.level() > Level::INFO && is_of_sending(metadata.target()) {
        return;
    }
    // As loggers are mapped to OTLP: the scope is where in the program a line comes from.
    let scope = InstrumentationScope::builder(metadata.target()).build();
    to.push(&scope, |to| encoding::line(to, line, now.into()));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opentelemetry::Value;
    use opentelemetry_proto::tonic::common::v1::AnyValue;
    use tracing_subscriber::layer::SubscriberExt;

    use super::super::super::LogFormat;
    use super::super::super::handover::Signal;
    use super::super::super::taken::Taken;
    use super::super::Lines;

    #[test]
    fn a_record_has_every_kind_of_value_and_its_case_and_stands_in_the_scope_of_its_place() {
        let taken = Taken::default();
        let to = taken.way(Signal::Lines);
        let subscriber = tracing_subscriber::registry().with(Lines::new(LogFormat::Json, Some(to.clone())));
        tracing::subscriber::with_default(subscriber, || {
            let case = tracing::info_span!(
                "call",
                otel.kind = "client",
                casetrail.case.id = "c-1",
                casetrail.case.number = "NB-1"
            );
            case.in_scope(|| {
                let shown = tracing::field::debug([1, 2]);
                tracing::error!(
                    less = -1,
                    more = u64::MAX,
                    part = 0.5,
                    whole = 1.0,
                    yes = true,
                    shown,
                    "one"
                );
            });
            tracing::debug!(target: "hyper_util::client", "never");
            tracing::warn!(target: "hyper_util::client", "two");
            tracing::info!(target: "hyper_util::client", text = "", "three");
        });
        to.stop(Duration::from_secs(5)).unwrap();
        let taken = taken.lines();
        let scopes: Vec<_> =
            taken.iter().map(|logs| (&*logs.scope.as_ref().unwrap().name, logs.log_records.len())).collect();
        assert_eq!(scopes, [(module_path!(), 1), ("hyper_util::client", 2)]);
        let first = &taken[0].log_records[0];
        let any = |value: Value| Some(AnyValue::from(value));
        let text = |text: &'static str| any(text.into());
        let expected = [
            ("less", any((-1_i64).into())),
            ("more", any(18_446_744_073_709_551_615.0.into())),
            ("part", any(0.5.into())),
            ("shown", text("[1, 2]")),
            ("whole", any(1.0.into())),
            ("yes", any(true.into())),
            ("casetrail.case.id", text("c-1")),
            ("casetrail.case.number", text("NB-1")),
        ];
        let mut found: Vec<_> =
            first.attributes.iter().map(|pair| (&*pair.key, pair.value.clone())).collect();
        found.sort_by_key(|(key, _)| expected.iter().position(|(name, _)| name == key));
        assert_eq!(found, expected);
        assert_eq!(first.body, text("one"));
        assert_eq!((first.severity_number, &*first.severity_text), (17, "ERROR"));
        assert!(first.time_unix_nano > 0 && first.time_unix_nano == first.observed_time_unix_nano);
        assert!(first.trace_id.is_empty(), "it stands in no trace");
        let empty = &taken[1].log_records[1].attributes[0];
        assert_eq!((&*empty.key, &empty.value), ("text", &text("")));
    }
}
