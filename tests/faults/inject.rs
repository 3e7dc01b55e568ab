//! Doing to the set what the plan says.

use std::time::{Duration, Instant};

use scratch::{Nats, Postgres};
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
      AND (query ILIKE '%append_batch%' OR query ILIKE 'commit%')";

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
        (Victim::Nats, Kind::Killed) => kill(&mut *rig.nats.lock().await, fault.lasts, false).await,
        (Victim::Nats, Kind::Wiped) => kill(&mut *rig.nats.lock().await, fault.lasts, true).await,
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

async fn kill(nats: &mut Nats, lasts: Duration, wiped: bool) -> u64 {
    nats.kill().await.unwrap();
    if wiped {
        std::fs::remove_dir_all(nats.store()).unwrap();
    }
    pause(lasts).await;
    nats.start_again().await.unwrap();
    1
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
