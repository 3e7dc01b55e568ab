//! While one caller floods, another is served nearly as fast as before: measured.
//!
//! Each party has threads of its own, as it would have machines of its own: what is measured is the server and
//! not a queue that they would share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};
use tonic::Streaming;
use tonic::transport::Endpoint;

use crate::echo::{LARGE, WORK};
use crate::house::{House, Visitor};

/// Calls that are measured in each round.
const MEASURED: usize = 100;
/// Quiet and flooded rounds take turns, so that what else the machine does falls on both.
const ROUNDS: usize = 3;
/// So often it is measured until once it is good: what else the machine does can only make it worse.
const TRIES: usize = 3;
/// The same without limits: each call takes so long that a few of them tell.
const MEASURED_OPEN: usize = 20;
/// The flood: so many connections with so many calls in the air each, again as soon as they are answered.
const FLOODERS: usize = 8;
const IN_THE_AIR: usize = 64;
/// How many of its calls are refused in a round, at least.
const REFUSALS: u64 = 170;
/// How many are answered where nothing limits it, at least.
const ANSWERED: u64 = 500;
/// Connections that say nothing.
const HALF_OPEN: usize = 300;
/// Callers who ask for large answers and do not take them.
const SLOW_READERS: usize = 16;

/// How much slower the slowest of a hundred may become.
const AT_MOST: f64 = 3.0;
/// Below this, in milliseconds, a ratio says more about the machine than about the server.
const NOISE_MS: f64 = 15.0;
/// How many times slower it would be without limits.
const WITHOUT: f64 = 4.0;

fn alone() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// How long it is waited for a flood that does not come.
const IN_VAIN: Duration = Duration::from_mins(1);

/// The 99th percentile of calls one after the other, in milliseconds: at least so many, and on while `more`, which is
/// asked for a while only.
fn p99(runtime: &Runtime, visitor: &Visitor, calls: usize, more: impl Fn() -> bool) -> f64 {
    let mut took: Vec<f64> = Vec::with_capacity(calls);
    runtime.block_on(async {
        let begun = Instant::now();
        while took.len() < calls || more() && begun.elapsed() < IN_VAIN {
            let asked = Instant::now();
            visitor.call(WORK, b"").await.unwrap();
            took.push(asked.elapsed().as_secs_f64() * 1_000.0);
        }
    });
    took.sort_by(f64::total_cmp);
    took[took.len() * 99 / 100]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A flood that goes on until it is dropped.
struct Flood {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
    refused: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
}

impl Flood {
    fn begin(address: std::net::SocketAddr) -> Self {
        let (stop, refused, answered) = (Arc::<AtomicBool>::default(), Arc::default(), Arc::default());
        let (stopping, refusals, answers) = (Arc::clone(&stop), Arc::clone(&refused), Arc::clone(&answered));
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            alone().block_on(async {
                let _half_open = half_open(address).await;
                let _slow = slow_readers(address).await;
                ready.send(()).unwrap();
                let callers = (0..FLOODERS).map(|_| flood(address, &stopping, &refusals, &answers));
                futures_util::future::join_all(callers).await;
            });
        });
        is_ready.recv().unwrap();
        Self { stop, thread: Some(thread), refused, answered }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map(thread::JoinHandle::join);
    }
}

async fn mallory(address: std::net::SocketAddr) -> Visitor {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    Visitor::new(endpoint.connect().await.unwrap(), "agent:mallory")
}

async fn flood(address: std::net::SocketAddr, stop: &AtomicBool, refused: &AtomicU64, answered: &AtomicU64) {
    let mallory = mallory(address).await;
    let one = async || {
        while !stop.load(Ordering::Relaxed) {
            let count = if mallory.call(WORK, b"").await.is_ok() { answered } else { refused };
            count.fetch_add(1, Ordering::Relaxed);
        }
    };
    futures_util::future::join_all((0..IN_THE_AIR).map(|_| one())).await;
}

async fn half_open(address: std::net::SocketAddr) -> Vec<tokio::net::TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..HALF_OPEN {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
        streams.push(socket.connect(address).await.unwrap());
    }
    streams
}

/// Answers that nobody takes: the flow control of the connection holds them up.
async fn slow_readers(address: std::net::SocketAddr) -> Vec<Streaming<Vec<u8>>> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let narrow = endpoint.initial_stream_window_size(65_535).initial_connection_window_size(65_535);
    let channel = narrow.connect().await.unwrap();
    let mut held = Vec::new();
    // No one of them has more calls in hand than a person may.
    for number in 0..SLOW_READERS {
        let slow = Visitor::new(channel.clone(), &format!("agent:slow-{}", number / 4));
        held.push(slow.ask(LARGE, b"1000000").await.unwrap());
    }
    held
}

struct Figures {
    quiet: f64,
    flooded: f64,
    refused: u64,
    answered: u64,
}

/// What a caller's slowest calls take, quiet and flooded, with these limits.
fn measure(settings: &str, rounds: usize, calls: usize, is_flood: impl Fn(&Flood) -> bool) -> Figures {
    let server = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let house = server.block_on(House::open(settings));
    let runtime = alone();
    let site = runtime.block_on(house.caller("service:site"));
    p99(&runtime, &site, MEASURED, || false);
    let (mut quiet, mut flooded, mut refused, mut answered) = (Vec::new(), Vec::new(), 0, 0);
    for _ in 0..rounds {
        quiet.push(p99(&runtime, &site, MEASURED, || false));
        let flood = Flood::begin(house.address);
        // A refusal comes late, so a machine that measures quickly measures on until there were enough.
        flooded.push(p99(&runtime, &site, calls, || !is_flood(&flood)));
        refused += flood.refused.load(Ordering::Relaxed);
        answered += flood.answered.load(Ordering::Relaxed);
    }
    server.block_on(house.close());
    let (quiet, flooded) = (median(quiet), median(flooded));
    println!(
        "{settings:?}: p99 {quiet:.1} ms quiet, {flooded:.1} ms flooded ({:.1} times), {refused} refused, {answered} answered",
        flooded / quiet
    );
    Figures { quiet, flooded, refused, answered }
}

#[test]
fn another_caller_is_served_while_one_floods() {
    let generous = "person_calls_per_second = 100000\nperson_burst = 100000\nperson_calls_in_hand = 100000";
    let open = measure(&format!("[limits]\n{generous}"), 1, MEASURED_OPEN, |flood| {
        flood.answered.load(Ordering::Relaxed) > ANSWERED
    });
    assert!(open.refused == 0 && open.answered > ANSWERED, "nobody was held up: {} answered", open.answered);
    let mut told = Vec::new();
    for _ in 0..TRIES {
        let fenced = measure("", ROUNDS, MEASURED, |flood| flood.refused.load(Ordering::Relaxed) >= REFUSALS);
        assert!(fenced.refused > 500, "it was no flood: {} refused", fenced.refused);
        let most = (fenced.quiet * AT_MOST).max(NOISE_MS);
        assert!(open.flooded > most, "without limits too: the flood was too small to tell anything");
        if fenced.flooded <= most && open.flooded >= fenced.flooded * WITHOUT {
            return;
        }
        told.push(format!("{:.1} ms quiet, {:.1} ms flooded", fenced.quiet, fenced.flooded));
    }
    panic!("another caller's p99: {told:?}");
}
