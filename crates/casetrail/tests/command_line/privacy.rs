//! `casetrail privacy`, as a privacy officer uses it, with tokens of a development system.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use ambient::{Clock, SystemClock};
use jiff::tz::TimeZone;
use tempfile::tempdir;

use crate::program::{self, Dev};

const WHOSE: [&str; 4] = ["--brand", "NB", "--player", "p-1001"];

/// A token of the data folder, with more words about whose it is.
pub(crate) fn token(data: &Path, words: &[&str]) -> String {
    let data = data.display().to_string();
    let made = program::run(&[&["token", "--data", &data, "--brand", "NB"], words].concat());
    assert_eq!(made.code, 0, "{made:?}");
    made.out.trim().to_owned()
}

const OFFICER: [&str; 6] = ["--role", "privacy_officer", "--team", "privacy", "--sub", "petra"];

struct Desk {
    dev: Dev,
    /// With a second factor, and without.
    proven: String,
    plain: String,
    data: tempfile::TempDir,
}

impl Desk {
    fn open() -> Self {
        let data = tempdir().unwrap();
        let dev = Dev::start(data.path(), "0");
        let text = "Min udbetaling er ikke kommet";
        dev.json(&["open", "--brand", "NB", "--player", "p-1001", "--username", "freja", "--text", text]);
        let proven = token(data.path(), &[&OFFICER[..], &["--acr"]].concat());
        let plain = token(data.path(), &OFFICER);
        Self { dev, proven, plain, data }
    }

    fn words<'a>(&'a self, verb: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["privacy", verb, "--token", &self.proven], &WHOSE[..], more].concat()
    }
}

#[test]
fn what_is_held_is_written_into_one_archive_and_never_over_another_file() {
    let desk = Desk::open();
    let out = desk.data.path().join("p-1001.zip").display().to_string();
    let told = desk.dev.json(&desk.words("export", &["--out", &out]));
    assert!(told["files"].as_u64().unwrap() >= 3 && told["bytes"].as_u64().unwrap() > 1_000, "{told}");
    let mut archive = zip::ZipArchive::new(File::open(&out).unwrap()).unwrap();
    let mut page = String::new();
    archive.by_name("index.html").unwrap().read_to_string(&mut page).unwrap();
    assert!(page.contains("Min udbetaling er ikke kommet"), "{page}");
    assert!(archive.file_names().any(|name| name.starts_with("cases/NB-")));
    let again = desk.dev.run(&desk.words("export", &["--out", &out]));
    assert!(again.code == 2 && again.err.contains("is there already"), "{again:?}");
}

#[test]
fn a_hold_refuses_an_erasure_until_it_is_lifted_and_both_are_listed() {
    let desk = Desk::open();
    let year = SystemClock.now().to_zoned(TimeZone::UTC).year() + 3;
    let until = ["--until", &format!("{year}-06-30"), "--ground", "money_laundering", "--time-zone", "UTC"];
    let shown = format!("until 30 Jun {year} 23:59 (money laundering)");
    let kept = desk.dev.run(&desk.words("hold", &until));
    assert!(kept.code == 0 && kept.out.contains(&shown), "{kept:?}");

    let unsure = desk.dev.run(&desk.words("erase", &["--ground", "subject_request"]));
    assert!(unsure.code == 2 && unsure.err.contains("--yes"), "{unsure:?}");
    let erase = ["--ground", "subject_request", "--yes"];
    let refused = desk.dev.run(&desk.words("erase", &erase));
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.err.contains("LEGAL_HOLD_RUNS") && refused.err.contains("hold --lift"), "{refused:?}");

    let lifted = desk.dev.json(&desk.words("hold", &["--lift"]));
    assert!(lifted["until"].is_null(), "{lifted}");
    let erased = desk.dev.json(&desk.words("erase", &erase));
    assert!(erased["erased_at"].is_string(), "{erased}");

    let listed = ["privacy", "erasures", "--brand", "NB", "--token", &desk.proven];
    let shown = desk.dev.until(&listed, |out| out.contains("erased") && out.contains("refused: kept until"));
    assert!(shown.contains("agent:petra") && shown.contains("subject request"), "{shown}");
    let out = desk.data.path().join("late.zip").display().to_string();
    let late = desk.dev.run(&desk.words("export", &["--out", &out]));
    assert!(late.code == 4 && late.err.contains("PLAYER_ERASED"), "{late:?}");
    assert!(!Path::new(&out).exists());
}

#[test]
fn without_a_second_factor_it_says_what_to_do() {
    let desk = Desk::open();
    let out = desk.data.path().join("none.zip").display().to_string();
    for action in [&["export", "--out", &out][..], &["erase", "--ground", "unlawful", "--yes"][..]] {
        let words = [&["privacy"], action, &["--token", &desk.plain], &WHOSE[..]].concat();
        let refused = desk.dev.run(&words);
        assert_eq!(refused.code, 4, "{refused:?}");
        assert!(refused.err.contains("SECOND_FACTOR_REQUIRED"), "{refused:?}");
        assert!(refused.err.contains("--acr") && refused.err.contains("--token"), "{refused:?}");
    }
    assert!(!Path::new(&out).exists());
    let agent = token(desk.data.path(), &["--role", "agent", "--team", "payments", "--acr"]);
    let words = [&["privacy", "export", "--out", &out, "--token", &agent], &WHOSE[..]].concat();
    let refused = desk.dev.run(&words);
    assert_eq!(refused.code, 4, "{refused:?}");
}
