//! Tokens: bytes that nobody signed are never believed; signed claims only if a plain reading of them agrees
//! that they are whose, for whom and from when until when they must be.

use std::sync::{Arc, OnceLock};

use access::{Algorithm, Jwks, Keys, Place, Rules, Verifier};
use ambient::{Clock, ManualClock};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
/// The same, as JSON has it.
const SECONDS: f64 = 1_800_000_000.0;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "casetrail";

struct World {
    runtime: tokio::runtime::Runtime,
    pair: Ed25519KeyPair,
    verifier: Verifier,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed is 32 bytes");
        let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "k",
            "x": URL_SAFE_NO_PAD.encode(pair.public_key())}]});
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys.json");
        std::fs::write(&file, set.to_string()).expect("a file");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let moment = Timestamp::from_second(NOW).expect("a moment");
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(moment));
        let keys = runtime.block_on(Keys::open(Place::File(file), Arc::clone(&clock))).expect("keys");
        let rules = Rules {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            algorithms: vec!["EdDSA".parse::<Algorithm>().expect("an algorithm")],
            leeway: SignedDuration::ZERO,
            second_factor: vec!["mfa".to_owned()],
            development_keys: false,
        };
        World { runtime, pair, verifier: Verifier::new(rules, keys, clock) }
    })
}

/// `T` and a token; `K` and a key set; anything else: claims, which are signed.
pub(crate) fn run(data: &[u8]) {
    match data.split_first() {
        Some((b'T', token)) => {
            let token = String::from_utf8_lossy(token);
            assert!(!is_believed(&token), "nobody signed {token}");
        }
        Some((b'K', set)) => {
            let _ = Jwks::parse(set);
        }
        _ => claims(data),
    }
}

fn is_believed(token: &str) -> bool {
    world().runtime.block_on(world().verifier.verify(token)).is_ok()
}

fn claims(claims: &[u8]) {
    let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k"}).to_string();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = world().pair.sign(signed.as_bytes());
    if is_believed(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))) {
        let read: Value = serde_json::from_slice(claims).expect("claims that are believed are JSON");
        assert!(is_right(&read), "{read} is believed");
    }
}

/// What must be true of every believed token, read slowly.
fn is_right(claims: &Value) -> bool {
    let seconds = |name: &str| claims[name].as_f64();
    let audience = &claims["aud"];
    let is_for_us =
        audience == AUDIENCE || audience.as_array().is_some_and(|all| all.iter().any(|one| one == AUDIENCE));
    claims["iss"] == ISSUER
        && is_for_us
        && claims["sub"].as_str().is_some_and(|subject| !subject.is_empty())
        && seconds("exp").is_some_and(|expiry| expiry > SECONDS)
        && seconds("nbf").is_none_or(|from| from <= SECONDS)
        && claims["roles"].as_array().is_some_and(|roles| !roles.is_empty())
}
