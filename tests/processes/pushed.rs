//! Log lines by OTLP: a collector has of every process what it wrote on standard error, to the last line that it
//! wrote before it ended.

use std::collections::BTreeMap;
use std::fs::File;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs};
use serde_json::{Map, Value, json};

use crate::people::{ask, rasmus};
use crate::receiver::Receiver;
use crate::requests;
use crate::spans::text_of;
use crate::up::Up;
use crate::withdrawal::{Withdrawal, stage, stage_over};

/// A process of the fleet, and the name that it gives itself.
const PROCESSES: [(&str, &str); 5] = [
    ("intake", "casetrail-intake"),
    ("routing", "casetrail-routing"),
    ("payments-escalation", "casetrail-payments-escalation"),
    ("notifications", "casetrail-notifications"),
    ("relay", "casetrail-relay"),
];

fn plain(value: &AnyValue) -> Value {
    match value.value.as_ref().unwrap() {
        Any::StringValue(text) => json!(text),
        Any::IntValue(number) => json!(number),
        Any::DoubleValue(number) => json!(number),
        Any::BoolValue(is_so) => json!(is_so),
        other => panic!("no line has {other:?}"),
    }
}

/// A record as the line that says the same, without its time.
fn line_of(target: &str, record: &LogRecord) -> Value {
    let of_case = |pair: &&KeyValue| pair.key.starts_with("casetrail.case.");
    let others = record.attributes.iter().filter(|pair| !of_case(pair));
    let mut fields: Map<String, Value> =
        others.map(|pair| (pair.key.clone(), plain(pair.value.as_ref().unwrap()))).collect();
    if let Some(body) = &record.body {
        fields.insert("message".to_owned(), plain(body));
    }
    let mut line = json!({ "level": record.severity_text, "target": target, "fields": fields });
    if !record.trace_id.is_empty() {
        line["trace_id"] = json!(hex::encode(&record.trace_id));
        line["span_id"] = json!(hex::encode(&record.span_id));
    }
    for (key, attribute) in [("case_id", "casetrail.case.id"), ("case_number", "casetrail.case.number")] {
        if let Some(text) = text_of(&record.attributes, attribute) {
            line[key] = json!(text);
        }
    }
    line
}

/// How often each line was pushed by each process.
fn pushed(received: &[ResourceLogs]) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut by_process: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for of_one in received {
        let attributes = &of_one.resource.as_ref().unwrap().attributes;
        let process = by_process.entry(text_of(attributes, "service.name").unwrap().to_owned()).or_default();
        for logs in &of_one.scope_logs {
            let target = &logs.scope.as_ref().unwrap().name;
            for record in &logs.log_records {
                *process.entry(line_of(target, record).to_string()).or_default() += 1;
            }
        }
    }
    by_process
}

/// How often each line stands on standard error, without its time.
fn written(log: &str) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for line in log.lines() {
        let mut line: Map<String, Value> = serde_json::from_str(line).expect(line);
        line.remove("timestamp").unwrap();
        *lines.entry(Value::Object(line).to_string()).or_default() += 1;
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_has_every_line_of_every_process() {
    let receiver = Receiver::start().await;
    let endpoint = receiver.endpoint();
    let env = [
        ("CASETRAIL__TELEMETRY__OTLP_ENDPOINT", endpoint.as_str()),
        ("CASETRAIL__TELEMETRY__OTLP_LOGS", "true"),
        // NATS' client says that it is closed when nothing is handed over any more.
        ("CASETRAIL__TELEMETRY__LOG_FILTER", "info,async_nats=warn,service_kit=debug,event_log=debug"),
    ];
    let (up, database, _nats) = Up::on_shared_servers(1, &env).await;
    let stage = stage(&up).await;
    let request = ask(&rasmus(), requests::open_case(stage.new_id()));
    let case = stage.intake().open_case(request).await.unwrap().into_inner().case.unwrap();
    let told = Withdrawal::of(stage_over(up.channel().await), &case.number, "");
    told.until("notifications.notification_sent").await;
    drop((told, stage));
    // Opened before the end, with which the folder goes.
    let logs = PROCESSES
        .map(|(process, _)| File::open(up.data().join("logs").join(format!("{process}.log"))).unwrap());
    assert!(up.stop());
    let pushed = pushed(&receiver.take_lines());
    for ((process, name), log) in PROCESSES.iter().zip(logs) {
        let log = std::io::read_to_string(log).unwrap();
        let (written, pushed) = (written(&log), pushed.get(*name).cloned().unwrap_or_default());
        assert_eq!(pushed, written, "{process}");
        assert!(written.keys().any(|line| line.contains("stopping")), "{process} did not say that it ends");
    }
    let of_case = |line: &String| line.contains(&case.case_id) && line.contains(&case.number);
    assert!(pushed.values().flat_map(BTreeMap::keys).filter(|line| of_case(line)).count() > 3);
    database.drop().await.unwrap();
}
