//! Replays the corpus of the fuzz targets (`fuzz/`): what a fuzzer once found, and what it begins with, goes
//! through the same functions with every run of the tests.
//!
//! To add a target: a file in `targets`, its line in `TARGETS`, its file in `fuzz/targets`, and a folder in
//! `fuzz/corpus` with at least one file.

#![cfg(test)]

mod targets;

use std::path::Path;

use targets::TARGETS;

#[test]
fn every_file_of_the_corpus_goes_through_its_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (name, target) in TARGETS {
        let files = std::fs::read_dir(corpus.join(name)).unwrap();
        let mut count = 0;
        for file in files {
            let path = file.unwrap().path();
            let content = std::fs::read(&path).unwrap();
            let outcome = std::panic::catch_unwind(|| target(&content));
            assert!(outcome.is_ok(), "{} fails", path.display());
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
    }
}

#[test]
fn every_target_is_fuzzed() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml has no target {name}");
        assert!(fuzz.join(format!("targets/{name}.rs")).is_file(), "fuzz/targets/{name}.rs is missing");
    }
    let folders = std::fs::read_dir(fuzz.join("corpus")).unwrap();
    let folders: Vec<String> =
        folders.map(|folder| folder.unwrap().file_name().to_string_lossy().into_owned()).collect();
    for folder in folders {
        assert!(TARGETS.iter().any(|(name, _)| *name == folder), "nothing replays fuzz/corpus/{folder}");
    }
}
