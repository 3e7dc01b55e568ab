//! What events look like where they are stored, for those who read them in another language.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::{intake, notifications, payments_escalation, privacy, routing};

/// The JSON Schema of one stored shape, for those who read the log or the bus in another language.
#[derive(Debug, Clone)]
pub struct StoredShape {
    /// The stored name, such as `routing.case_assigned`.
    pub name: &'static str,
    /// The version of the shape.
    pub schema_version: u16,
    /// What its JSON looks like (draft 2020-12).
    pub schema: Schema,
}

impl StoredShape {
    /// The shape that `E` is stored in.
    pub(crate) fn of<E: JsonSchema>(name: &'static str, schema_version: u16) -> Self {
        // What is written, not all that would be understood.
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<E>();
        schema.insert("title".to_owned(), format!("{name} v{schema_version}").into());
        Self { name, schema_version, schema }
    }
}

/// Every shape that was ever stored: of every stage, and of every version.
pub fn stored_shapes() -> Vec<StoredShape> {
    [
        intake::Event::stored_shapes(),
        routing::Event::stored_shapes(),
        payments_escalation::Event::stored_shapes(),
        notifications::Event::stored_shapes(),
        routing::agent::Event::stored_shapes(),
        privacy::Event::stored_shapes(),
    ]
    .concat()
}
