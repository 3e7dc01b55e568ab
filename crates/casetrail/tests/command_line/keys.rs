//! `casetrail keys rotate`: a data folder gets another master key, and everything in it still opens.

use tempfile::tempdir;

use crate::open;
use crate::program::Dev;

#[test]
fn a_data_folder_gets_another_master_key_and_its_cases_still_open() {
    let data = tempdir().unwrap();
    let dev = Dev::start(data.path(), "0");
    let number = open(&dev);
    drop(dev);
    let key = || std::fs::read_to_string(data.path().join("master.key")).unwrap();
    let (before, folder) = (key(), data.path().display().to_string());

    let rotated = crate::program::run(&["keys", "rotate", "--data", &folder, "--json"]);
    assert_eq!(rotated.code, 0, "{rotated:?}");
    let told: serde_json::Value = serde_json::from_str(&rotated.out).unwrap();
    assert!(told["wrapped_anew"].as_u64().unwrap() >= 1, "{told}");
    assert_ne!(key(), before);
    assert!(!data.path().join("master.key.next").exists());

    let dev = Dev::start(data.path(), "0");
    let whole = dev.json(&["history", &number]);
    assert_eq!(whole["entries"][0]["details"]["player"]["username"], "freja");
    let found = dev.json(&["cases", "--brand", "NB", "--contact", "nobody@example.org"]);
    assert_eq!(found["cases"], serde_json::json!([]));
}
