//! A collector that is not there, or takes connections and never answers: nobody waits for it, memory has a
//! bound, and the process ends in time. What got lost is counted.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use stories::Stage;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::people::{ask, rasmus};
use crate::requests;
use crate::up::{eventually, program, signal};
use crate::withdrawal::stage_over;

/// Cases that are opened.
const CASES: usize = 120;
/// Who opens them at a time.
const CALLERS: usize = 6;
/// What may be resident more than without a collector: the queue, twice over.
const MORE: u64 = 64 * 1024;

/// A running `casetrail dev`.
struct Dev {
    child: Child,
    http: String,
    stage_at: String,
    _data: TempDir,
}

/// What a burst of work took.
#[derive(Debug)]
struct Burst {
    took: Duration,
    resident_kib: u64,
    /// Spans that found no room in the queue, and that could not be handed over.
    dropped: u64,
    lost: u64,
    ended_in: Duration,
}

impl Dev {
    fn start(otlp: Option<&str>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new(program("casetrail"));
        command.args(["--json", "dev", "--port", "0", "--http-port", "0", "--gateway-port", "0"]);
        command.arg("--data").arg(data.path());
        if let Some(otlp) = otlp {
            command.args(["--otlp", otlp]);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = |key: &str| format!("http://{}", ready[key].as_str().unwrap());
        Self { child, http: address("http"), stage_at: address("grpc"), _data: data }
    }

    async fn stage(&self) -> Stage {
        stage_over(Channel::from_shared(self.stage_at.clone()).unwrap().connect().await.unwrap())
    }

    /// The sum of a counter's samples that say this.
    async fn counted(&self, name: &str, label: &str) -> u64 {
        let metrics = reqwest::get(format!("{}/metrics", self.http)).await.unwrap().text().await.unwrap();
        let of_it = metrics.lines().filter(|line| line.starts_with(name) && line.contains(label));
        of_it.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Opens cases as fast as it goes, and ends the process.
    async fn burst(mut self, loses: bool) -> Burst {
        // For the probes' client; a provider that was installed before is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (began, mut callers) = (Instant::now(), JoinSet::new());
        for _ in 0..CALLERS {
            let stage = self.stage().await;
            callers.spawn(async move {
                for _ in 0..CASES / CALLERS {
                    let request = ask(&rasmus(), requests::open_case(stage.new_id()));
                    stage.intake().open_case(request).await.unwrap();
                }
            });
        }
        callers.join_all().await;
        let took = began.elapsed();
        let lost = async || {
            let dropped = self.counted("otel_sdk_processor_span_processed", "queue_full").await;
            (dropped, self.counted("otel_sdk_exporter_span_exported", "unavailable").await)
        };
        let (dropped, lost) = if loses {
            eventually("spans get lost", async || Some(lost().await).filter(|(one, other)| one + other > 0))
                .await
        } else {
            lost().await
        };
        let (resident_kib, ending) = (self.resident_kib(), Instant::now());
        signal("TERM", self.child.id());
        assert!(self.child.wait().unwrap().success());
        Burst { took, resident_kib, dropped, lost, ended_in: ending.elapsed() }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_collector_that_is_dead() {
    let without = Dev::start(None).burst(false).await;
    assert_eq!((without.dropped, without.lost), (0, 0));
    // A port where nobody listens: it was taken, and given back.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = Dev::start(Some(&format!("http://{closed}"))).burst(true).await;
    // One that takes every connection, and never says anything.
    let hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", hole.local_addr().unwrap());
    let mut swallowing = JoinSet::new();
    swallowing.spawn(async move {
        let mut taken = Vec::new();
        while let Ok(connection) = hole.accept().await {
            taken.push(connection);
        }
    });
    let swallowed = Dev::start(Some(&endpoint)).burst(true).await;
    println!("without {without:?}\nrefused {refused:?}\nswallowed {swallowed:?}");
    for dead in [&refused, &swallowed] {
        assert!(dead.lost > 0, "{dead:?}");
        // Other tests take their share of the machine as well; a span that waits for its collector waits five
        // seconds, and each case has some twenty.
        assert!(dead.took < without.took * 5 + Duration::from_secs(20), "{dead:?}, without one {without:?}");
        assert!(dead.resident_kib < without.resident_kib + MORE, "{dead:?}, without one {without:?}");
        assert!(dead.ended_in < Duration::from_secs(30), "{dead:?}");
    }
}
