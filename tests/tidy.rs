//! The house rules that no compiler checks: where things stand, who may know whom, what may be written.
//!
//! Each rule is one test; a failure lists every place and says what to do there. A rule that seems wrong
//! for a new case is changed here, in the open, with its reason. Nothing is exempted at the place itself.
//!
//! To add a rule: a `#[test]` in the file it belongs to, which collects [`house::Faults`].

#[path = "tidy/arrows.rs"]
mod arrows;
#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/house.rs"]
mod house;
#[path = "tidy/lexer.rs"]
mod lexer;
#[path = "tidy/manifests.rs"]
mod manifests;
#[path = "tidy/migrations.rs"]
mod migrations;
#[path = "tidy/security.rs"]
mod security;
#[path = "tidy/sources.rs"]
mod sources;
#[path = "tidy/stages.rs"]
mod stages;
