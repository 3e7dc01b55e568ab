//! Requests of every method, filled with what makes sense by the names of their fields.

use std::sync::LazyLock;

use ambient::{Clock, Ids, SystemClock, SystemIds};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

static CONTRACT: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET).expect("the contract reads"));

/// A request, ready to be sent.
pub(crate) struct Filled {
    pub(crate) bytes: Vec<u8>,
    /// Whether it names a case or a brand.
    pub(crate) names_something: bool,
    /// Whether it names a case.
    pub(crate) names_case: bool,
}

struct About<'a> {
    brand: &'a str,
    case: &'a str,
}

impl Filled {
    /// A request of the method at `path` that says nothing but the brand.
    pub(crate) fn only_brand(path: &str, brand: &str) -> Vec<u8> {
        let (service, method) = path.trim_start_matches('/').split_once('/').expect("a path");
        let service = CONTRACT.get_service_by_name(service).expect("a service");
        let method = service.methods().find(|known| known.name() == method).expect("a method");
        let mut message = DynamicMessage::new(method.input());
        message.set_field_by_name("brand", Value::String(brand.to_owned()));
        message.encode_to_vec()
    }

    /// A request of the method at `path` that says what it is about and leaves all else open. Of a brand or a case
    /// where either would do: the brand.
    pub(crate) fn only_about(path: &str, brand: &str, case: &str) -> Vec<u8> {
        let (service, method) = path.trim_start_matches('/').split_once('/').expect("a path");
        let service = CONTRACT.get_service_by_name(service).expect("a service");
        let method = service.methods().find(|known| known.name() == method).expect("a method");
        let mut message = DynamicMessage::new(method.input());
        let team = Value::EnumNumber(2);
        for (name, value) in [
            ("case", Value::String(case.to_owned())),
            ("brand", Value::String(brand.to_owned())),
            ("agent_id", Value::String("mette".to_owned())),
            ("language_code", Value::String("da".to_owned())),
            ("consumer", Value::String("routing.on_case_opened".to_owned())),
            ("position", Value::U64(1)),
            ("team", team),
        ] {
            if let Some(field) = method.input().get_field_by_name(name) {
                message.set_field(&field, value);
            }
        }
        message.encode_to_vec()
    }

    /// A request of the method at `path` about a case and a brand.
    pub(crate) fn of(path: &str, brand: &str, case: &str) -> Self {
        let (service, method) = path.trim_start_matches('/').split_once('/').expect("a path");
        let service = CONTRACT.get_service_by_name(service).expect("a service");
        let method = service.methods().find(|known| known.name() == method).expect("a method");
        let message = About { brand, case }.message(&method.input(), 0);
        let names_something = method.input().fields().any(|field| {
            let nested = match field.kind() {
                Kind::Message(inner) => inner.get_field_by_name("case").is_some(),
                _ => false,
            };
            nested || matches!(field.name(), "case" | "brand")
        });
        let names_case = message.fields().any(|(field, value)| match value {
            Value::Message(inner) => inner.has_field_by_name("case"),
            _ => field.name() == "case",
        });
        Self { bytes: message.encode_to_vec(), names_something, names_case }
    }
}

impl About<'_> {
    fn message(&self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            let chosen = field.containing_oneof().and_then(|group| group.fields().next());
            let is_chosen = chosen.is_none_or(|first| first.number() == field.number());
            if depth < 4 && is_chosen && !field.is_map() {
                let value = self.value(&field, depth);
                message.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
            }
        }
        if descriptor.full_name() == "google.protobuf.Timestamp" {
            let tomorrow = SystemClock.now().as_second() + 86_400;
            message.set_field_by_name("seconds", Value::I64(tomorrow));
        }
        message
    }

    fn value(&self, field: &FieldDescriptor, depth: usize) -> Value {
        match field.kind() {
            Kind::String => Value::String(self.text(field.name())),
            Kind::Bytes => Value::Bytes(vec![1].into()),
            Kind::Bool => Value::Bool(false),
            Kind::Int32 => Value::I32(1),
            Kind::Int64 => Value::I64(1),
            Kind::Uint32 => Value::U32(1),
            Kind::Uint64 => Value::U64(1),
            Kind::Enum(_) => Value::EnumNumber(1),
            Kind::Message(inner) => Value::Message(self.message(&inner, depth + 1)),
            other => panic!("{}: a field of kind {other:?}", field.full_name()),
        }
    }

    fn text(&self, name: &str) -> String {
        let text = match name {
            "brand" => self.brand,
            "case" | "other_case" | "into_case" | "other" => self.case,
            "etag" | "page_token" | "previous_case" | "email" | "time_zone" | "team" => "",
            "agent_id" => "mette",
            "player_id" => "p-1",
            "transaction_id" => "tx-1",
            "language_code" | "language_codes" => "da",
            "currency_code" => "DKK",
            "jurisdiction" => "DK",
            name if name.ends_with("_id") || name.ends_with("_ids") => return new_id(),
            _ => "words",
        };
        text.to_owned()
    }
}

fn new_id() -> String {
    SystemIds.new_id(SystemClock.now()).to_string()
}
