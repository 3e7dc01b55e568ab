//! The JSON Schema of a configuration file, from the types that read it: an editor completes and checks with it
//! what `casetrail config check` checks. It says of each setting what it means, its default, and whether SIGHUP
//! reloads it.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::config::{ConfigError, Tables};
use crate::reload::RELOADED;

/// Whether SIGHUP reloads a setting.
const RELOADED_ON_SIGHUP: &str = "x-reloaded-on-sighup";

/// The schema of one table.
pub fn of_table<C: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<C>().to_value();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("title");
    }
    schema
}

/// The schema of a file of these tables, with what holds where the file says nothing.
///
/// # Errors
/// The defaults do not read.
pub fn of_file(
    title: &str,
    tables: impl IntoIterator<Item = (&'static str, Value)>,
    defaults: &str,
) -> Result<Value, ConfigError> {
    let tables: Map<String, Value> =
        tables.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    let mut schema = json!({ "type": "object", "properties": tables, "additionalProperties": false });
    tell_defaults("", &mut schema, Some(&Tables::parse(defaults, &[]).all()?));
    let mut file = Map::new();
    file.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    file.insert("title".to_owned(), json!(title));
    file.extend(schema.as_object_mut().map(std::mem::take).unwrap_or_default());
    Ok(Value::Object(file))
}

/// Of a table every setting may be left out, for it has a default; what is written once for each of many, such as
/// brands, has none.
fn tell_defaults(key: &str, schema: &mut Value, default: Option<&Value>) {
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(Value::Object(settings)) = fields.get_mut("properties") {
        for (name, setting) in settings {
            let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            tell_defaults(&key, setting, default.and_then(|table| table.get(name)));
        }
        if default.is_some() {
            fields.remove("required");
            fields.remove("default");
        }
        return;
    }
    if let Some(default) = default {
        fields.insert("default".to_owned(), default.clone());
    }
    fields.insert(RELOADED_ON_SIGHUP.to_owned(), json!(RELOADED.contains(&key)));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is read by nobody, only described")]
    struct Sample {
        /// Where it listens.
        port: u16,
        brands: BTreeMap<String, Brand>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "it is read by nobody, only described")]
    struct Brand {
        from: String,
    }

    #[test]
    fn a_setting_tells_its_meaning_and_its_default_and_may_be_left_out() {
        let tables = [("grpc", of_table::<Sample>())];
        let schema = of_file("a file", tables, "[grpc]\nport = 7\nbrands = {}\n").unwrap();
        let grpc = &schema["properties"]["grpc"];
        assert_eq!(grpc["properties"]["port"]["description"], "Where it listens.");
        assert_eq!(grpc["properties"]["port"]["default"], 7);
        assert_eq!(grpc["properties"]["port"][RELOADED_ON_SIGHUP], false);
        assert_eq!(grpc["additionalProperties"], false);
        assert!(grpc.get("required").is_none(), "{grpc}");
        // A brand that is named has no default to fall back on.
        let brand = &grpc["properties"]["brands"]["additionalProperties"];
        assert_eq!(brand["required"], json!(["from"]), "{grpc}");
    }
}
