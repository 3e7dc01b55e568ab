//! The limit of what comes through gRPC: a bare server that says the same each time, asked by as many callers.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// How long it is asked.
const LASTING: Duration = Duration::from_secs(3);

/// Answers a second.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are exact in a float")]
pub(super) async fn per_second(callers: usize) -> anyhow::Result<f64> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (_reporter, service) = tonic_health::server::health_reporter();
    let mut tasks = JoinSet::new();
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tasks.spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
    let channel = Channel::from_shared(format!("http://{address}"))?.connect().await?;
    let (mut asking, started) = (JoinSet::new(), Instant::now());
    for _ in 0..callers {
        let mut client = HealthClient::new(channel.clone());
        asking.spawn(async move {
            let mut answers = 0_u64;
            while started.elapsed() < LASTING {
                client.check(HealthCheckRequest { service: String::new() }).await?;
                answers += 1;
            }
            Ok::<u64, tonic::Status>(answers)
        });
    }
    let mut answers = 0;
    while let Some(asked) = asking.join_next().await {
        answers += asked??;
    }
    Ok(answers as f64 / started.elapsed().as_secs_f64())
}
