//! Data keys wrapped by a key in AWS KMS: the master key never leaves it, and is rotated in it.
//!
//! The key must be a symmetric one. Whoever calls needs `kms:Encrypt` and `kms:Decrypt` for it, and `kms:Decrypt` for
//! each earlier one until `keys rotate` is done. Answers are wiped from memory; requests, which the client of HTTP
//! holds, are not. Keys
//! to sign calls with are never settings of ours: they come from `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or
//! from what the machine or pod is given.

use std::time::Duration;

use ambient::Ids;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, HeaderName};
use object_store::RetryConfig;
use object_store::aws::{AmazonS3Builder, AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpRequest, HttpRequestBody, HttpService as _};
use outbound::aws::Connector;
use outbound::is_loopback;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::Error;
use crate::data_key::KEY_BYTES;
use crate::store::WrappedKey;
use crate::wrapping::Wrapper;

/// How long an answer may take. Keys are kept unwrapped for a while, so few calls wait for it.
const TIMEOUT: Duration = Duration::from_secs(5);
/// What the service is called where calls are signed.
const SERVICE: &str = "kms";
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// What stands before the key's resource name in what is wrapped.
const PREFIX: &str = "aws-kms:";
/// What the answer calls it when the ciphertext is not one of this key, or bound to another place.
const UNREADABLE: &[&str] = &["InvalidCiphertextException", "IncorrectKeyException"];

/// Which key of AWS KMS wraps, and where it is.
#[derive(Debug, Clone)]
pub struct KmsOptions {
    /// The key's id, its resource name (ARN), or an alias such as `alias/casetrail`.
    pub key: String,
    /// The region, such as `eu-north-1`.
    pub region: String,
    /// Where it is asked, where that is not the region's usual address.
    pub endpoint: Option<String>,
}

/// Wraps by a key in AWS KMS.
pub struct AwsKms {
    options: KmsOptions,
    name: String,
    endpoint: String,
    calls: Connector,
    credentials: AwsCredentialProvider,
}

/// What a wrapped key is bound to. It is told in AWS's log of calls, and so is a digest of the place, which names a
/// player.
#[derive(Serialize)]
struct Context {
    #[serde(rename = "casetrail-place")]
    place: String,
}

