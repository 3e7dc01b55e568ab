//! Generates Rust from `proto/` with protox: no `protoc` is needed, and nothing generated is committed.

mod confidential;
mod free_texts;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let protos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo::rerun-if-changed={}", protos.display());

    let mut files = Vec::new();
    collect(&protos.join("casetrail"), &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new([&protos])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    // A request's name is part of its digest (service-kit, `fingerprint`).
    let mut names = prost_build::Config::new();
    names.enable_type_names();
    let described = compiler.file_descriptor_set();
    names.skip_debug(free_texts::with_free_texts(&described));
    let free_texts = free_texts::code(&described)?;
    let confidential = confidential::code(&described)?;
    tonic_prost_build::configure()
        // The one field that carries megabytes: shared rather than copied.
        .bytes(".casetrail.intake.v1.UploadEvidenceRequest.chunk")
        // Only options use it, and those are read from the descriptors.
        .extern_path(".google.api", "()")
        .emit_rerun_if_changed(false)
        .compile_fds_with_config(described, names)?;

    // What reflection serves needs the options (field behaviour) and can do without the comments.
    let descriptors = compiler.include_source_info(false).encode_file_descriptor_set();
    let out: PathBuf = env::var("OUT_DIR")?.into();
    fs::write(out.join("casetrail.binpb"), descriptors)?;
    fs::write(out.join("free_texts.rs"), free_texts)?;
    fs::write(out.join("confidential.rs"), confidential)?;
    Ok(())
}

/// Every `.proto` below a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
