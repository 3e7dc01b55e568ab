//! What is exposed is what is documented, both ways: dashboards and alerts are written against the document.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use ambient::ManualClock;
use world::{START, World};

/// The document, from the root of the repository.
const DOCUMENT: &str = "docs/operations/metrics.md";
/// What the exporter adds by itself.
const OF_THE_EXPORTER: &[&str] = &["target_info", "otel_scope_info"];
/// How long figures that are asked for now and then may take to appear.
const PATIENCE: Duration = Duration::from_mins(1);

/// A metric: its type, and its labels.
type Metrics = BTreeMap<String, (String, BTreeSet<String>)>;

/// The table of the document: `| name | type | labels | meaning |`.
fn documented() -> Metrics {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(DOCUMENT);
    let text = fs::read_to_string(file).unwrap();
    let ours = text.split("\n## ").find(|part| part.starts_with("Ours\n")).expect("a chapter 'Ours'");
    let rows = ours.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let name = words(cells[1]).remove(0);
        (name, (cells[2].to_owned(), words(cells[3]).into_iter().collect()))
    })
    .collect()
}

/// What a scrape shows.
fn exposed(scrape: &str) -> Metrics {
    let mut found = Metrics::new();
    for line in scrape.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["#", "TYPE", name, kind] = words[..] {
            found.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        }
    }
    found.retain(|name, _| !OF_THE_EXPORTER.contains(&name.as_str()));
    for line in scrape.lines().filter(|line| !line.starts_with('#')) {
        let Some((sample, labels)) = line.split_once('{') else { continue };
        let name = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|ending| sample.strip_suffix(ending))
            .find(|name| found.contains_key(*name))
            .unwrap_or(sample);
        let Some((_, known)) = found.get_mut(name) else { continue };
        let names = labels.split("=\"").filter_map(|part| part.rsplit(['"', ',', '{']).next());
        let names = names.filter(|name| !name.is_empty() && !name.contains('}'));
        known.extend(
            names.filter(|name| *name != "le" && !name.starts_with("otel_scope_")).map(str::to_owned),
        );
    }
    found
}

async fn scrape(world: &World) -> String {
    let answer = reqwest::get(format!("http://{}/metrics", world.system.http()[0])).await.unwrap();
    answer.error_for_status().unwrap().text().await.unwrap()
}

#[tokio::test]
async fn every_metric_is_documented_and_every_documented_one_is_exposed() {
    // The HTTP client takes the process's TLS provider; that one was installed before is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(START.parse().unwrap());
    // The relay has figures as well, and only this wiring has a relay.
    let world = World::start_replicas(folder.path(), clock, "", 1).await.unwrap();
    let stage = world.stage().await.unwrap();
    let story = stories::ALL.iter().find(|story| story.name == "late_withdrawal").unwrap();
    (story.play)(&stage).await.unwrap();
    world.system.settled().await.unwrap();

    let documented = documented();
    let asking = async {
        loop {
            let exposed = exposed(&scrape(&world).await);
            if documented.keys().all(|name| exposed.contains_key(name)) {
                return exposed;
            }
            tokio::task::yield_now().await;
        }
    };
    let seen = match tokio::time::timeout(PATIENCE, asking).await {
        Ok(exposed) => exposed,
        Err(_) => exposed(&scrape(&world).await),
    };
    let names = |metrics: &Metrics| metrics.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&seen), names(&documented), "exposed, and in {DOCUMENT}");
    for (name, (kind, labels)) in &seen {
        let (expected_kind, expected_labels) = &documented[name];
        assert_eq!(kind, expected_kind, "{name}");
        let unknown: Vec<_> = labels.difference(expected_labels).collect();
        assert!(unknown.is_empty(), "{name} has the labels {unknown:?}, which {DOCUMENT} does not tell of");
    }
    drop(stage);
    world.stop().await.unwrap();
}
