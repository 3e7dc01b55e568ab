//! Doing to the set what the plan says.

use std::path::Path;
use std::time::{Duration, Instant};

use scratch::Postgres;
use sqlx::{Connection, PgConnection};

use crate::plan::{Fault, Kind, Victim};
use crate::proxy::{Mode, Proxy, pause};
use crate::rig::Rig;
use crate::up::signal;

/// How often it is looked for backends that append.
const LOOK: Duration = Duration::from_millis(10);

/// Ends every backend that is just appending or committing.
const TERMINATE: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND state <> 'idle'
      AND (query ILIKE '%log.append%' OR query ILIKE 'commit%')";

/// Does it, and undoes it when its time is over. Returns how often it hit somebody.
pub(crate) async fn inject(rig: &Rig, fault: &Fault) -> u64 {
    match (fault.victim, fault.kind) {
        (Victim::Process(name), Kind::Killed) => {
            signal("KILL", rig.pid(name).await);
            1
        }
        (Victim::Process(name), _) => {
            let pid = rig.pid(name).await;
            signal("STOP", pid);
            pause(fault.lasts).await;
            signal("CONT", pid);
            1
        }
        (Victim::Postgres, Kind::Crashed) => crash(&mut *rig.postgres.lock().await, fault.lasts).await,
        (Victim::Postgres, Kind::BackendsTerminated) => terminate(&rig.database, fault.lasts).await,
        (Victim::Nats, Kind::Killed | Kind::Wiped | Kind::Older) => kill(rig, fault.kind, fault.lasts).await,
        (Victim::Postgres, kind) => spoil(&rig.to_postgres, kind, fault.lasts).await,
        (Victim::Nats, kind) => spoil(&rig.to_nats, kind, fault.lasts).await,
        (Victim::Callers, kind) => spoil(&rig.to_services, kind, fault.lasts).await,
    }
}

async fn crash(postgres: &mut Postgres, lasts: Duration) -> u64 {
    postgres.crash().await.unwrap();
    pause(lasts).await;
    postgres.start_again().await.unwrap();
    1
}

/// Kills NATS, does to its folder what is asked, and starts it again.
async fn kill(rig: &Rig, kind: Kind, lasts: Duration) -> u64 {
    let mut nats = rig.nats.lock().await;
    nats.kill().await.unwrap();
    let (store, kept) = (nats.store(), rig.kept.path().join("nats"));
    match kind {
        Kind::Wiped => std::fs::remove_dir_all(&store).unwrap(),
        // Before the first time it has nothing to be set back to, and is wiped.
        Kind::Older => {
            std::fs::remove_dir_all(&store).unwrap();
            if kept.is_dir() {
                copy(&kept, &store);
            }
        }
        _ => {
            let _ = std::fs::remove_dir_all(&kept);
            copy(&store, &kept);
        }
    }
    pause(lasts).await;
    nats.start_again().await.unwrap();
    1
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

async fn terminate(database: &str, lasts: Duration) -> u64 {
    let began = Instant::now();
    let mut admin = PgConnection::connect(database).await.unwrap();
    let mut hits = 0;
    while began.elapsed() < lasts {
        let hit: i64 = sqlx::query_scalar(TERMINATE).fetch_one(&mut admin).await.unwrap();
        hits += u64::try_from(hit).unwrap();
        // A backend that was ended takes a moment to be gone, and its service one to come back.
        pause(if hit > 0 { LOOK * 10 } else { LOOK }).await;
    }
    admin.close().await.unwrap();
    hits
}

async fn spoil(proxy: &Proxy, kind: Kind, lasts: Duration) -> u64 {
    let (mode, before) = match kind {
        Kind::AnswersLost => (Mode::AnswersLost, proxy.spoilt()),
        Kind::Silent => (Mode::Silent, proxy.spoilt()),
        Kind::Slow => (Mode::Slow, proxy.spoilt()),
        _ => (Mode::Refused, proxy.spoilt()),
    };
    proxy.set(mode);
    // Long enough for every connection to see it.
    pause(lasts.max(Duration::from_millis(50))).await;
    proxy.set(Mode::Pass);
    match mode {
        // Nobody is hit in a way that the proxy could count.
        Mode::Silent | Mode::Slow => 1,
        _ => proxy.spoilt() - before,
    }
}
