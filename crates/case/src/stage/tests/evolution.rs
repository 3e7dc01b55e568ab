//! How a stored shape evolves, on a stage that exists here only: a thing that was moved.

#![expect(unreachable_pub, reason = "a stage's table makes what others use, and nobody uses this one")]

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::golden::{Stored, faults};
use crate::personal::Personal;
use crate::stage::{StoredEvent, stage_events};

/// At first only where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThingMovedV1 {
    /// Where to.
    pub to: String,
    /// What was said.
    pub note: Personal,
}

/// Then also how far, in whole kilometres.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThingMovedV2 {
    /// Where to.
    pub to: String,
    /// How far, in kilometres.
    pub distance_km: u32,
    /// What was said.
    pub note: Personal,
}

/// Then kilometres were too coarse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThingMoved {
    /// Where to.
    pub to: String,
    /// How far, in metres, where it is known.
    pub distance_m: Option<u32>,
    /// What was said.
    pub note: Personal,
}

impl From<ThingMovedV1> for ThingMoved {
    fn from(old: ThingMovedV1) -> Self {
        Self { to: old.to, distance_m: None, note: old.note }
    }
}

impl From<ThingMovedV2> for ThingMoved {
    fn from(old: ThingMovedV2) -> Self {
        Self { to: old.to, distance_m: Some(old.distance_km * 1_000), note: old.note }
    }
}

stage_events! {
    /// A thing's facts.
    "thing";
    ThingMoved = "moved" v 3 from [1 as ThingMovedV1, 2 as ThingMovedV2] personal [note];
}

fn moved() -> ThingMoved {
    ThingMoved { to: "attic".to_owned(), distance_m: Some(12), note: Personal::new("heavy") }
}

fn stored() -> Stored<'static, Event> {
    Stored { stage: "thing", written: Event::STORED, older: Event::UPCAST, samples: vec![moved().into()] }
}

/// The golden files of this stage: not among those of the log.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/stage/tests/evolution")
}

/// A copy of them to spoil; gone when it is dropped.
struct Copy(PathBuf);

impl Copy {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("casetrail-golden-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for entry in std::fs::read_dir(golden()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
        Self(folder)
    }

    fn faults(&self) -> Vec<String> {
        faults(&self.0, &stored(), false)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_version_that_was_ever_stored_reads_as_the_newest() {
    let read = |version, text: &str| Event::decode("thing.moved", version, text.as_bytes()).unwrap();
    let note = Personal::new("heavy");
    let newest = |distance_m| ThingMoved { to: "attic".to_owned(), distance_m, note: note.clone() }.into();
    assert_eq!(read(1, r#"{"to":"attic","note":{"clear":"heavy"}}"#), newest(None));
    assert_eq!(read(2, r#"{"to":"attic","distance_km":2,"note":{"clear":"heavy"}}"#), newest(Some(2_000)));
    assert_eq!(read(1, r#"{"to":"attic","note":{"clear":"heavy"}}"#).schema_version(), 3);
    assert!(Event::decode("thing.moved", 4, b"{}").is_err());
    assert!(Event::decode_known("thing.moved", 4, b"{}").is_none());
    let mut seen = Vec::new();
    read(1, r#"{"to":"attic","note":{"clear":"heavy"}}"#).visit_personal(&mut |field, _| seen.push(field));
    assert_eq!(seen, ["note"], "what is personal in an old shape is sealed and opened too");
}

#[test]
fn the_golden_files_of_all_versions_are_right() {
    let found = faults(&golden(), &stored(), std::env::var_os("UPDATE_GOLDEN").is_some());
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_version_without_a_golden_file_is_found() {
    for file in ["thing.moved.v3.json", "thing.moved.v2.json", "thing.moved.v1.upcast.json"] {
        let copy = Copy::new("missing");
        std::fs::remove_file(copy.0.join(file)).unwrap();
        let found = copy.faults();
        assert!(found.len() == 1 && found[0].starts_with(file), "{found:?}");
    }
}

#[test]
fn an_old_shape_that_no_longer_reads_or_comes_up_otherwise_is_found() {
    let copy = Copy::new("broken");
    // As if a field had been renamed in the struct of the second version, and a default changed in the first.
    std::fs::write(copy.0.join("thing.moved.v2.json"), r#"{"to":"attic","km":2}"#).unwrap();
    let upcast = r#"{"to":"attic","distance_m":0,"note":{"clear":"heavy"}}"#;
    std::fs::write(copy.0.join("thing.moved.v1.upcast.json"), upcast).unwrap();
    let found = copy.faults();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("never changed"), "{}", found[0]);
    assert!(found[1].contains("missing field `distance_km`"), "{}", found[1]);
}

#[test]
fn a_golden_file_that_nothing_reads_any_more_is_found() {
    let copy = Copy::new("orphan");
    std::fs::write(copy.0.join("thing.lost.v1.json"), "{}").unwrap();
    assert_eq!(copy.faults(), ["thing.lost.v1.json: this was stored, and nothing reads it any more"]);
}

#[test]
fn an_event_without_a_sample_is_found() {
    let found = faults(&golden(), &Stored { samples: Vec::<Event>::new(), ..stored() }, false);
    assert_eq!(found, ["thing.moved v3 has no sample"]);
}

#[test]
fn there_is_a_schema_of_every_version() {
    let shapes = Event::stored_shapes();
    let named: Vec<_> = shapes.iter().map(|shape| (shape.name, shape.schema_version)).collect();
    assert_eq!(named, [("thing.moved", 3), ("thing.moved", 1), ("thing.moved", 2)]);
    let text = serde_json::to_string(&shapes[2].schema).unwrap();
    for said in
        ["thing.moved v2", "How far, in kilometres.", "\"required\":[\"to\",\"distance_km\",\"note\"]"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
}
