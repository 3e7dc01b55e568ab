//! A webhook's receiver: a real HTTP server that a test tells what to answer.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;

use super::world::PATIENCE;

/// Something that takes webhooks, answers as told, and remembers them.
pub(crate) struct Receiver {
    /// Its address.
    pub(crate) url: String,
    /// What arrived: webhook-id and body.
    pub(crate) arrived: tokio::sync::mpsc::UnboundedReceiver<(String, serde_json::Value)>,
    status: Arc<std::sync::atomic::AtomicU16>,
    _server: tokio::task::JoinSet<()>,
}

impl Receiver {
    /// Answers with `status`; 0 for no answer at all.
    pub(crate) async fn start(status: u16) -> Result<Self> {
        use axum::http::{HeaderMap, StatusCode};
        let status = Arc::new(std::sync::atomic::AtomicU16::new(status));
        let (sender, arrived) = tokio::sync::mpsc::unbounded_channel();
        let answer = Arc::clone(&status);
        let take = move |headers: HeaderMap, body: axum::Json<serde_json::Value>| async move {
            let id = headers["webhook-id"].to_str().expect("an id").to_owned();
            sender.send((id, body.0)).expect("the test listens");
            if answer.load(std::sync::atomic::Ordering::SeqCst) == 0 {
                std::future::pending::<()>().await;
            }
            StatusCode::from_u16(answer.load(std::sync::atomic::Ordering::SeqCst)).expect("a status")
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let router = axum::Router::new().route("/", axum::routing::post(take));
        let mut server = tokio::task::JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Ok(Self { url, arrived, status, _server: server })
    }

    pub(crate) fn answer_with(&self, status: u16) {
        self.status.store(status, std::sync::atomic::Ordering::SeqCst);
    }

    /// The next webhook to arrive.
    pub(crate) async fn next(&mut self) -> Result<(String, serde_json::Value)> {
        tokio::time::timeout(PATIENCE, self.arrived.recv()).await?.context("no webhook came")
    }

    /// Nothing more has arrived.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.arrived.try_recv().is_err()
    }

    /// A configuration in which players are reached through it.
    pub(crate) fn as_player_webhook(&self) -> String {
        format!(
            "[notifications.brands.NB]\nfrom = 'NB <support@nb.example>'\n\
             [notifications.brands.NB.player_webhook]\nurl = '{}'\nallow_http = true\n\
             secret = 'whsec_bXktdmVyeS1sb25nLXdlYmhvb2stc2VjcmV0ISEh'\n",
            self.url
        )
    }
}
