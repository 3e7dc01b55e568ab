//! A client-side balancer over the replicas of one service, which takes those that say that they serve: each is
//! watched over `grpc.health.v1`, as a client does whose service config names a health check.

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tonic::transport::channel::Change;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::fleet::Replica;

/// A channel over all replicas that it was told of.
pub(crate) struct Balanced {
    pub(crate) channel: Channel,
    changes: mpsc::Sender<Change<String, Endpoint>>,
    watchers: JoinSet<()>,
}

impl Balanced {
    pub(crate) fn new() -> Self {
        let (channel, changes) = Channel::balance_channel(16);
        Self { channel, changes, watchers: JoinSet::new() }
    }

    /// Adds a replica, and returns when calls go to it too: it is left out again as soon as it says that it no
    /// longer serves, or is gone.
    pub(crate) async fn add(&mut self, replica: &Replica) {
        let endpoint = Endpoint::from_shared(format!("http://{}", replica.grpc)).unwrap();
        let (name, changes) = (replica.name.clone(), self.changes.clone());
        let (taken, mut is_taken) = watch::channel(false);
        self.watchers.spawn(async move {
            let asked = HealthCheckRequest { service: String::new() };
            let mut health = HealthClient::new(endpoint.connect().await.unwrap());
            let mut answers = health.watch(asked).await.unwrap().into_inner();
            while let Ok(Some(answer)) = answers.message().await {
                let change = match answer.status() {
                    ServingStatus::Serving => Change::Insert(name.clone(), endpoint.clone()),
                    _ => Change::Remove(name.clone()),
                };
                changes.send(change).await.unwrap();
                taken.send_replace(answer.status() == ServingStatus::Serving);
            }
            changes.send(Change::Remove(name)).await.unwrap();
        });
        is_taken.wait_for(|taken| *taken).await.unwrap();
    }
}
