//! Which fields hold what people wrote or who they are, and the code that follows from it: `Debug` that does
//! not print them, and a way to reach them all. What is hidden from masked readers: `confidential.rs`.

use std::fmt::Write as _;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet, OneofDescriptorProto};

/// The names of these fields, in whatever message. A test asks about every string field that is neither here
/// nor among those that hold ids and words.
pub(crate) const FREE_TEXTS: &[&str] = &[
    "body",
    "chunk",
    "comment",
    "contact",
    "content",
    "details_json",
    "display_name",
    "email",
    "file_name",
    "grant",
    "note",
    "payload_json",
    "phone",
    "product",
    "question",
    "reason",
    "subject",
    "summary",
    "tag",
    "tags",
    "text",
    "title",
    "username",
];

/// Whether the field is one of them.
pub(crate) fn is_free_text(field: &FieldDescriptorProto) -> bool {
    matches!(field.r#type(), Type::String | Type::Bytes) && FREE_TEXTS.contains(&field.name())
}

/// A message of ours.
pub(crate) struct Message<'a> {
    /// As protobuf names it: `.casetrail.intake.v1.OpenCaseRequest`.
    pub(crate) name: String,
    /// As Rust does: `crate::intake::v1::OpenCaseRequest`.
    pub(crate) path: String,
    pub(crate) descriptor: &'a DescriptorProto,
}

pub(crate) fn messages(files: &FileDescriptorSet) -> impl Iterator<Item = Message<'_>> {
    files.file.iter().filter(|file| file.package().starts_with("casetrail.")).flat_map(|file| {
        let package = file.package();
        let module = package.trim_start_matches("casetrail.").replace('.', "::");
        file.message_type.iter().map(move |descriptor| Message {
            name: format!(".{package}.{}", descriptor.name()),
            path: format!("crate::{module}::{}", descriptor.name()),
            descriptor,
        })
    })
}

/// The messages whose `Debug` is written here and not derived.
pub(crate) fn with_free_texts(files: &FileDescriptorSet) -> Vec<String> {
    messages(files)
        .filter(|message| message.descriptor.field.iter().any(is_free_text))
        .map(|message| message.name)
        .collect()
}

/// The code.
pub(crate) fn code(files: &FileDescriptorSet) -> Result<String, std::fmt::Error> {
    let mut code = String::new();
    for message in messages(files) {
        if message.descriptor.field.iter().any(is_free_text) {
            debug(&mut code, &message)?;
        }
        visit(&mut code, &message)?;
    }
    Ok(code)
}

fn debug(code: &mut String, message: &Message<'_>) -> std::fmt::Result {
    let name = message.descriptor.name();
    writeln!(code, "impl std::fmt::Debug for {} {{", message.path)?;
    writeln!(code, "fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{")?;
    write!(code, "f.debug_struct({name:?})")?;
    for field in members(message.descriptor) {
        let shown =
            if field.is_free_text { "&crate::Redacted".to_owned() } else { format!("&self.{}", field.name) };
        write!(code, ".field({:?}, {shown})", field.name)?;
    }
    writeln!(code, ".finish() }} }}")
}

/// A field of the Rust struct: a field of the message, or one of its unions.
struct Member {
    name: String,
    is_free_text: bool,
}

fn members(descriptor: &DescriptorProto) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    for field in &descriptor.field {
        let (name, is_free_text) = match union_of(descriptor, field) {
            // One part of a union that is free text: none of it is shown.
            Some(union) => {
                let is_part = |other: &&FieldDescriptorProto| union_of(descriptor, other) == Some(union);
                (union, descriptor.field.iter().filter(is_part).any(is_free_text))
            }
            None => (field.name(), is_free_text(field)),
        };
        if members.last().is_none_or(|last| last.name != rust_name(name)) {
            members.push(Member { name: rust_name(name), is_free_text });
        }
    }
    members
}

/// The union that a field is part of; an `optional` field is none.
fn union_of<'a>(descriptor: &'a DescriptorProto, field: &FieldDescriptorProto) -> Option<&'a str> {
    let index = usize::try_from(field.oneof_index?).ok().filter(|_| !field.proto3_optional())?;
    descriptor.oneof_decl.get(index).map(OneofDescriptorProto::name)
}

fn rust_name(name: &str) -> String {
    if ["type", "ref"].contains(&name) { format!("r#{name}") } else { name.to_owned() }
}

fn visit(code: &mut String, message: &Message<'_>) -> std::fmt::Result {
    let mut body = String::new();
    for field in &message.descriptor.field {
        if is_free_text(field) && field.r#type() == Type::String {
            message.act_on(&mut body, field, |one| format!("visit({one});"))?;
        } else if is_ours(field) {
            message.act_on(&mut body, field, |one| format!("{one}.free_texts(visit);"))?;
        }
    }
    let visit = if body.is_empty() { "_" } else { "visit" };
    writeln!(code, "impl crate::FreeTexts for {} {{", message.path)?;
    writeln!(code, "fn free_texts(&mut self, {visit}: &mut dyn FnMut(&mut String)) {{ {body} }} }}")
}

/// Whether the field holds a message of ours.
pub(crate) fn is_ours(field: &FieldDescriptorProto) -> bool {
    field.r#type() == Type::Message && field.type_name().starts_with(".casetrail.")
}

impl Message<'_> {
    /// Code that does `act` to each value that a field of `self` holds: none, one, or many. `act` is given a mutable
    /// reference.
    pub(crate) fn act_on(
        &self,
        code: &mut String,
        field: &FieldDescriptorProto,
        act: impl Fn(&str) -> String,
    ) -> std::fmt::Result {
        let (place, name) = (format!("self.{}", rust_name(field.name())), field.name());
        let one = act("one");
        if let Some(union) = union_of(self.descriptor, field) {
            let (path, member, variant) = (self.union_path(), rust_name(union), pascal(name));
            let union = pascal(union);
            writeln!(code, "if let Some({path}::{union}::{variant}(one)) = &mut self.{member} {{ {one} }}")
        } else if field.label() == Label::Repeated {
            writeln!(code, "for one in &mut {place} {{ {one} }}")
        } else if field.r#type() == Type::Message || field.proto3_optional() {
            writeln!(code, "if let Some(one) = &mut {place} {{ {one} }}")
        } else {
            writeln!(code, "{}", act(&format!("&mut {place}")))
        }
    }

    /// Where prost puts the unions of a message.
    fn union_path(&self) -> String {
        let (module, name) = self.path.rsplit_once("::").unwrap_or_default();
        format!("{module}::{}", snake(name))
    }
}

fn pascal(name: &str) -> String {
    let mut pascal = String::new();
    for word in name.split('_') {
        let (first, rest) = word.split_at(word.len().min(1));
        pascal.push_str(&first.to_uppercase());
        pascal.push_str(rest);
    }
    pascal
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}
