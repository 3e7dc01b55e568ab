//! The relay's program teaches how it is run.

use std::process::Command;

#[test]
fn it_says_what_it_is_for() {
    let help = Command::new(env!("CARGO_BIN_EXE_casetrail-relay")).arg("--help").output();
    let text = help.map(|help| String::from_utf8_lossy(&help.stdout).into_owned());
    assert!(text.is_ok_and(|text| text.contains("in order") && text.contains("--config")));
}
