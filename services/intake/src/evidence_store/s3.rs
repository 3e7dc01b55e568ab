//! A bucket of S3, or of anything that speaks as S3 does: `s3://BUCKET/PREFIX?endpoint=URL&region=REGION`.
//!
//! Keys are never in the setting: they come from `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or from what the
//! machine or pod is given. Calls go out as all calls do that leave the house (crate `outbound`).

use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Place;
use object_store::prefix::PrefixStore;
use outbound::aws::Connector;
use outbound::is_loopback;
use reqwest::Url;

/// How long one call may take, its answer included: the largest file, over a slow line.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Opens the bucket. Nobody is asked yet: whether it is there shows at the first file.
///
/// # Errors
/// Says what is wrong with the setting.
pub(super) fn open(location: &str) -> Result<Arc<dyn ObjectStore>, String> {
    open_with(AmazonS3Builder::from_env(), location)
}

/// As [`open`], with a builder that has keys.
pub(super) fn open_with(builder: AmazonS3Builder, location: &str) -> Result<Arc<dyn ObjectStore>, String> {
    let url = Url::parse(location).map_err(|error| format!("'{location}' is no URL: {error}"))?;
    let bucket = url.host_str().ok_or_else(|| format!("'{location}' names no bucket"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("keys do not belong in a URL; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned());
    }
    let mut builder = builder.with_bucket_name(bucket);
    let mut is_plain = false;
    for (name, value) in url.query_pairs() {
        builder = match name.as_ref() {
            "region" => builder.with_region(value),
            "endpoint" => {
                is_plain = is_loopback(&value)?;
                builder.with_endpoint(value).with_allow_http(is_plain)
            }
            other => return Err(format!("'{other}' is no option of a bucket; use endpoint and region")),
        };
    }
    let client = if is_plain { outbound::loopback_client(TIMEOUT) } else { outbound::client(TIMEOUT) };
    let store = builder.with_http_connector(Connector(client?)).build().map_err(|error| error.to_string())?;
    let prefix = Place::from(url.path());
    if prefix.as_ref().is_empty() {
        Ok(Arc::new(store))
    } else {
        Ok(Arc::new(PrefixStore::new(store, prefix)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_bucket_is_named_before_anything_is_stored_in_it() {
        for (location, problem) in [
            ("s3://", "no bucket"),
            ("s3://key:secret@evidence", "keys do not belong"),
            ("s3://evidence?acl=public", "'acl' is no option"),
            ("s3://evidence?endpoint=http://s3.example.com", "must be https"),
            ("s3://evidence?endpoint=nonsense", "is no URL"),
        ] {
            let error = open(location).err().unwrap();
            assert!(error.contains(problem), "{location}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
        open("s3://evidence/casetrail?region=eu-north-1").unwrap();
        open("s3://evidence?endpoint=http://127.0.0.1:9000&region=eu-north-1").unwrap();
    }
}
