//! Bundles: what is exported proves itself, and nothing that was changed does.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use seals::{BundleFault, ExportError, Wrong, export, verify_bundle};
use serde_json::Value;
use uuid::Uuid;

use crate::world::{Kind, World, key, rechain, stream};

/// The page that describes the format.
const PAGE: &str = include_str!("../../../../docs/bundle-format.md");

/// Stream 0 has versions 1 to 9; those at positions 1 to 20 are sealed, by two keys.
async fn bundle(kind: Kind) -> (World, Vec<u8>) {
    let mut world = World::sealed(kind, 10).await;
    world.append(17).await;
    world.keyring.trust(key(2).public());
    world.seal(2).await;
    let bytes = export(world.history(), stream(0)).await.unwrap();
    (world, bytes)
}

#[tokio::test]
async fn a_bundle_proves_itself_and_lists_what_is_not_sealed_yet() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let (world, bytes) = bundle(kind).await;
        let report = verify_bundle(&bytes).unwrap();
        assert_eq!((report.stream, report.tenant.as_str()), (stream(0), "brand"));
        assert_eq!((report.events, report.seals), (9, 2));
        assert_eq!(report.unsealed, [8, 9]);
        let mut keys = [key(1).public(), key(2).public()];
        keys.sort_by_key(|key| key.id());
        assert_eq!(report.keys, keys);
        world.end().await;
    }
}

#[tokio::test]
async fn a_bundle_without_kept_leaves_is_proven_from_the_log() {
    let (world, bytes) = bundle(Kind::Sqlite).await;
    world.run_on_seals("UPDATE SEAL SET leaves = x''").await;
    assert_eq!(export(world.history(), stream(0)).await.unwrap(), bytes);
}

#[tokio::test]
async fn nothing_is_exported_that_cannot_be_proven() {
    let (mut world, _) = bundle(Kind::Sqlite).await;
    let nobody = Uuid::from_u128(0xFF);
    assert_eq!(export(world.history(), nobody).await, Err(ExportError::Empty(nobody)));
    world.keyring = [key(2).public()].into_iter().collect();
    let unknown = ExportError::UnknownKey { from: 1, key: key(1).public().id() };
    assert_eq!(export(world.history(), stream(0)).await, Err(unknown));
    let mut events = world.events().await;
    events[12].payload = b"{}".to_vec();
    rechain(&mut events, stream(0));
    world.put(&events).await;
    world.keyring.trust(key(1).public());
    assert_eq!(export(world.history(), stream(0)).await, Err(ExportError::Changed(13)));
    assert_eq!(world.check().await.wrong_event.unwrap().wrong, Wrong::Rewritten);
}

/// Every value in it that is no list or object, by its path.
fn values(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| values(value, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| values(value, &format!("{path}/{at}"), found));
        }
        _ => found.push(path.to_owned()),
    }
}

/// Other values of the same kind, each as near as can be.
fn changed(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let mut last = text.clone();
            let end = last.pop().map_or('x', |end| if end == 'a' { 'b' } else { 'a' });
            let first = if text.starts_with('0') { '1' } else { '0' };
            let rest: String = text.chars().skip(1).collect();
            let mut changed = vec![format!("{last}{end}"), format!("{first}{rest}"), String::new()];
            changed
                .extend([text.to_uppercase(), format!("{text} ")].into_iter().filter(|other| other != text));
            changed.into_iter().map(Value::String).collect()
        }
        Value::Number(number) => {
            let number = number.as_i64().unwrap();
            [number + 1, number - 1, -1].map(Value::from).into_iter().filter(|other| other != value).collect()
        }
        Value::Null => vec![Value::from(0), Value::from("x")],
        _ => vec![Value::Null],
    }
}

#[tokio::test]
async fn a_change_of_any_value_is_refused() {
    let (_world, bytes) = bundle(Kind::Sqlite).await;
    let right: Value = serde_json::from_slice(&bytes).unwrap();
    verify_bundle(&serde_json::to_vec(&right).unwrap()).expect("white space does not matter");
    let mut paths = Vec::new();
    values(&right, "", &mut paths);
    assert!(paths.len() > 150, "{}", paths.len());
    for path in paths {
        for other in changed(right.pointer(&path).unwrap()) {
            let mut wrong = right.clone();
            *wrong.pointer_mut(&path).unwrap() = other.clone();
            let answer = verify_bundle(&serde_json::to_vec(&wrong).unwrap());
            assert!(answer.is_err(), "{path} = {other} was believed");
        }
    }
}

