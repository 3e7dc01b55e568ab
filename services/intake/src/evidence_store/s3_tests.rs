//! The same store in a bucket, over a server that speaks as S3 does.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use object_store::aws::AmazonS3Builder;

use super::*;

/// Names the Python that `cargo xtask test` has installed the server into.
const PYTHON_VARIABLE: &str = "CASETRAIL_TEST_PYTHON";

/// A server; killed when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    async fn start() -> Self {
        let python = std::env::var(PYTHON_VARIABLE).unwrap_or_else(|_| {
            panic!("{PYTHON_VARIABLE} must name a Python with moto; `cargo xtask test` has one")
        });
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { child, port };
        let made = async {
            let client = outbound::loopback_client(Duration::from_secs(20)).unwrap();
            while !client
                .put(server.url("evidence"))
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), made).await.expect("the server makes a bucket");
        server
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already, perhaps: both calls then do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn files_and_uploads_lie_in_a_bucket_as_they_lie_in_a_folder() {
    let server = Server::start().await;
    let location = format!("s3://evidence/casetrail?region=eu-north-1&endpoint={}", server.url(""));
    let keys = AmazonS3Builder::new().with_access_key_id("test").with_secret_access_key("test");
    let mut kept = tests::Kept::with(|_| {});
    kept.store.files = s3::open_with(keys, &location).unwrap();
    let key = kept.key_of("p-1").await;
    let content: Vec<u8> = b"SECRET".repeat(100_000);
    kept.put(tests::FILE, "ab", &content).await;
    assert_eq!(kept.read(&key, "ab").await.unwrap(), content);
    // It is there already, and stays as it is.
    kept.put(tests::FILE, "ab", b"another").await;
    assert_eq!(kept.read(&key, "ab").await.unwrap(), content);
    assert_eq!(kept.store.listed(&Place::from(key.id())).await.unwrap().len(), 1);

    let id = Uuid::from_u128(2);
    let mut upload = Upload::resume(&kept.store, &key, tests::CASE, id, 0).await.unwrap();
    upload.push(&content[..300_000]).await.unwrap();
    drop(upload);
    assert_eq!(kept.store.next_offset(&key, id).await.unwrap(), 300_000);
    let mut upload = Upload::resume(&kept.store, &key, tests::CASE, id, 300_000).await.unwrap();
    upload.push(&content[300_000..]).await.unwrap();
    assert_eq!(upload.content(), content);
    kept.clock.advance(Duration::from_hours(24));
    assert_eq!(kept.store.remove_old().await.unwrap(), 1);
    assert_eq!(kept.store.next_offset(&key, id).await.unwrap(), 0);

    // Nothing is taken for stored while the bucket is away.
    drop(server);
    let failure = kept.store.put(&key, tests::CASE, id, "ab", content).await.unwrap_err();
    assert_eq!(failure.reason(), "UNAVAILABLE");
}
