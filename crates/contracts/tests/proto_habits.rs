//! The habits that every `.proto` file keeps (AIP-192, AIP-155, AIP-203), read from the files themselves.
//! `buf lint` checks names and layout; this checks what it cannot see, and needs no `buf`.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use protox::prost_reflect::DescriptorPool;

/// Field numbers in `google.protobuf.FileDescriptorProto` and its parts: source locations are addressed
/// by them.
mod path {
    pub(super) const FILE_MESSAGE: i32 = 4;
    pub(super) const FILE_ENUM: i32 = 5;
    pub(super) const FILE_SERVICE: i32 = 6;
    pub(super) const MESSAGE_FIELD: i32 = 2;
    pub(super) const MESSAGE_MESSAGE: i32 = 3;
    pub(super) const MESSAGE_ENUM: i32 = 4;
    pub(super) const MESSAGE_ONEOF: i32 = 8;
    pub(super) const ENUM_VALUE: i32 = 2;
    pub(super) const SERVICE_METHOD: i32 = 2;
}

fn proto_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

fn proto_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(proto_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    files
}

fn compiled() -> protox::Compiler {
    let mut compiler = protox::Compiler::new([proto_root()]).unwrap();
    let files = proto_files(&proto_root().join("casetrail"));
    compiler.include_imports(true).include_source_info(true).open_files(files).unwrap();
    compiler
}

/// Ours, with comments.
fn our_files() -> Vec<FileDescriptorProto> {
    let mut files = compiled().file_descriptor_set().file;
    files.retain(|file| file.package().starts_with("casetrail."));
    files
}

/// The leading comments of one file, by the path of what they stand above; and what has none.
struct Comments<'a> {
    file: &'a FileDescriptorProto,
    leading: HashMap<&'a [i32], &'a str>,
    without: Vec<String>,
}

impl<'a> Comments<'a> {
    fn of(file: &'a FileDescriptorProto) -> Self {
        let info = file.source_code_info.as_ref().expect("compiled with source info");
        let leading = info
            .location
            .iter()
            .filter_map(|at| at.leading_comments.as_deref().map(|comment| (at.path.as_slice(), comment)))
            .collect();
        Self { file, leading, without: Vec::new() }
    }

    fn expect(&mut self, path: &[i32], name: &str) {
        if self.leading.get(path).is_none_or(|comment| comment.trim().is_empty()) {
            self.without.push(format!("{}: {name}", self.file.name()));
        }
    }

    fn expect_in_enum(&mut self, path: &[i32], one: &EnumDescriptorProto) {
        self.expect(path, one.name());
        for (index, value) in (0..).zip(&one.value) {
            self.expect(&[path, &[path::ENUM_VALUE, index]].concat(), value.name());
        }
    }

    fn expect_in_message(&mut self, path: &[i32], message: &DescriptorProto) {
        self.expect(path, message.name());
        for (index, field) in (0..).zip(&message.field) {
            let name = format!("{}.{}", message.name(), field.name());
            self.expect(&[path, &[path::MESSAGE_FIELD, index]].concat(), &name);
        }
        for (index, oneof) in (0..).zip(&message.oneof_decl) {
            // `optional` fields come with a oneof of their own that nobody wrote.
            if !oneof.name().starts_with('_') {
                let name = format!("{}.{}", message.name(), oneof.name());
                self.expect(&[path, &[path::MESSAGE_ONEOF, index]].concat(), &name);
            }
        }
        for (index, nested) in (0..).zip(&message.nested_type) {
            self.expect_in_message(&[path, &[path::MESSAGE_MESSAGE, index]].concat(), nested);
        }
        for (index, nested) in (0..).zip(&message.enum_type) {
            self.expect_in_enum(&[path, &[path::MESSAGE_ENUM, index]].concat(), nested);
        }
    }

    fn expect_everywhere(&mut self) {
        let file = self.file;
        for (index, service) in (0..).zip(&file.service) {
            self.expect(&[path::FILE_SERVICE, index], service.name());
            for (method_index, method) in (0..).zip(&service.method) {
                let name = format!("{}.{}", service.name(), method.name());
                self.expect(&[path::FILE_SERVICE, index, path::SERVICE_METHOD, method_index], &name);
            }
        }
        for (index, message) in (0..).zip(&file.message_type) {
            self.expect_in_message(&[path::FILE_MESSAGE, index], message);
        }
        for (index, one) in (0..).zip(&file.enum_type) {
            self.expect_in_enum(&[path::FILE_ENUM, index], one);
        }
    }
}

#[test]
fn everything_in_the_contracts_says_what_it_means() {
    let files = our_files();
    let mut without = Vec::new();
    for file in &files {
        let mut comments = Comments::of(file);
        comments.expect_everywhere();
        without.extend(comments.without);
    }
    assert!(without.is_empty(), "write a comment above each of these:\n{}", without.join("\n"));
}

