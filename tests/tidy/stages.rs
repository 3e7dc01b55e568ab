//! One word a stage, everywhere; reactions that answer facts that exist.

use crate::house::{self, Faults};
use crate::lexer;

/// The stages in the order a case travels through them, as code, protos and event names spell them.
const STAGES: [&str; 4] = ["intake", "routing", "payments_escalation", "notifications"];

/// A stage's name as folders of packages spell it.
fn as_folder(stage: &str) -> String {
    stage.replace('_', "-")
}

#[test]
fn the_four_stage_names_stand_in_every_place() {
    let mut faults = Faults::default();
    for stage in STAGES {
        let folder = as_folder(stage);
        let places = [
            format!("crates/case/src/{stage}"),
            format!("services/{folder}/src"),
            format!("services/{folder}/Cargo.toml"),
            format!("proto/casetrail/{stage}/v1/{stage}_service.proto"),
        ];
        for place in places {
            faults.add_if(!house::root().join(&place).exists(), || format!("{place} is missing"));
        }
        let is_declared = house::text("crates/case/src/lib.rs").contains(&format!("pub mod {stage};"));
        faults.add_if(!is_declared, || format!("crates/case/src/lib.rs does not declare `pub mod {stage};`"));
    }
    faults.assert_none("A stage has one word (ARCHITECTURE.md): a reader who knows it finds every place.");
}

#[test]
fn there_are_no_services_or_protos_beside_the_stages() {
    let mut services = STAGES.map(as_folder).to_vec();
    services.sort();
    assert_eq!(house::folders_in("services"), services, "services/ holds the four stages and nothing else");
    // Every process serves the history of a case, and what operators ask; what is held on a player as a whole is
    // no stage of a case's journey either.
    let beside = ["history", "operations", "privacy"];
    let mut protos: Vec<String> = STAGES.iter().chain(&beside).map(ToString::to_string).collect();
    protos.sort();
    assert_eq!(
        house::folders_in("proto/casetrail"),
        protos,
        "proto/casetrail holds the stages, history, operations and privacy"
    );
}

#[test]
fn every_reaction_is_named_after_a_fact_that_exists() {
    let facts = stored_facts();
    assert!(facts.len() > 20, "the stage_events! tables of crates/case were not found: {facts:?}");
    let mut faults = Faults::default();
    let mut reactions = 0;
    for file in house::files("services", &[".rs"]) {
        let is_reaction = file.path.contains("/src/reactions/");
        if let Some(fact) = file.stem().strip_prefix("on_").filter(|_| is_reaction) {
            reactions += 1;
            // Agents' facts are short (`agent.registered`): the file's name may say whose they are.
            let short = fact.strip_prefix("agent_").unwrap_or(fact);
            faults.add_if(!facts.iter().any(|known| known == fact || known == short), || {
                format!("{}: no fact `{fact}`", file.path)
            });
        }
    }
    assert!(reactions > 0, "no services/*/src/reactions/on_*.rs: the choreography has no steps");
    faults.assert_none("Name the file on_<stored name of the event>.rs: the folder is the choreography.");
}

/// The stored names in the `Variant = "name" v 1` lines of the stages' tables, without the stage.
fn stored_facts() -> Vec<String> {
    let mut facts = Vec::new();
    for file in house::files("crates/case/src", &[".rs"]) {
        let code = file.program();
        for (start, literal) in lexer::strings(&code) {
            let before = code[..start].trim_end();
            let after = code[start + literal.len() + 2..].trim_start();
            let is_entry = before.ends_with('=') && after.starts_with("v ");
            if is_entry {
                facts.push(literal);
            }
        }
    }
    facts
}
