//! Throw-away servers keep their contents and their port when they are stopped, crash, and start again.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use scratch::{Nats, Postgres};
use sqlx::{Connection, PgConnection};

async fn ask(url: &str, question: &'static str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn a_postgres_keeps_what_was_committed_through_a_stop_and_a_crash() {
    let mut postgres = Postgres::start().await.unwrap();
    let url = postgres.url("postgres");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE kept (n BIGINT); INSERT INTO kept VALUES (7)")
        .execute(&mut connection)
        .await
        .unwrap();
    postgres.stop().await.unwrap();
    assert!(PgConnection::connect(&url).await.is_err());
    postgres.start_again().await.unwrap();
    assert_eq!(ask(&url, "SELECT n FROM kept").await, 7);
    postgres.crash().await.unwrap();
    postgres.start_again().await.unwrap();
    assert_eq!(ask(&url, "SELECT n FROM kept").await, 7);
}

#[tokio::test]
async fn a_nats_server_keeps_its_streams_through_a_kill() {
    let mut nats = Nats::start().await.unwrap();
    let streams = async |url: String| {
        let client = async_nats::connect(url).await.unwrap();
        async_nats::jetstream::new(client)
    };
    let config = async_nats::jetstream::stream::Config { name: "KEPT".to_owned(), ..Default::default() };
    streams(nats.url()).await.create_stream(config).await.unwrap();
    nats.kill().await.unwrap();
    nats.start_again().await.unwrap();
    streams(nats.url()).await.get_stream("KEPT").await.unwrap();
}
