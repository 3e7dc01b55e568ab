//! Keys from a URL: a fixed one, asked seldom, over a connection that nobody can change.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use access::mint::{Mint, Wish};
use access::{Algorithm, Keys, KeysError, Place, Refused, Role, Rules, Verifier, mint};
use ambient::{Clock, Ids, ManualClock, SystemIds};
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Serves `body` to everybody, and counts them.
async fn publish(body: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("test data");
    let url = format!("http://{}/jwks.json", listener.local_addr().expect("test data"));
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let serve = async move {
        loop {
            let (mut socket, _) = listener.accept().await.expect("test data");
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
        }
    };
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    drop(tokio::spawn(serve));
    (url, asked)
}

fn rules() -> Rules {
    Rules {
        issuer: mint::ISSUER.to_owned(),
        audience: mint::AUDIENCE.to_owned(),
        algorithms: vec![Algorithm::EdDsa],
        leeway: SignedDuration::from_secs(5),
        second_factor: vec![mint::SECOND_FACTOR.to_owned()],
        development_keys: true,
    }
}

fn wish() -> Wish {
    Wish {
        subject: "mette".to_owned(),
        roles: vec![Role::Agent],
        teams: vec!["general".to_owned()],
        brands: vec!["NB".to_owned()],
        acr: None,
        lifetime: SignedDuration::from_hours(1),
    }
}

#[tokio::test]
async fn a_flood_of_unknown_keys_asks_the_publisher_once_in_a_while() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [ours, strangers] = folders.each_ref().map(|at| Mint::open_or_create(at.path(), &SystemIds).unwrap());
    let (url, asked) = publish(std::fs::read_to_string(ours.jwks()).unwrap()).await;
    let manual = ManualClock::new(Timestamp::from_second(1_795_650_000).unwrap());
    let clock: Arc<dyn Clock> = Arc::new(manual.clone());
    let keys = Keys::open(Place::read(&url), Arc::clone(&clock)).await.unwrap();
    let verifier = Verifier::new(rules(), keys, Arc::clone(&clock));
    assert!(verifier.verify(&ours.token(&wish(), clock.now())).await.is_ok());
    manual.advance(Duration::from_secs(31));
    for _ in 0..50 {
        let forged = strangers.token(&wish(), clock.now());
        assert_eq!(verifier.verify(&forged).await, Err(Refused::Untrusted));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "once at the start, once for all the unknown ones");
    assert!(verifier.verify(&ours.token(&wish(), clock.now())).await.is_ok());
}

#[tokio::test]
async fn keys_that_anybody_could_change_or_that_are_none_are_refused() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let open = async |place: &str| Keys::open(Place::read(place), Arc::clone(&clock)).await.err().unwrap();
    for url in ["http://id.example/jwks", "http://127.0.0.1.evil.example/", "ftp://127.0.0.1/", "://"] {
        assert!(matches!(open(url).await, KeysError::Plain(_)), "{url}");
    }
    let (url, _) = publish("<html>".to_owned()).await;
    assert!(matches!(open(&url).await, KeysError::Set(..)));
    let (url, _) = publish("x".repeat(300_000)).await;
    assert!(open(&url).await.to_string().contains("262144"));
    assert!(matches!(open("/nonexistent/jwks.json").await, KeysError::File(..)));
}

#[test]
fn a_development_key_is_made_once_and_only_its_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let ids: &dyn Ids = &SystemIds;
    let first = Mint::open_or_create(folder.path(), ids).unwrap();
    let set = std::fs::read_to_string(first.jwks()).unwrap();
    let again = Mint::open_or_create(folder.path(), ids).unwrap();
    assert_eq!(set, std::fs::read_to_string(again.jwks()).unwrap());
    assert!(set.contains(mint::KEY_PREFIX));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = folder.path().join("development-signing.key").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
