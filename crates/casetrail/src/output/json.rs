//! Answers as JSON: every message of the contract by its own field names, enumerations by name, numbers
//! as numbers. A history entry's `details_json` becomes `details`, as JSON.

use std::sync::LazyLock;

use anyhow::{Context, anyhow};
use prost::Name;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

use crate::problem::Problem;

static CONTRACT: LazyLock<Result<DescriptorPool, prost_reflect::DescriptorError>> =
    LazyLock::new(|| DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET));

/// The message as JSON.
pub(crate) fn of<M: Name>(message: &M) -> Result<Value, Problem> {
    let mut value = transcode(message).with_context(|| format!("{} as JSON", M::full_name()))?;
    open_details(&mut value);
    Ok(value)
}

fn transcode<M: Name>(message: &M) -> anyhow::Result<Value> {
    let contract = CONTRACT.as_ref().map_err(|error| anyhow!("the contract does not read: {error}"))?;
    let descriptor = contract.get_message_by_name(&M::full_name()).context("no such message")?;
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())?;
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .stringify_64_bit_integers(false)
        .skip_default_fields(false);
    Ok(dynamic.serialize_with_options(serde_json::value::Serializer, &options)?)
}

fn open_details(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.remove("details_json") {
                let details = serde_json::from_str(&text).unwrap_or(Value::String(text));
                fields.insert("details".to_owned(), details);
            }
            fields.values_mut().for_each(open_details);
        }
        Value::Array(values) => values.iter_mut().for_each(open_details),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use contracts::history::v1 as pb;

    use super::*;

    #[test]
    fn a_message_keeps_its_names_and_its_details_are_opened() {
        let entry = pb::Entry {
            version: 7,
            r#type: "intake.case_tagged".to_owned(),
            recorded_at: Some(prost_types::Timestamp { seconds: 0, nanos: 0 }),
            team: pb::Team::Payments as i32,
            details_json: r#"{"tag":"vip"}"#.to_owned(),
            ..pb::Entry::default()
        };
        let message = pb::ListHistoryResponse { entries: vec![entry], next_page_token: String::new() };
        let value = of(&message).unwrap();
        let entry = &value["entries"][0];
        assert_eq!((&entry["version"], &entry["team"]), (&Value::from(7), &Value::from("TEAM_PAYMENTS")));
        assert_eq!(entry["recorded_at"], "1970-01-01T00:00:00Z");
        assert_eq!(entry["details"]["tag"], "vip");
        assert!(entry.get("details_json").is_none());
    }
}
