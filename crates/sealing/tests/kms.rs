//! Keys wrapped by AWS KMS, asked of a server that speaks as it does and checks signatures as it does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, ManualClock, SystemIds};
use jiff::Timestamp;
use object_store::aws::AmazonS3Builder;
use scratch::Aws;
use sealing::{AwsKms, Error, KeyStore, KmsOptions, MasterKey, MemoryKeyStore, Rotated, Sealer, Wrappers};
use serde_json::{Value, json};

const ALIAS: &str = "alias/casetrail";
const REGION: &str = "eu-north-1";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt"],"Resource":"*"}}"#;

/// A server with one key behind an alias, and one caller who may use keys.
struct Server {
    inner: Aws,
    key_id: String,
    secret: String,
}

impl Server {
    async fn start() -> Self {
        let inner = Aws::start().await.unwrap();
        let mut server = Self { inner, key_id: String::new(), secret: String::new() };
        server.iam("Action=CreateUser&UserName=casetrail").await;
        let policy = POLICY.replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
        server
            .iam(&format!("Action=PutUserPolicy&UserName=casetrail&PolicyName=keys&PolicyDocument={policy}"))
            .await;
        let made = server.iam("Action=CreateAccessKey&UserName=casetrail").await;
        let between =
            |from: &str, to: &str| made.split_once(from).unwrap().1.split_once(to).unwrap().0.to_owned();
        server.key_id = between("<AccessKeyId>", "</AccessKeyId>");
        server.secret = between("<SecretAccessKey>", "</SecretAccessKey>");
        server.stand_behind_the_alias().await;
        server
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: String) -> String {
        let client = outbound::loopback_client(Duration::from_secs(20)).unwrap();
        let mut call = client.post(format!("{}{path}", self.inner.url())).body(body);
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        let answer = call.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {text}");
        text
    }

    async fn iam(&self, form: &str) -> String {
        let form = format!("{form}&Version=2010-05-08");
        let scope = "AWS4-HMAC-SHA256 Credential=setup/20260101/us-east-1/iam/aws4_request";
        let kind = "application/x-www-form-urlencoded";
        self.post("/", &[("Content-Type", kind), ("Authorization", scope)], form).await
    }

    async fn kms(&self, verb: &str, body: Value) -> Value {
        let scope = format!("AWS4-HMAC-SHA256 Credential=setup/20260101/{REGION}/kms/aws4_request");
        let target = format!("TrentService.{verb}");
        let headers = [
            ("Content-Type", "application/x-amz-json-1.1"),
            ("X-Amz-Target", target.as_str()),
            ("Authorization", scope.as_str()),
        ];
        let answer = self.post("/", &headers, body.to_string()).await;
        serde_json::from_str(&answer).unwrap_or_default()
    }

    /// As [`Server::stand_behind_the_alias`], in the place of the one that stands there.
    async fn take_over_behind_the_alias(&self) -> String {
        self.check_callers("inf").await;
        self.kms("DeleteAlias", json!({ "AliasName": ALIAS })).await;
        self.stand_behind_the_alias().await
    }

    /// A new key, and the alias points to it. Its resource name.
    async fn stand_behind_the_alias(&self) -> String {
        self.check_callers("inf").await;
        let made = self.kms("CreateKey", json!({})).await;
        let id = &made["KeyMetadata"]["KeyId"];
        self.kms("CreateAlias", json!({ "AliasName": ALIAS, "TargetKeyId": id })).await;
        self.check_callers("0").await;
        made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
    }

    /// Whether signatures and rights are checked: after so many calls.
    async fn check_callers(&self, after: &str) {
        self.post("/moto-api/reset-auth", &[], after.to_owned()).await;
    }

    fn options(&self) -> KmsOptions {
        KmsOptions { key: ALIAS.to_owned(), region: REGION.to_owned(), endpoint: Some(self.inner.url()) }
    }

    fn kms_with(&self, secret: &str, options: KmsOptions) -> Arc<AwsKms> {
        let keys = AmazonS3Builder::new().with_access_key_id(&self.key_id).with_secret_access_key(secret);
        Arc::new(AwsKms::with_credentials(keys, options).unwrap())
    }

    fn wrappers(&self) -> Wrappers {
        Wrappers::new(self.kms_with(&self.secret, self.options()))
    }
}

fn sealer(store: &Arc<dyn KeyStore>, wrappers: Wrappers) -> Sealer {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_second(1_800_000_000).unwrap()));
    Sealer::new(Arc::clone(store), wrappers, clock, Arc::new(SystemIds))
}

