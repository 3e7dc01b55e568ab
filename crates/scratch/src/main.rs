//! Runs a throw-away Postgres and nats-server until its input ends, and prints by which variables tests
//! find them. `cargo xtask test` runs this once for all tests; by hand: `cargo run -p scratch`.

use std::process::ExitCode;

use scratch::shared::{NATS_VARIABLE, POSTGRES_VARIABLE};
use scratch::{Nats, Postgres};
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), scratch::Error> {
    let (mut postgres, mut nats) = (Postgres::start().await?, Nats::start().await?);
    println!("{POSTGRES_VARIABLE}={}\n{NATS_VARIABLE}={}\nready", postgres.url("postgres"), nats.url());
    let mut ignored = Vec::new();
    let _ = tokio::io::stdin().read_to_end(&mut ignored).await;
    nats.stop().await?;
    postgres.stop().await
}
