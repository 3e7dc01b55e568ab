//! The disk of Postgres is full: commands fail and say that they may be sent again, what was answered is there, cases
//! can be read, and once there is room everything goes on without a new start.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Command;

use contracts::history::v1::GetCaseRequest;
use scratch::{Nats, Postgres};
use tempfile::TempDir;
use tonic::Code;

use crate::people::{ask, auditor, rasmus};
use crate::requests;
use crate::up::{Up, insist, program};
use crate::withdrawal::stage;

/// Room for a new Postgres and a few thousand facts, and little more.
const SIZE: &str = "size=300m";
/// A page of a table has room for some ten facts, so a few commands fit on a full disk; so many never do.
const NEVER_FIT: usize = 2_000;

/// A file system of its own, in memory.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Nobody but root may mount one.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(folder.path());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }

    /// Takes all room that is left.
    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let block = vec![0; 64 * 1024];
        for size in [block.len(), 4_096, 1] {
            let full = loop {
                if let Err(error) = ballast.write_all(&block[..size]) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a failing test's Postgres may still be in it.
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_commands_and_loses_none_that_was_answered() {
    let Some(disk) = SmallDisk::mount() else {
        assert!(
            std::env::var_os("CASETRAIL_TEST_NO_MOUNT").is_some(),
            "only root may mount a file system, where its container lets it; CASETRAIL_TEST_NO_MOUNT=1 leaves this out"
        );
        return;
    };
    let (postgres, nats) = (Postgres::start_in(disk.0.path()).await.unwrap(), Nats::start().await.unwrap());
    let up = Up::start(&postgres.url("postgres"), &nats.url(), "case", 1, &[]);
    let stage = stage(&up).await;
    let open = async |request_id: String| {
        stage.intake().open_case(ask(&rasmus(), requests::open_case(request_id))).await
    };

    let before = stage.new_id();
    let opened = open(before.clone()).await.unwrap().into_inner().case.unwrap();
    let mut answered = vec![(before, opened.number)];
    disk.fill();
    let (refused, status) = loop {
        let request_id = stage.new_id();
        match open(request_id.clone()).await {
            Ok(answer) => answered.push((request_id, answer.into_inner().case.unwrap().number)),
            Err(status) => break (request_id, status),
        }
        assert!(answered.len() < NEVER_FIT, "the disk is full, and commands are answered all the same");
    };
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    let readable = async |number: &str| {
        let request = GetCaseRequest { case: number.to_owned(), as_of: None };
        stage.history().get_case(ask(&auditor(), request)).await
    };
    for (_, number) in &answered {
        readable(number).await.expect("what was answered can be read from a full disk");
    }
    let (ready, said) = up.readiness("intake").await.unwrap();
    assert_eq!(ready, 200, "Postgres answers, so nothing is taken out of the balancers: {said}");

    disk.make_room();
    let again = insist("OpenCase", async || open(refused.clone()).await).await.case.unwrap();
    for (request_id, number) in &answered {
        let repeated = open(request_id.clone()).await.unwrap().into_inner().case.unwrap();
        assert_eq!(repeated.number, *number, "the same command has the same answer");
        assert_ne!(again.number, *number);
        readable(number).await.unwrap();
    }
    let verify = ["verify", "--all", "--postgres", &postgres.url("postgres")];
    let verified = Command::new(program("casetrail")).args(verify).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    assert!(up.stop());
}