impl Context {
    fn of(place: &[u8]) -> Self {
        Self { place: hex::encode(Sha256::digest(place)) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypt<'a> {
    key_id: &'a str,
    plaintext: &'a str,
    encryption_context: Context,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt<'a> {
    key_id: &'a str,
    ciphertext_blob: String,
    encryption_context: Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypted {
    key_id: String,
    ciphertext_blob: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypted {
    plaintext: String,
}

/// What went wrong, as AWS calls it. Its message is not read: it may quote what was asked.
#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "__type")]
    kind: String,
}

fn away(problem: impl std::fmt::Display) -> Error {
    Error::Unavailable(format!("aws kms: {problem}"))
}

impl AwsKms {
    /// Talks to nobody before it is asked to wrap.
    ///
    /// # Errors
    /// [`Error::MasterKey`] when the endpoint is neither https nor on this machine, or a name is none.
    pub fn new(options: KmsOptions) -> Result<Self, Error> {
        Self::with_credentials(AmazonS3Builder::from_env(), options)
    }

    /// As [`AwsKms::new`], with a builder that has keys to sign with.
    ///
    /// # Errors
    /// As for [`AwsKms::new`].
    pub fn with_credentials(keys: AmazonS3Builder, options: KmsOptions) -> Result<Self, Error> {
        let refused = |reason: String| Error::MasterKey { path: format!("aws kms {}", options.key), reason };
        let is_name = |text: &str, also: &[u8]| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || also.contains(&byte))
        };
        if !is_name(&options.key, b"-_/:") {
            return Err(refused("key: must be a key's id, its ARN, or alias/NAME".to_owned()));
        }
        if !is_name(&options.region, b"-") {
            return Err(refused("region: must be a region's name, such as eu-north-1".to_owned()));
        }
        let region = options.region.as_str();
        if options.key.starts_with("arn:") && options.key.split(':').nth(3) != Some(region) {
            return Err(refused(format!("key: is of another region than {region}")));
        }
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let usual = || format!("https://kms.{region}.{domain}");
        let endpoint = options.endpoint.clone().unwrap_or_else(usual).trim_end_matches('/').to_owned();
        let is_here = is_loopback(&endpoint).map_err(|why| refused(format!("endpoint: {why}")))?;
        let client = if is_here { outbound::loopback_client(TIMEOUT) } else { outbound::client(TIMEOUT) };
        let calls = Connector(client.map_err(refused)?);
        // Keys are found as they are for S3; the bucket is never asked for.
        let finder = keys
            .with_bucket_name("unused")
            .with_region(&options.region)
            .with_http_connector(calls.clone())
            .with_retry(RetryConfig { max_retries: 2, retry_timeout: TIMEOUT, ..RetryConfig::default() })
            .build()
            .map_err(|error| refused(format!("key: {error}")))?;
        let credentials = finder.credentials().clone();
        let name = format!("{PREFIX}{}", options.key);
        Ok(Self { options, name, endpoint, calls, credentials })
    }

    /// Asks KMS; what it refuses is told by its status and its word alone.
    async fn ask<B: Serialize, T: for<'de> Deserialize<'de>>(
        &self,
        verb: &str,
        body: &B,
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(away)?;
        let mut request: HttpRequest = http::Request::post(format!("{}/", self.endpoint))
            .header(CONTENT_TYPE, "application/x-amz-json-1.1")
            .header(TARGET, format!("TrentService.{verb}"))
            .body(HttpRequestBody::from(body))
            .map_err(away)?;
        // What finds them may ask others first.
        let found = tokio::time::timeout(TIMEOUT, self.credentials.get_credential()).await;
        let credential = found.map_err(|_| away("no credentials were found in time"))?.map_err(away)?;
        let signing = AwsAuthorizer::new(&credential, SERVICE, &self.options.region);
        signing.try_authorize(&mut request, None).map_err(away)?;
        let (parts, answer) = self.calls.call(request).await.map_err(away)?.into_parts();
        let answer = Zeroizing::new(answer.bytes().await.map_err(away)?.to_vec());
        if parts.status.is_success() {
            return serde_json::from_slice(&answer).map_err(|_| away("its answer is none of KMS"));
        }
        let problem = serde_json::from_slice::<Problem>(&answer).map(|problem| problem.kind);
        // Before a `#` stands the name of the service's model.
        let problem = problem.unwrap_or_default().rsplit('#').next().unwrap_or_default().to_owned();
        if UNREADABLE.contains(&problem.as_str()) {
            return Err(Error::Unreadable);
        }
        let word: String = problem.chars().filter(char::is_ascii_alphanumeric).take(80).collect();
        Err(away(format!("{verb} by {} was answered with {} {word}", self.options.key, parts.status)))
    }
}

/// The resource name of the key that wrapped, with its region.
fn key_of(wrapped_by: &str) -> Option<(&str, &str)> {
    let arn = wrapped_by.strip_prefix(PREFIX)?;
    // arn:PARTITION:kms:REGION:ACCOUNT:key/ID
    Some((arn, arn.split(':').nth(3)?))
}

#[async_trait]
impl Wrapper for AwsKms {
    fn made(&self, wrapped_by: &str) -> bool {
        key_of(wrapped_by).is_some_and(|(_, region)| region == self.options.region)
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn wrap(&self, _: &dyn Ids, place: &[u8], key: &[u8; KEY_BYTES]) -> Result<WrappedKey, Error> {
        let plaintext = Zeroizing::new(STANDARD.encode(key));
        let encryption_context = Context::of(place);
        let body = Encrypt { key_id: &self.options.key, plaintext: &plaintext, encryption_context };
        // Behind an alias may stand another key tomorrow: what wrapped is the one that the answer names.
        let Encrypted { key_id, ciphertext_blob } = self.ask("Encrypt", &body).await?;
        let wrapped_by = format!("{PREFIX}{key_id}");
        if !self.made(&wrapped_by) {
            return Err(away("its answer names no key of the region"));
        }
        let bytes = STANDARD.decode(ciphertext_blob).map_err(|_| away("its answer is no ciphertext"))?;
        Ok(WrappedKey { wrapped_by, bytes })
    }

    async fn unwrap(&self, place: &[u8], wrapped: &WrappedKey) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (key_id, _) = key_of(&wrapped.wrapped_by).ok_or(Error::Unreadable)?;
        let ciphertext_blob = STANDARD.encode(&wrapped.bytes);
        let body = Decrypt { key_id, ciphertext_blob, encryption_context: Context::of(place) };
        let decrypted: Decrypted = self.ask("Decrypt", &body).await?;
        let plaintext = Zeroizing::new(decrypted.plaintext);
        STANDARD.decode(plaintext.as_bytes()).map(Zeroizing::new).map_err(|_| Error::Unreadable)
    }
}