#[test]
fn a_missing_comment_is_noticed() {
    let mut file = our_files().into_iter().find(|file| !file.enum_type.is_empty()).unwrap();
    let value = file.enum_type[0].value[1].name().to_owned();
    let info = file.source_code_info.as_mut().unwrap();
    let place = [path::FILE_ENUM, 0, path::ENUM_VALUE, 1];
    info.location.retain(|at| at.path != place);

    let mut comments = Comments::of(&file);
    comments.expect_everywhere();

    assert_eq!(comments.without, [format!("{}: {value}", file.name())]);
}

/// Method name, its comment, and its request.
fn methods(files: &[FileDescriptorProto]) -> Vec<(String, String, DescriptorProto)> {
    let mut found = Vec::new();
    for file in files {
        let comments = Comments::of(file);
        for (service_index, service) in (0..).zip(&file.service) {
            for (index, method) in (0..).zip(&service.method) {
                let place = [path::FILE_SERVICE, service_index, path::SERVICE_METHOD, index];
                let request = method.input_type().rsplit('.').next().unwrap();
                let request = files
                    .iter()
                    .filter(|other| other.package() == file.package())
                    .flat_map(|other| &other.message_type)
                    .find(|message| message.name() == request)
                    .unwrap();
                let comment = comments.leading.get(place.as_slice()).copied().unwrap_or_default();
                let name = format!("{}.{}", service.name(), method.name());
                found.push((name, comment.to_owned(), request.clone()));
            }
        }
    }
    found
}

/// Leave to look at a file, and the look.
const LOOKS: [&str; 3] =
    ["IntakeService.GrantEvidence", "IntakeService.DownloadEvidence", "IntakeService.DownloadOriginal"];

#[test]
fn every_mutation_carries_a_request_id_and_says_how_it_may_be_refused_and_what_a_repeat_does() {
    let files = our_files();
    let methods = methods(&files);
    assert!(methods.len() > 60, "only {} methods were found", methods.len());
    for (name, comment, request) in methods {
        let verb = name.split_once('.').unwrap().1;
        let reads = ["Get", "List", "Watch", "Verify"].iter().any(|reading| verb.starts_with(reading));
        // An upload's id travels in the header that is its first part.
        let has_id = request.field.iter().any(|field| field.name() == "request_id")
            || request.field.iter().any(|field| field.name() == "header");
        // What operators do to consumers, and looking at a file, is not recorded in a case, so there is no first
        // answer to give again.
        let records = !reads && !name.starts_with("OperationsService.") && !LOOKS.contains(&name.as_str());
        assert_eq!(has_id, records, "{name}: request_id belongs in mutations, and only there");
        for part in ["- Refusals:", "- Repeats:"] {
            assert!(reads || comment.contains(part), "{name}: its comment lacks '{part}'");
        }
    }
}

#[test]
fn every_field_of_a_request_says_whether_it_is_required() {
    // From the exported descriptors: this also shows that the options survive there.
    let pool = DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET).unwrap();
    let behaviour = pool.get_extension_by_name("google.api.field_behavior").unwrap();
    let mut without = Vec::new();
    for message in pool.all_messages() {
        let ours = message.full_name().starts_with("casetrail.");
        if !ours || !message.name().ends_with("Request") {
            continue;
        }
        for field in message.fields() {
            let in_oneof = field.containing_oneof().is_some();
            if !in_oneof && !field.options().has_extension(&behaviour) {
                without.push(field.full_name().to_owned());
            }
        }
    }
    assert!(without.is_empty(), "REQUIRED or OPTIONAL (AIP-203)? Say it at:\n{}", without.join("\n"));
}

#[test]
fn the_descriptors_for_reflection_hold_every_service_and_every_import_but_no_comments() {
    let set = FileDescriptorSet::decode(contracts::FILE_DESCRIPTOR_SET).unwrap();
    let mut services: Vec<String> = Vec::new();
    for file in &set.file {
        assert!(file.source_code_info.is_none(), "{} carries its comments", file.name());
        for import in &file.dependency {
            assert!(set.file.iter().any(|other| other.name() == import), "{import} is missing");
        }
        services.extend(file.service.iter().map(|one| format!("{}.{}", file.package(), one.name())));
    }
    services.sort();
    let expected = [
        contracts::history::v1::history_service_server::SERVICE_NAME,
        contracts::intake::v1::intake_service_server::SERVICE_NAME,
        contracts::notifications::v1::notifications_service_server::SERVICE_NAME,
        contracts::operations::v1::operations_service_server::SERVICE_NAME,
        contracts::payments_escalation::v1::payments_escalation_service_server::SERVICE_NAME,
        contracts::privacy::v1::privacy_service_server::SERVICE_NAME,
        contracts::routing::v1::routing_service_server::SERVICE_NAME,
    ];
    assert_eq!(services, expected);
}
