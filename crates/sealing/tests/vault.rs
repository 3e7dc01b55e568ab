//! Keys wrapped by Vault's transit engine. No Vault can be had where these tests run: a small stand-in answers as its
//! API documents, with versions of a key, associated data, and a token.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ambient::{Clock, ManualClock, SystemIds};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sealing::{
    Error, KeyStore, MasterKey, MemoryKeyStore, Rotated, Sealer, VaultOptions, VaultTransit, Wrappers,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TOKEN: &str = "s.test";

#[derive(Default)]
struct StandIn {
    newest: AtomicU32,
    calls: AtomicU32,
}

/// What stands for encrypting: the place before the text, which decrypting compares.
async fn transit(
    State(vault): State<Arc<StandIn>>,
    Path((mount, verb, key)): Path<(String, String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    vault.calls.fetch_add(1, Ordering::SeqCst);
    if headers.get("X-Vault-Token").is_none_or(|token| token != TOKEN) {
        return (StatusCode::FORBIDDEN, Json(json!({"errors": ["permission denied"]})));
    }
    assert_eq!((mount.as_str(), key.as_str()), ("transit", "casetrail"));
    let place = body["associated_data"].as_str().unwrap().to_owned();
    if verb == "encrypt" {
        let version = vault.newest.load(Ordering::SeqCst) + 1;
        let sealed = STANDARD.encode(format!("{place}|{}", body["plaintext"].as_str().unwrap()));
        let data = json!({"ciphertext": format!("vault:v{version}:{sealed}"), "key_version": version});
        return (StatusCode::OK, Json(json!({ "data": data })));
    }
    let sealed = body["ciphertext"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let text = String::from_utf8(STANDARD.decode(sealed).unwrap()).unwrap();
    match text.split_once('|') {
        Some((bound, plaintext)) if bound == place => {
            (StatusCode::OK, Json(json!({"data": {"plaintext": plaintext}})))
        }
        _ => (StatusCode::BAD_REQUEST, Json(json!({"errors": ["message authentication failed"]}))),
    }
}

struct Running {
    vault: Arc<StandIn>,
    address: String,
    token_file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Running {
    async fn start() -> Self {
        let vault = Arc::new(StandIn::default());
        let routes = Router::new().route("/v1/{mount}/{verb}/{key}", post(transit));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = axum::serve(listener, routes.with_state(Arc::clone(&vault)));
        #[expect(clippy::disallowed_methods, reason = "the stand-in ends with the test")]
        tokio::spawn(async move { serving.await.unwrap() });
        let folder = tempfile::tempdir().unwrap();
        let token_file = folder.path().join("token");
        std::fs::write(&token_file, format!("{TOKEN}\n")).unwrap();
        Self { vault, address, token_file, _folder: folder }
    }

    fn options(&self) -> VaultOptions {
        VaultOptions {
            address: self.address.clone(),
            mount: "transit".to_owned(),
            key: "casetrail".to_owned(),
            token_file: self.token_file.clone(),
            ca_file: None,
        }
    }

    fn wrappers(&self) -> Wrappers {
        Wrappers::new(Arc::new(VaultTransit::new(self.options()).unwrap()))
    }
}

fn sealer(store: &Arc<dyn KeyStore>, wrappers: Wrappers) -> Sealer {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_second(1_800_000_000).unwrap()));
    Sealer::new(Arc::clone(store), wrappers, clock, Arc::new(SystemIds))
}

fn memory() -> Arc<dyn KeyStore> {
    Arc::new(MemoryKeyStore::new())
}

#[tokio::test]
async fn a_key_lives_in_vaults_hands_and_is_asked_for_once_while_it_is_cached() {
    let (running, store) = (Running::start().await, memory());
    let made = sealer(&store, running.wrappers()).seal_key("NB", "p").await.unwrap();
    let other = sealer(&store, running.wrappers());
    let before = running.vault.calls.load(Ordering::SeqCst);
    for _ in 0..10 {
        assert_eq!(other.open_key(made.id()).await.unwrap().unwrap().id(), made.id());
    }
    assert_eq!(running.vault.calls.load(Ordering::SeqCst), before + 1);
    let record = store.find("NB", "p").await.unwrap().unwrap();
    assert_eq!(record.wrapped.unwrap().wrapped_by, "vault:transit/casetrail:v1");
}

#[tokio::test]
async fn vault_takes_over_from_a_file_and_a_new_version_of_its_key_from_the_old() {
    let (running, store) = (Running::start().await, memory());
    let file = || MasterKey::from_bytes([7; 32]);
    for player in ["p", "q"] {
        sealer(&store, file().into()).seal_key("NB", player).await.unwrap();
    }
    let both = sealer(&store, running.wrappers().and_earlier(Arc::new(file())));
    assert_eq!(both.rotate().await.unwrap(), Rotated { wrapped_anew: 2, already: 0 });
    assert_eq!(both.rotate().await.unwrap(), Rotated { wrapped_anew: 0, already: 2 });
    running.vault.newest.store(1, Ordering::SeqCst);
    let alone = sealer(&store, running.wrappers());
    assert_eq!(alone.rotate().await.unwrap(), Rotated { wrapped_anew: 2, already: 0 });
    let record = store.find("NB", "p").await.unwrap().unwrap();
    assert_eq!(record.wrapped.unwrap().wrapped_by, "vault:transit/casetrail:v2");
    assert!(alone.seal_key("NB", "p").await.is_ok());
}

#[tokio::test]
async fn a_key_that_was_moved_to_another_player_does_not_unwrap() {
    let (running, donor, store) = (Running::start().await, memory(), memory());
    sealer(&donor, running.wrappers()).seal_key("NB", "p").await.unwrap();
    let mut stolen = donor.find("NB", "p").await.unwrap().unwrap();
    "q".clone_into(&mut stolen.player);
    store.insert_if_absent(stolen).await.unwrap();
    let refused = sealer(&store, running.wrappers()).seal_key("NB", "q").await;
    assert!(matches!(refused, Err(Error::Corrupt(_))), "{refused:?}");
}

#[tokio::test]
async fn a_vault_that_is_away_or_says_no_is_waited_for() {
    let (running, store) = (Running::start().await, memory());
    std::fs::write(&running.token_file, "s.expired").unwrap();
    let refused = sealer(&store, running.wrappers()).seal_key("NB", "p").await.unwrap_err();
    assert!(matches!(&refused, Error::Unavailable(why) if why.contains("403")), "{refused}");
    assert!(!refused.to_string().contains("s.expired"), "{refused}");
    let nobody = VaultOptions { address: "http://127.0.0.1:1".to_owned(), ..running.options() };
    let away = Wrappers::new(Arc::new(VaultTransit::new(nobody).unwrap()));
    let refused = sealer(&store, away).seal_key("NB", "p").await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn an_address_in_plaintext_elsewhere_or_an_empty_name_is_refused() {
    let running = Running::start().await;
    for wrong in [
        VaultOptions { address: "http://vault.example:8200".to_owned(), ..running.options() },
        VaultOptions { address: String::new(), ..running.options() },
        VaultOptions { key: String::new(), ..running.options() },
        VaultOptions { mount: "a b".to_owned(), ..running.options() },
    ] {
        assert!(matches!(VaultTransit::new(wrong), Err(Error::MasterKey { .. })));
    }
}
