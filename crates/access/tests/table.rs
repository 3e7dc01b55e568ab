//! The table against the contracts: every method has its line, every line its method.

use std::collections::BTreeSet;

use access::Role;
use access::table::{self, Admits};
use prost::Message;

fn methods() -> BTreeSet<String> {
    let set = prost_types::FileDescriptorSet::decode(contracts::FILE_DESCRIPTOR_SET).expect("test data");
    let mut found = BTreeSet::new();
    for file in set.file {
        for service in &file.service {
            for method in &service.method {
                found.insert(format!("/{}.{}/{}", file.package(), service.name(), method.name()));
            }
        }
    }
    found
}

#[test]
fn every_method_of_the_contracts_is_in_the_table_once_and_nothing_else() {
    let listed: Vec<String> = table::paths().collect();
    let unique: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(unique.len(), listed.len(), "a method is in the table twice");
    assert_eq!(unique, methods());
    assert!(unique.len() > 60, "{}", unique.len());
}

#[test]
fn what_is_not_in_the_table_admits_nobody() {
    for path in [
        "/casetrail.intake.v1.IntakeService/DropCase",
        "/casetrail.intake.v2.IntakeService/OpenCase",
        "/casetrail.intake.v1.IntakeService",
        "/grpc.health.v1.HealthX/Check",
        "/grpc.anything/Else",
        "",
    ] {
        assert_eq!(table::admitted(path), Admits::Nobody, "{path}");
    }
    assert_eq!(table::admitted("/grpc.health.v1.Health/Check"), Admits::Everybody);
}

/// Methods that change nothing, by how they are named.
fn reads(path: &str) -> bool {
    let method = path.rsplit('/').next().expect("test data");
    ["Get", "List", "Watch", "Verify"].iter().any(|verb| method.starts_with(verb))
}

#[test]
fn the_auditor_reads_all_and_changes_nothing() {
    for path in methods() {
        // Files as they came are looked at by those who judge them, and nothing changes.
        let looks = path.ends_with("/DownloadOriginal");
        assert_eq!(table::admitted(&path).admits(Role::Auditor), reads(&path) || looks, "{path}");
    }
}

#[test]
fn who_only_looks_changes_no_case() {
    for path in methods() {
        for role in [Role::PrivacyOfficer, Role::Engineer] {
            let admitted = table::admitted(&path).admits(role);
            // A player's data as a whole is an officer's to erase, and no case is changed by it.
            let is_own = role == Role::PrivacyOfficer && path.contains(".PrivacyService/");
            assert!(!admitted || reads(&path) || is_own, "{role} may call {path}");
        }
        let changes = !reads(&path) && table::admitted(&path).admits(Role::Operator);
        assert!(!changes || path.contains("Redrive"), "an operator may call {path}");
    }
}

#[test]
fn a_players_data_is_erased_and_handed_out_by_privacy_officers_only() {
    for method in ["ErasePlayer", "SetLegalHold", "ExportPlayer"] {
        let path = format!("/casetrail.privacy.v1.PrivacyService/{method}");
        let who: Vec<Role> =
            Role::ALL.into_iter().filter(|role| table::admitted(&path).admits(*role)).collect();
        assert_eq!(who, [Role::PrivacyOfficer], "{path}");
    }
}

#[test]
fn a_file_as_it_came_is_for_whoever_tells_whether_it_was_tampered_with() {
    let path = "/casetrail.intake.v1.IntakeService/DownloadOriginal";
    let who: Vec<Role> = Role::ALL.into_iter().filter(|role| table::admitted(path).admits(*role)).collect();
    assert_eq!(who, [Role::Verification, Role::Auditor]);
}

#[test]
fn money_is_approved_by_approvers_only() {
    let path = "/casetrail.payments_escalation.v1.PaymentsEscalationService/ApproveResolution";
    let who: Vec<Role> = Role::ALL.into_iter().filter(|role| table::admitted(path).admits(*role)).collect();
    assert_eq!(who, [Role::PaymentsApprover]);
}
