//! Reading the repository, and reporting what is wrong with it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::lexer;

/// Folders that hold what was built, fetched or recorded, not what was written.
const NOT_OURS: &[&str] = &[".git", "target", "node_modules", "casetrail-data"];

/// A text file of the repository.
pub(crate) struct File {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl File {
    /// The name without folders and extension.
    pub(crate) fn stem(&self) -> &str {
        Path::new(&self.path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// The Rust code without comments and without its tests.
    pub(crate) fn program(&self) -> String {
        let code = lexer::without_comments(&self.text);
        match lexer::test_module_start(&code) {
            _ if self.is_all_tests() => String::new(),
            Some(start) => code[..start].to_owned(),
            None => code,
        }
    }

    /// The Rust code of its tests, without comments.
    pub(crate) fn tests(&self) -> String {
        let code = lexer::without_comments(&self.text);
        match lexer::test_module_start(&code) {
            _ if self.is_all_tests() => code,
            Some(start) => code[start..].to_owned(),
            None => String::new(),
        }
    }

    /// Whether it stands in a folder of tests, or is the file of a test module.
    fn is_all_tests(&self) -> bool {
        self.path.split('/').any(|part| part == "tests")
            || self.stem() == "tests"
            || self.stem().ends_with("_tests")
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest_dir.parent().expect("the package stands in a folder of the repository").to_path_buf()
}

/// Every text file below `folder` (from the root; empty for all) whose path ends in one of `endings`.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    walk(&root().join(folder), endings, &mut found);
    found.sort_by(|left, right| left.path.cmp(&right.path));
    found
}

fn walk(folder: &Path, endings: &[&str], found: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                walk(&path, endings, found);
            }
        } else if endings.iter().any(|ending| from_root(&path).ends_with(ending)) {
            found.push(File { path: from_root(&path), text: read(&path) });
        }
    }
}

fn from_root(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The text of a file that must exist, by its path from the root.
pub(crate) fn text(path: &str) -> String {
    read(&root().join(path))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// The names of the folders that stand in `folder`, sorted.
pub(crate) fn folders_in(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The number of the line that holds the byte at `offset`, from 1.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The identifiers and keywords of a text, each with where it begins.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(is_part)?;
        let end = text[start..].find(|letter| !is_part(letter)).map_or(text.len(), |length| start + length);
        rest = end;
        Some((start, &text[start..end]))
    })
}

/// The places where a rule is broken.
#[derive(Default)]
pub(crate) struct Faults(Vec<String>);

impl Faults {
    /// Notes one.
    pub(crate) fn add(&mut self, fault: impl Into<String>) {
        self.0.push(fault.into());
    }

    /// Notes one if `broken`.
    pub(crate) fn add_if(&mut self, broken: bool, fault: impl FnOnce() -> String) {
        if broken {
            self.add(fault());
        }
    }

    /// Fails the test when there are any, with all of them and what to do.
    pub(crate) fn assert_none(self, what_to_do: &str) {
        let list = self.0.iter().fold(String::new(), |mut list, fault| {
            let _ = write!(list, "\n  {fault}");
            list
        });
        assert!(self.0.is_empty(), "{} place(s) break a house rule. {what_to_do}{list}", self.0.len());
    }
}
