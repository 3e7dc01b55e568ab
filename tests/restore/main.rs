//! The database is lost, and comes back from a backup: by `pg_dump`, or to a moment from a base backup and the
//! archived log. NATS is empty then, or it knows more than the log. What docs/operations/backup-and-restore.md
//! tells an operator to do is done here.
//!
//! - `site`: where a system lives that can be lost, and moved to another server.
//! - `dumped`: restored from a dump. `moment`: restored to a moment.

#![cfg(test)]

#[path = "../journey/read_models/answers.rs"]
#[expect(dead_code, reason = "the journey's tests ask for more")]
mod answers;
#[path = "../journey/case_watch.rs"]
mod case_watch;
#[path = "../journey/people.rs"]
#[expect(dead_code, reason = "others ask for more people")]
mod people;
#[path = "../journey/refusal.rs"]
#[expect(dead_code, reason = "the journey's tests ask for more")]
mod refusal;
#[path = "../journey/requests.rs"]
#[expect(dead_code, reason = "the journey's tests ask for more")]
mod requests;
#[path = "../journey/scene.rs"]
#[expect(dead_code, reason = "the journey's tests ask for more")]
mod scene;
#[path = "../processes/up.rs"]
#[expect(dead_code, reason = "the tests of processes do more to them")]
mod up;

mod dumped;
mod moment;
mod site;
