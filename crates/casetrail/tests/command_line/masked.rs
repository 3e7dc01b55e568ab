//! `casetrail history` and its like with an engineer's token, in a development system.

use tempfile::tempdir;

use crate::open;
use crate::privacy::token;
use crate::program::Dev;

const SECRETS: [&str; 3] = ["p-1001", "freja", "udbetaling"];

#[test]
fn an_engineer_sees_a_case_masked_and_unmasks_it_with_a_purpose_and_a_second_factor() {
    let data = tempdir().unwrap();
    let dev = Dev::start(data.path(), "0");
    let number = open(&dev);
    let engineer = ["--role", "engineer", "--sub", "eva"];
    let (plain, proven) =
        (token(data.path(), &engineer), token(data.path(), &[&engineer[..], &["--acr"]].concat()));

    let masked = dev.run(&["history", &number, "--token", &plain]);
    assert_eq!(masked.code, 0, "{masked:?}");
    for secret in SECRETS {
        assert!(!masked.out.contains(secret), "{secret}: {masked:?}");
    }
    for part in ["player [masked]: case opened", "\"channel\":\"chat\"", "--unmask"] {
        assert!(masked.out.contains(part), "{part}: {masked:?}");
    }
    let whole = dev.json(&["history", &number, "--token", &plain]);
    let opened = &whole["entries"][0]["details"];
    assert_eq!((&opened["player"]["username"], &opened["brand"]), (&"[masked]".into(), &"NB".into()));
    let listed = dev.until(&["cases", "--brand", "NB", "--token", &plain], |out| out.contains(&number));
    assert!(listed.contains("[masked]") && !listed.contains("p-1001"), "{listed}");

    let purpose = ["--purpose", "incident 4711"];
    let unmask = |token: &str, more: &[&str]| {
        dev.run(&[&["history", &number, "--token", token, "--unmask"], more].concat())
    };
    let aimless = unmask(&proven, &[]);
    assert!(aimless.code == 2 && aimless.err.contains("--purpose"), "{aimless:?}");
    let unproven = unmask(&plain, &purpose);
    assert_eq!(unproven.code, 4, "{unproven:?}");
    assert!(
        unproven.err.contains("SECOND_FACTOR_REQUIRED") && unproven.err.contains("--acr"),
        "{unproven:?}"
    );
    let clear = unmask(&proven, &purpose);
    assert!(clear.code == 0 && clear.out.contains("Player p-1001 opened the case by chat"), "{clear:?}");
}