fn memory() -> Arc<dyn KeyStore> {
    Arc::new(MemoryKeyStore::new())
}

async fn wrapped_by(store: &Arc<dyn KeyStore>, player: &str) -> String {
    store.find("NB", player).await.unwrap().unwrap().wrapped.unwrap().wrapped_by
}

#[tokio::test]
async fn kms_takes_over_from_a_file_and_a_new_key_behind_its_alias_from_the_old() {
    let (server, store) = (Server::start().await, memory());
    let file = || MasterKey::from_bytes([7; 32]);
    let before = sealer(&store, file().into()).seal_key("NB", "p").await.unwrap();
    sealer(&store, file().into()).seal_key("NB", "q").await.unwrap();
    let both = sealer(&store, server.wrappers().and_earlier(Arc::new(file())));
    assert_eq!(both.rotate().await.unwrap(), Rotated { wrapped_anew: 2, already: 0 });
    assert_eq!(both.rotate().await.unwrap(), Rotated { wrapped_anew: 0, already: 2 });

    let next = server.take_over_behind_the_alias().await;
    let alone = sealer(&store, server.wrappers());
    assert_eq!(alone.rotate().await.unwrap(), Rotated { wrapped_anew: 2, already: 0 });
    assert_eq!(wrapped_by(&store, "p").await, format!("aws-kms:{next}"));
    // The key is the one that it was: what it sealed opens.
    let place = sealing::AssociatedData {
        event_id: uuid::Uuid::from_u128(1),
        stream_id: uuid::Uuid::from_u128(2),
        field: "text",
        key_id: before.id(),
    };
    let sealed = before.seal(&SystemIds, &place, "Gunvor");
    let opened = alone.open_key(before.id()).await.unwrap().unwrap().open(&place, &sealed);
    assert_eq!(opened.unwrap(), "Gunvor");
}

#[tokio::test]
async fn a_call_that_is_signed_wrongly_is_refused_by_kms_and_tells_no_secret() {
    let (server, store) = (Server::start().await, memory());
    let wrong = server.kms_with("another-secret", server.options());
    let refused = sealer(&store, Wrappers::new(wrong)).seal_key("NB", "p").await.unwrap_err();
    assert!(matches!(&refused, Error::Unavailable(why) if why.contains("40")), "{refused}");
    assert!(!refused.to_string().contains("another-secret"), "{refused}");
    sealer(&store, server.wrappers()).seal_key("NB", "p").await.unwrap();
    let nobody = KmsOptions { endpoint: Some("http://127.0.0.1:1".to_owned()), ..server.options() };
    let away = Wrappers::new(server.kms_with(&server.secret, nobody));
    let refused = sealer(&memory(), away).seal_key("NB", "p").await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_key_that_was_moved_to_another_player_or_changed_does_not_unwrap() {
    let (server, donor) = (Server::start().await, memory());
    sealer(&donor, server.wrappers()).seal_key("NB", "p").await.unwrap();
    let mut moved = donor.find("NB", "p").await.unwrap().unwrap();
    "q".clone_into(&mut moved.player);
    let mut changed = donor.find("NB", "p").await.unwrap().unwrap();
    if let Some(last) = changed.wrapped.as_mut().and_then(|wrapped| wrapped.bytes.last_mut()) {
        *last ^= 1;
    }
    for (player, record) in [("q", moved), ("p", changed)] {
        let store = memory();
        store.insert_if_absent(record).await.unwrap();
        let refused = sealer(&store, server.wrappers()).seal_key("NB", player).await;
        assert!(matches!(refused, Err(Error::Corrupt(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn an_endpoint_in_plaintext_elsewhere_or_an_empty_name_is_refused() {
    let right = KmsOptions { key: ALIAS.to_owned(), region: REGION.to_owned(), endpoint: None };
    assert!(AwsKms::new(right.clone()).is_ok());
    for (wrong, word) in [
        (KmsOptions { endpoint: Some("http://kms.example".to_owned()), ..right.clone() }, "https"),
        (KmsOptions { key: String::new(), ..right.clone() }, "key"),
        (KmsOptions { key: "a b".to_owned(), ..right.clone() }, "key"),
        (KmsOptions { region: String::new(), ..right.clone() }, "region"),
        (KmsOptions { region: "eu/north".to_owned(), ..right.clone() }, "region"),
    ] {
        let refused = AwsKms::new(wrong).err();
        assert!(matches!(&refused, Some(Error::MasterKey { reason, .. }) if reason.contains(word)), "{word}");
    }
}
