//! What a reader is not shown who reads masked, and the code that hides it in the answer of any method.
//!
//! It is what people wrote and who they are (`free_texts.rs`), the ids of players, and every field of bytes.

use std::fmt::Write as _;

use prost_types::field_descriptor_proto::Type;
use prost_types::{FieldDescriptorProto, FileDescriptorSet};

use crate::free_texts::{FREE_TEXTS, Message, is_ours, messages};

/// The names of further fields, in whatever message or fact: they say which player it is.
pub(crate) const PLAYERS: &[&str] = &["meta_json", "personal_contact_for", "player_id", "recipient"];

/// Texts of our own that have the name of a free text: what every player may read, and what went wrong inside.
pub(crate) const OUR_TEXTS: &[(&str, &str)] = &[
    (".casetrail.intake.v1.Article", "body"),
    (".casetrail.intake.v1.Article", "title"),
    (".casetrail.operations.v1.DeadLetter", "reason"),
];

/// Whether a text of this name is one of them.
fn is_confidential(message: &Message<'_>, field: &FieldDescriptorProto) -> bool {
    let name = field.name();
    let is_named = FREE_TEXTS.contains(&name) || PLAYERS.contains(&name);
    is_named && !OUR_TEXTS.contains(&(message.name.as_str(), name))
}

/// The code.
pub(crate) fn code(files: &FileDescriptorSet) -> Result<String, std::fmt::Error> {
    let mut code = String::new();
    for message in messages(files) {
        hide(&mut code, &message)?;
    }
    answers(&mut code, files)?;
    let mut names: Vec<&str> = FREE_TEXTS.iter().chain(PLAYERS).copied().collect();
    names.sort_unstable();
    writeln!(code, "pub(crate) const NAMES: &[&str] = &{names:?};")?;
    Ok(code)
}

fn hide(code: &mut String, message: &Message<'_>) -> std::fmt::Result {
    let (mut body, mut visits) = (String::new(), false);
    for field in &message.descriptor.field {
        let name = field.name();
        if field.r#type() == Type::Bytes {
            message.act_on(&mut body, field, |one| format!("crate::emptied({one});"))?;
        } else if field.r#type() == Type::String && is_confidential(message, field) {
            visits = true;
            message.act_on(&mut body, field, |one| format!("visit({name:?}, {one});"))?;
        } else if is_ours(field) {
            visits = true;
            message.act_on(&mut body, field, |one| format!("{one}.confidential(visit);"))?;
        }
    }
    // Who acted is told by kind and id; of a player it is the player's.
    if let Some(kind) = kind_of_actor(message) {
        visits = true;
        writeln!(body, "if self.kind == {kind}::Player as i32 {{ visit(\"player_id\", &mut self.id); }}")?;
    }
    let visit = if visits { "visit" } else { "_" };
    writeln!(code, "impl crate::Confidential for {} {{", message.path)?;
    writeln!(
        code,
        "fn confidential(&mut self, {visit}: &mut dyn FnMut(&'static str, &mut String)) {{ {body} }} }}"
    )
}

/// The Rust path of the enumeration, where the message says who acted.
fn kind_of_actor(message: &Message<'_>) -> Option<String> {
    let fields = &message.descriptor.field;
    let kind = fields.iter().find(|field| field.name() == "kind" && field.r#type() == Type::Enum)?;
    let is_actor = kind.type_name().ends_with(".ActorKind")
        && fields.iter().any(|field| field.name() == "id" && field.r#type() == Type::String);
    let (module, _) = message.path.rsplit_once("::")?;
    is_actor.then(|| format!("{module}::ActorKind"))
}

/// Which code hides what in the answer of which method.
fn answers(code: &mut String, files: &FileDescriptorSet) -> std::fmt::Result {
    let ours: Vec<Message<'_>> = messages(files).collect();
    writeln!(code, "pub(crate) const ANSWERS: &[(&str, crate::Hide)] = &[")?;
    for file in files.file.iter().filter(|file| file.package().starts_with("casetrail.")) {
        for service in &file.service {
            for method in &service.method {
                let answer = ours.iter().find(|message| message.name == method.output_type());
                let Some(answer) = answer else { continue };
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                writeln!(code, "({path:?}, crate::hidden::<{}>),", answer.path)?;
            }
        }
    }
    writeln!(code, "];")
}
