//! `docs/clients.md`, run as it stands there: what a reader copies works. Only addresses are exchanged, because a
//! test has its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use scratch::shared::SharedNats;

use crate::up::{Up, eventually, program};

const PAGE: &str = include_str!("../../docs/clients.md");

/// Names the Python that has the page's packages; `cargo xtask test` does.
const PYTHON_VARIABLE: &str = "CASETRAIL_TEST_PYTHON";
/// Names `buf`, where it is not on PATH; `cargo xtask test` does.
const BUF_VARIABLE: &str = "CASETRAIL_TEST_BUF";

/// The page's examples: the file that each is to be written to, and its text.
fn examples() -> Vec<(&'static str, &'static str)> {
    let marked = PAGE.split("<!-- run: ").skip(1);
    let read = |part: &'static str| {
        let (file, rest) = part.split_once(" -->\n```").unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        (file, rest.split_once("\n```").unwrap().0)
    };
    marked.map(read).collect()
}

/// A folder with the artefacts and the examples in it, as a reader has them.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn with(up: &Up, nats: &SharedNats) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let written =
            Command::new(program("casetrail")).args(["artefacts", "--out"]).arg(folder.path()).status();
        assert!(written.unwrap().success());
        let exchanged = [
            ("127.0.0.1:7700", up.ready.grpc.clone()),
            ("nats://127.0.0.1:4222", nats.url.clone()),
            ("\"CASE_0\"", format!("\"{}_0\"", nats.prefix.to_uppercase())),
            ("\"case.0.", format!("\"{}.0.", nats.prefix)),
        ];
        let mut met = [false; 4];
        for (file, text) in examples() {
            let mut text = text.to_owned();
            for (met, (theirs, ours)) in met.iter_mut().zip(&exchanged) {
                *met |= text.contains(theirs);
                text = text.replace(theirs, ours);
            }
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        assert_eq!(met, [true; 4], "the page names other addresses than are exchanged here: {exchanged:?}");
        Self { folder }
    }

    fn run(&self, command: &mut Command) -> String {
        let Output { status, stdout, stderr } = command.current_dir(self.folder.path()).output().unwrap();
        let (said, told) =
            (String::from_utf8(stdout).unwrap(), String::from_utf8_lossy(&stderr).into_owned());
        assert!(status.success(), "{command:?}: {said}{told}");
        said
    }

    fn shell(&self, file: &str) -> String {
        let buf = std::env::var_os(BUF_VARIABLE).map(PathBuf::from);
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        if let Some(folder) = buf.as_deref().and_then(Path::parent).filter(|folder| folder.is_absolute()) {
            path =
                std::env::join_paths(std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path)))
                    .unwrap();
        }
        self.run(Command::new("sh").args(["-e", file]).env("PATH", path))
    }

    fn python(&self, file: &str, arguments: &[&str]) -> String {
        let python = std::env::var_os(PYTHON_VARIABLE)
            .unwrap_or_else(|| panic!("{PYTHON_VARIABLE} is not set: run `cargo xtask test`"));
        self.run(Command::new(python).arg(file).args(arguments))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_page_about_clients_works() {
    let (up, database, nats) = Up::on_shared_servers(1, &[]).await;
    let desk = Desk::with(&up, &nats);

    let opened: serde_json::Value = serde_json::from_str(&desk.shell("first_call.sh")).unwrap();
    let number = opened["case"]["number"].as_str().unwrap();
    assert!(desk.shell("described_call.sh").contains(number));

    let said = desk.python("first_call.py", &[]);
    let [opened, again, wrong] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
    assert!(opened.starts_with("opened NB-") && !opened.contains(number), "{said}");
    assert_eq!(again, "the same case");
    assert!(
        wrong.starts_with("INVALID_ARGUMENT INVALID_ARGUMENT [") && wrong.contains("'request_id'"),
        "{said}"
    );

    let watched = desk.python("watch.py", &[number]);
    let versions: Vec<&str> = watched.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(versions, ["1", "2", "3"], "{watched}");
    assert!(watched.starts_with("1 intake.case_opened"), "{watched}");

    // Each run begins where the one before ended, also where JetStream has forgotten it.
    let seen = std::sync::Mutex::new(Vec::new());
    eventually("both cases are heard of", async || {
        let said = desk.python("subscribe.py", &[]);
        let mut seen = seen.lock().unwrap();
        seen.extend(said.lines().map(str::to_owned));
        (seen.len() >= 2).then_some(())
    })
    .await;
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(
        seen.iter().all(|line| line.starts_with("intake.case_opened ") && line.ends_with(" chat")),
        "{seen:?}"
    );
    assert_eq!(desk.python("subscribe.py", &[]), "");
    let client = async_nats::connect(&nats.url).await.unwrap();
    let stream = format!("{}_0", nats.prefix.to_uppercase());
    let stream = async_nats::jetstream::new(client).get_stream(stream).await.unwrap();
    assert!(stream.delete_consumer("reporting").await.unwrap().success);
    assert_eq!(desk.python("subscribe.py", &[]), "");

    assert!(up.stop());
    database.drop().await.unwrap();
}
