//! How many connections a pool has, and how many of them lie idle.

use std::sync::Weak;

use opentelemetry::{KeyValue, global};
use sqlx::{Database, Pool};

/// What is told of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Open, at work or idle.
    pub open: u64,
    /// Idle.
    pub idle: u64,
    /// As many as there may be.
    pub most: u64,
}

impl Connections {
    /// Of a pool, now.
    pub fn of<D: Database>(pool: &Pool<D>) -> Self {
        Self {
            open: pool.size().into(),
            idle: pool.num_idle() as u64,
            most: pool.options().get_max_connections().into(),
        }
    }
}

/// Reports a pool's connections whenever metrics are read, for as long as `owner` is there: whoever reads metrics
/// must not keep a pool open. `name` tells pools apart.
pub fn observe_connections<T: Send + Sync + 'static>(
    name: String,
    system: &'static str,
    owner: Weak<T>,
    look: impl Fn(&T) -> Connections + Clone + Send + Sync + 'static,
) {
    let labels = move |state: Option<&'static str>| {
        let mut labels = vec![
            KeyValue::new("db.system.name", system),
            KeyValue::new("db.client.connection.pool.name", name.clone()),
        ];
        labels.extend(state.map(|state| KeyValue::new("db.client.connection.state", state)));
        labels
    };
    let (meter, again, same) = (global::meter("casetrail"), owner.clone(), look.clone());
    let as_before = labels.clone();
    meter
        .u64_observable_gauge("db.client.connection.count")
        .with_unit("{connection}")
        .with_description("Connections of a pool, by whether they are at work.")
        .with_callback(move |observer| {
            let Some(owner) = owner.upgrade() else { return };
            let Connections { open, idle, .. } = look(&owner);
            observer.observe(idle, &labels(Some("idle")));
            observer.observe(open.saturating_sub(idle), &labels(Some("used")));
        })
        .build();
    meter
        .u64_observable_gauge("db.client.connection.max")
        .with_unit("{connection}")
        .with_description("Connections that a pool may have.")
        .with_callback(move |observer| {
            let Some(owner) = again.upgrade() else { return };
            observer.observe(same(&owner).most, &as_before(None));
        })
        .build();
}
