//! A corpus of bad tokens, each refused with its reason, beside the good one they were made from.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::{Algorithm, Brands, Identity, Keys, MAX_TOKEN_BYTES, Place, Refused, Role, Rules, Verifier};
use ambient::{Clock, ManualClock};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use case::{ActorKind, Team};
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

/// The moment at which the tokens are checked.
const NOW: i64 = 1_795_650_000;
/// How much clocks may differ, in seconds.
const LEEWAY: i64 = 5;

/// An issuer with two keys.
struct Issuer {
    folder: tempfile::TempDir,
    ed: Ed25519KeyPair,
    ec: EcdsaKeyPair,
    stranger: Ed25519KeyPair,
    clock: ManualClock,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Issuer {
    fn new() -> Self {
        let rng = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).expect("test data");
        let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &rng)
            .expect("test data");
        let issuer = Self {
            folder: tempfile::tempdir().expect("test data"),
            ed: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("test data"),
            ec,
            stranger: Ed25519KeyPair::from_seed_unchecked(&[8; 32]).expect("test data"),
            clock: ManualClock::new(Timestamp::from_second(NOW).expect("test data")),
        };
        issuer.publish(&["ed", "ec"]);
        issuer
    }

    fn publish(&self, ids: &[&str]) {
        let key = |id: &&str| match *id {
            "ec" => {
                let point = self.ec.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "kid": "ec", "x": b64(&point[1..33]), "y": b64(&point[33..])})
            }
            id => json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": b64(self.ed.public_key())}),
        };
        let set = json!({"keys": ids.iter().map(key).collect::<Vec<_>>()});
        std::fs::write(self.jwks(), set.to_string()).expect("test data");
    }

    fn jwks(&self) -> std::path::PathBuf {
        self.folder.path().join("jwks.json")
    }

    async fn verifier(&self) -> Verifier {
        self.verifier_of(&self.jwks(), Algorithm::ALL.to_vec()).await
    }

    async fn verifier_of(&self, jwks: &Path, algorithms: Vec<Algorithm>) -> Verifier {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let keys = Keys::open(Place::File(jwks.to_owned()), Arc::clone(&clock)).await.expect("test data");
        let rules = Rules {
            issuer: "https://id.example".to_owned(),
            audience: "casetrail".to_owned(),
            algorithms,
            leeway: SignedDuration::from_secs(LEEWAY),
            second_factor: vec!["phr".to_owned()],
            development_keys: true,
        };
        Verifier::new(rules, keys, clock)
    }

    fn signed(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", b64(header), b64(claims));
        format!("{signed}.{}", b64(self.ed.sign(signed.as_bytes())))
    }
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed"})
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": ["other", "casetrail"], "sub": "mette",
        "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 300,
        "roles": ["agent", "payments_agent", "of-another-system"], "teams": ["payments", "elsewhere"],
        "brands": ["NB", "SE"], "acr": "phr", "auth_time": NOW - 60,
    })
}

/// The same, with one field set; `null` takes it away.
fn with(mut object: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        object.as_object_mut().expect("test data").remove(name);
    } else {
        object[name] = value;
    }
    object
}

#[tokio::test]
async fn a_good_token_says_who_it_is() {
    let issuer = Issuer::new();
    let token = issuer.signed(&header().to_string(), &claims().to_string());
    let Identity { actor, roles, brands, until } = issuer.verifier().await.verify(&token).await.unwrap();
    assert_eq!((actor.kind, actor.id.as_str()), (ActorKind::Agent, "mette"));
    assert_eq!(actor.teams, [Team::Payments]);
    assert_eq!(actor.second_factor_at, Some(Timestamp::from_second(NOW - 60).unwrap()));
    assert_eq!(roles.into_iter().collect::<Vec<_>>(), [Role::Agent, Role::PaymentsAgent]);
    assert!(brands.contains("NB") && brands.contains("SE") && !brands.contains("DK"));
    assert_eq!(until, Some(Timestamp::from_second(NOW + 300 + LEEWAY).unwrap()));
}