#[tokio::test]
async fn whatever_is_left_out_doubled_or_swapped_is_refused() {
    let (_world, bytes) = bundle(Kind::Sqlite).await;
    let right: Value = serde_json::from_slice(&bytes).unwrap();
    for list in ["/events", "/seals", "/public_keys", "/unsealed", "/events/0/sealed/path"] {
        let items = right.pointer(list).unwrap().as_array().unwrap();
        for at in 0..items.len() {
            let (mut less, mut more, mut swapped) = (items.clone(), items.clone(), items.clone());
            less.remove(at);
            more.insert(at, items[at].clone());
            swapped.swap(at, 0);
            for other in [less, more, swapped].into_iter().filter(|other| other != items) {
                let mut wrong = right.clone();
                *wrong.pointer_mut(list).unwrap() = Value::Array(other);
                let answer = verify_bundle(&serde_json::to_vec(&wrong).unwrap());
                assert!(answer.is_err(), "{list} without, with twice or with moved {at} was believed");
            }
        }
    }
    for (object, field) in
        [("", "note"), ("/events/0", "note"), ("/events/0/sealed", "note"), ("/seals/0", "note")]
    {
        let mut wrong = right.clone();
        wrong.pointer_mut(object).unwrap()[field] = Value::from("believe me");
        assert!(matches!(
            verify_bundle(&serde_json::to_vec(&wrong).unwrap()),
            Err(BundleFault::Malformed(_))
        ));
    }
}

#[test]
fn what_is_no_bundle_is_refused() {
    for bytes in [&b""[..], b"{}", b"null", b"[1]", &[0xFF; 64]] {
        assert!(matches!(verify_bundle(bytes), Err(BundleFault::Malformed(_))));
    }
}

/// The bundle that the page shows.
async fn example() -> String {
    let world = World::empty(Kind::Sqlite).await;
    world.append(4).await;
    world.clock.advance(Duration::from_mins(1));
    world.seal(1).await;
    world.append(2).await;
    world.append(1).await;
    String::from_utf8(export(world.history(), stream(0)).await.unwrap()).unwrap()
}

/// The page's only code block of this kind.
fn block(language: &str) -> &'static str {
    let (_, after) = PAGE.split_once(&format!("```{language}\n")).unwrap();
    after.split_once("\n```").unwrap().0
}

#[tokio::test]
async fn the_page_shows_the_bundle_as_it_is_written() {
    let example = example().await;
    assert_eq!(block("json"), example, "put this into docs/bundle-format.md:\n{example}");
    verify_bundle(block("json").as_bytes()).expect("the page's example proves itself");
}

#[tokio::test]
async fn the_pages_script_believes_a_bundle_and_not_a_changed_one() {
    let folder = tempfile::tempdir().unwrap();
    let (_world, bytes) = bundle(Kind::Sqlite).await;
    let text = String::from_utf8(bytes).unwrap();
    std::fs::write(folder.path().join("check.py"), block("python")).unwrap();
    let (right, answer) = judged(folder.path(), &text);
    assert!(right && answer.contains("unsealed [8, 9]"), "{answer}");
    let right: Value = serde_json::from_str(&text).unwrap();
    for path in
        ["/events/3/payload", "/events/3/sealed/path/1", "/seals/1/signature", "/public_keys/0/public_key"]
    {
        for other in changed(right.pointer(path).unwrap()).into_iter().take(2) {
            let mut wrong = right.clone();
            *wrong.pointer_mut(path).unwrap() = other;
            assert!(!judged(folder.path(), &wrong.to_string()).0, "{path} was believed");
        }
    }
}

/// Whether the page's script believes a bundle, and what it says.
fn judged(folder: &Path, bundle: &str) -> (bool, String) {
    let file = folder.join("bundle.json");
    std::fs::write(&file, bundle).unwrap();
    let output = Command::new("python3").arg(folder.join("check.py")).arg(file).output().unwrap();
    (output.status.success(), format!("{output:?}"))
}
