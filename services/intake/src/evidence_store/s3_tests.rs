//! The same store in a bucket, over a server that speaks as S3 does.

use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use scratch::Aws;

use super::*;

/// A server with a bucket.
async fn server() -> Aws {
    let server = Aws::start().await.unwrap();
    let client = outbound::loopback_client(Duration::from_secs(20)).unwrap();
    let made = client.put(format!("{}/evidence", server.url())).send().await.unwrap();
    assert!(made.status().is_success(), "{made:?}");
    server
}

#[tokio::test]
async fn files_and_uploads_lie_in_a_bucket_as_they_lie_in_a_folder() {
    let server = server().await;
    let location = format!("s3://evidence/casetrail?region=eu-north-1&endpoint={}/", server.url());
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
    let failure = kept.store.put(&key, tests::CASE, id, Part::Content, "ab", content).await.unwrap_err();
    assert_eq!(failure.reason(), "UNAVAILABLE");
}