#[tokio::test]
async fn every_algorithm_checks_what_was_signed_with_it() {
    let issuer = Issuer::new();
    let signed = format!(
        "{}.{}",
        b64(json!({"alg": "ES256", "typ": "at+jwt", "kid": "ec"}).to_string()),
        b64(claims().to_string())
    );
    let signature = issuer.ec.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", b64(signature));
    issuer.verifier().await.verify(&token).await.unwrap();
    // Signed once with a key that is gone; valid at the moment the clock stands at.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rsa");
    for name in ["rs256.jwt", "ps256.jwt"] {
        let verifier = issuer.verifier_of(&folder.join("jwks.json"), Algorithm::ALL.to_vec()).await;
        let token = std::fs::read_to_string(folder.join(name)).unwrap();
        verifier.verify(token.trim()).await.unwrap();
        let strict = issuer.verifier_of(&folder.join("jwks.json"), vec![Algorithm::EdDsa]).await;
        assert_eq!(strict.verify(token.trim()).await, Err(Refused::Untrusted), "{name}");
        let renamed =
            token.trim().replacen(&b64(r#"{"alg": "RS256""#)[..18], &b64(r#"{"alg": "PS256""#)[..18], 1);
        if name == "rs256.jwt" {
            assert_ne!(renamed, token.trim());
            assert_eq!(verifier.verify(&renamed).await, Err(Refused::Untrusted));
        }
    }
}

/// What is wrong, the token, and the reason it must be refused with.
type Bad = (String, String, Refused);

fn bad_headers(issuer: &Issuer) -> Vec<Bad> {
    let claims = claims().to_string();
    let with_header =
        |name: &str, value: Value| issuer.signed(&with(header(), name, value).to_string(), &claims);
    let mut bad: Vec<Bad> = Vec::new();
    for (name, value) in [
        ("alg", json!(null)),
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("RS256")),
        ("alg", json!("eddsa")),
        ("alg", json!(["EdDSA"])),
        ("typ", json!(null)),
        ("typ", json!("JWT")),
        ("typ", json!("id+jwt")),
        ("kid", json!(null)),
        ("kid", json!(7)),
        ("kid", json!("unknown")),
        ("kid", json!("ec")),
        ("kid", json!("../ed")),
        ("crit", json!(["exp"])),
        ("jku", json!("https://evil.example/jwks.json")),
        ("jwk", json!({"kty": "OKP"})),
        ("x5u", json!("https://evil.example/")),
    ] {
        let what = format!("header {name} = {value}");
        bad.push((what, with_header(name, value), Refused::Untrusted));
    }
    bad.push((
        "a name twice in the header".to_owned(),
        issuer.signed(r#"{"alg":"EdDSA","typ":"at+jwt","kid":"ed","kid":"ed"}"#, &claims),
        Refused::Malformed,
    ));
    bad
}

fn bad_signatures(issuer: &Issuer) -> Vec<Bad> {
    let good = issuer.signed(&header().to_string(), &claims().to_string());
    let (signed, signature) = good.rsplit_once('.').expect("test data");
    let none =
        format!("{}.{}.", b64(r#"{"alg":"none","typ":"at+jwt","kid":"ed"}"#), b64(claims().to_string()));
    let confused = |secret: &[u8]| {
        let signed =
            format!("{}.{}", b64(r#"{"alg":"HS256","typ":"at+jwt","kid":"ed"}"#), b64(claims().to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
        format!("{signed}.{}", b64(tag))
    };
    let public = issuer.ed.public_key().as_ref();
    let other = signed.split_once('.').expect("test data").0.to_owned()
        + "."
        + &b64(with(claims(), "sub", json!("henrik")).to_string());
    vec![
        ("alg none, unsigned".to_owned(), none, Refused::Untrusted),
        ("HS256 with the public key as its secret".to_owned(), confused(public), Refused::Untrusted),
        ("HS256 with its text as secret".to_owned(), confused(b64(public).as_bytes()), Refused::Untrusted),
        ("no signature".to_owned(), format!("{signed}."), Refused::Untrusted),
        ("a cut signature".to_owned(), format!("{signed}.{}", &signature[..40]), Refused::Untrusted),
        (
            "another's signature".to_owned(),
            format!("{signed}.{}", b64(issuer.stranger.sign(signed.as_bytes()))),
            Refused::Untrusted,
        ),
        ("other claims under it".to_owned(), format!("{other}.{signature}"), Refused::Untrusted),
    ]
}

fn bad_claims(issuer: &Issuer) -> Vec<Bad> {
    use Refused::{Claims, Expired, NotForUs, NotYetValid};
    let header = header().to_string();
    let mut bad: Vec<Bad> = Vec::new();
    for (name, value, refused) in [
        ("iss", json!(null), Claims),
        ("iss", json!(["https://id.example"]), Claims),
        ("iss", json!("https://id.example/"), NotForUs),
        ("iss", json!("https://evil.example"), NotForUs),
        ("aud", json!(null), Claims),
        ("aud", json!("casetrail2"), NotForUs),
        ("aud", json!([]), NotForUs),
        ("aud", json!(["casetrail", 7]), Claims),
        ("sub", json!(null), Claims),
        ("sub", json!(""), Claims),
        ("sub", json!("met te\n"), Claims),
        ("sub", json!(4711), Claims),
        ("exp", json!(null), Claims),
        ("exp", json!((NOW + 300).to_string()), Claims),
        ("exp", json!(1.5e300), Claims),
        ("exp", json!(i64::MAX), Claims),
        ("exp", json!(u64::MAX), Claims),
        ("exp", json!(true), Claims),
        ("exp", json!(NOW - 5), Expired),
        ("exp", json!(0), Expired),
        ("exp", json!(-1), Expired),
        ("nbf", json!(null), Claims),
        ("nbf", json!((NOW - 10).to_string()), Claims),
        ("nbf", json!(NOW + 6), NotYetValid),
        ("iat", json!("yesterday"), Claims),
        ("roles", json!(null), Claims),
        ("roles", json!([]), Claims),
        ("roles", json!("agent"), Claims),
        ("roles", json!(["of-another-system"]), Claims),
        ("roles", json!(["agent", "player"]), Claims),
        ("roles", json!(["agent", 1]), Claims),
        ("teams", json!("payments"), Claims),
        ("brands", json!("NB"), Claims),
        ("brands", json!(["nb"]), Claims),
        ("brands", json!(["*", "NB"]), Claims),
        ("acr", json!(1), Claims),
        ("auth_time", json!("now"), Claims),
        ("auth_time", json!(NOW + 6), Claims),
    ] {
        let what = format!("claim {name} = {value}");
        bad.push((what, issuer.signed(&header, &with(claims(), name, value).to_string()), refused));
    }
    let twice = claims().to_string().replacen('{', r#"{"sub":"henrik","#, 1);
    bad.push(("a claim twice".to_owned(), issuer.signed(&header, &twice), Refused::Malformed));
    let within = claims().to_string().replacen('{', r#"{"x":{"y":1,"y":2},"#, 1);
    bad.push(("a name twice within a claim".to_owned(), issuer.signed(&header, &within), Refused::Malformed));
    bad.push(("a list of claims".to_owned(), issuer.signed(&header, "[]"), Refused::Malformed));
    bad
}

fn garbage(issuer: &Issuer) -> Vec<Bad> {
    let good = issuer.signed(&header().to_string(), &claims().to_string());
    let long = with(claims(), "padding", json!("x".repeat(MAX_TOKEN_BYTES)));
    vec![
        ("nothing".to_owned(), String::new(), Refused::Malformed),
        ("dots".to_owned(), "..".to_owned(), Refused::Malformed),
        ("four parts".to_owned(), format!("{good}.x"), Refused::Malformed),
        ("two parts".to_owned(), good.rsplit_once('.').expect("test data").0.to_owned(), Refused::Malformed),
        ("spaces".to_owned(), format!(" {good}"), Refused::Malformed),
        ("padding".to_owned(), good.replacen('.', "=.", 1), Refused::Malformed),
        ("no base64".to_owned(), "ä.ö.ü".to_owned(), Refused::Malformed),
        ("no JSON".to_owned(), issuer.signed("EdDSA", "mette"), Refused::Malformed),
        ("no text".to_owned(), format!("{}.{}.AA", b64([0xff, 0xfe]), b64([0])), Refused::Malformed),
        ("deep".to_owned(), issuer.signed(&"[".repeat(4_000), "{}"), Refused::Malformed),
        ("too large".to_owned(), issuer.signed(&header().to_string(), &long.to_string()), Refused::TooLarge),
        ("too large and garbage".to_owned(), ".".repeat(MAX_TOKEN_BYTES + 1), Refused::TooLarge),
    ]
}

#[tokio::test]
async fn every_bad_token_is_refused_with_its_reason_and_nothing_of_it_is_told() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier().await;
    let corpus: Vec<Bad> =
        [bad_headers(&issuer), bad_signatures(&issuer), bad_claims(&issuer), garbage(&issuer)].concat();
    assert!(corpus.len() > 70, "{}", corpus.len());
    for (what, token, refused) in corpus {
        let error = verifier.verify(&token).await.expect_err(&what);
        assert_eq!(error, refused, "{what}");
        let told = format!("{error} {}", error.reason());
        for secret in ["mette", "id.example", "evil", "NB", "ed\""] {
            assert!(!told.contains(secret), "{what}: {told}");
        }
    }
}

#[tokio::test]
async fn a_token_is_valid_from_its_beginning_to_its_end_and_little_longer() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier().await;
    let claims = with(with(claims(), "nbf", json!(NOW + 5)), "auth_time", json!(NOW + 5));
    let token = issuer.signed(&header().to_string(), &claims.to_string());
    let identity = verifier.verify(&token).await.unwrap();
    assert_eq!(identity.actor.second_factor_at, Some(issuer.clock.now()), "nothing was proven in the future");
    issuer.clock.advance(Duration::from_secs(304));
    assert!(verifier.verify(&token).await.is_ok());
    issuer.clock.advance(Duration::from_secs(1));
    assert_eq!(verifier.verify(&token).await, Err(Refused::Expired));
}

#[tokio::test]
async fn a_second_factor_counts_only_with_the_configured_word() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier().await;
    for (name, value) in [("acr", json!("pwd")), ("acr", json!(null)), ("auth_time", json!(null))] {
        let token = issuer.signed(&header().to_string(), &with(claims(), name, value).to_string());
        assert_eq!(verifier.verify(&token).await.unwrap().actor.second_factor_at, None, "{name}");
    }
}

#[tokio::test]
async fn all_brands_must_be_said_and_none_is_none() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier().await;
    let brands = async |value: Value| {
        let token = issuer.signed(&header().to_string(), &with(claims(), "brands", value).to_string());
        verifier.verify(&token).await.unwrap().brands
    };
    assert_eq!(brands(json!(["*"])).await, Brands::All);
    assert!(!brands(json!(null)).await.contains("NB"));
    assert!(!brands(json!([])).await.contains(""));
}

#[tokio::test]
async fn a_new_key_is_found_but_unknown_ones_do_not_make_us_read_all_the_time() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier().await;
    let token = issuer.signed(r#"{"alg":"EdDSA","typ":"at+jwt","kid":"next"}"#, &claims().to_string());
    issuer.publish(&["ed", "next"]);
    assert_eq!(verifier.verify(&token).await, Err(Refused::Untrusted), "read a moment ago");
    issuer.clock.advance(Duration::from_secs(30));
    assert!(verifier.verify(&token).await.is_ok());
    // A set that cannot be read takes nobody's key away.
    std::fs::write(issuer.jwks(), "gone").unwrap();
    issuer.clock.advance(Duration::from_mins(1));
    let unknown = issuer.signed(r#"{"alg":"EdDSA","typ":"at+jwt","kid":"other"}"#, &claims().to_string());
    assert_eq!(verifier.verify(&unknown).await, Err(Refused::Untrusted));
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_withdrawn_key_goes() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier().await;
    let lasting = with(claims(), "exp", json!(NOW + 3_600));
    let token = issuer.signed(&header().to_string(), &lasting.to_string());
    issuer.publish(&["ec"]);
    assert!(verifier.verify(&token).await.is_ok());
    issuer.clock.advance(Duration::from_secs(601));
    assert_eq!(verifier.verify(&token).await, Err(Refused::Untrusted));
}
