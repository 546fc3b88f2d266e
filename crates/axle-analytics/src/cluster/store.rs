//! The object store that all machines of a cluster read from: S3, or what speaks as it does.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use axle_model::analytics::AnalyticsError;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use sha2::{Digest as _, Sha256};

/// How long one request may take, and all its repetitions.
const REQUEST: Duration = Duration::from_secs(20);
const REQUESTS: Duration = Duration::from_secs(30);

/// A folder of a bucket. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub url: String,
    bucket: ObjectStoreUrl,
    folder: String,
    objects: Arc<dyn ObjectStore>,
}

/// The cluster does not do what it should.
pub(super) fn unavailable(error: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::External(Box::new(AnalyticsError::Unavailable(error.to_string())))
}

impl Store {
    /// The store of a URL `s3://bucket/folder`. Key, region and endpoint come from the environment, as AWS's own programs
    /// read them: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`.
    pub(super) fn open(url: &str) -> Result<Self, AnalyticsError> {
        let wrong = |why: &str| AnalyticsError::Invalid(format!("`{url}` is no store: {why}"));
        let path = url.strip_prefix("s3://").ok_or_else(|| wrong("it begins with s3://, as in s3://bucket/folder"))?;
        let (bucket, folder) = path.split_once('/').unwrap_or((path, ""));
        if bucket.is_empty() {
            return Err(wrong("it names no bucket"));
        }
        let objects = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_client_options(options())
            .with_retry(RetryConfig { max_retries: 3, retry_timeout: REQUESTS, ..RetryConfig::default() })
            .build()
            .map_err(|error| wrong(&error.to_string()))?;
        let bucket = ObjectStoreUrl::parse(format!("s3://{bucket}")).map_err(|error| wrong(&error.to_string()))?;
        let folder = folder.trim_matches('/').to_owned();
        Ok(Self { url: url.to_owned(), bucket, folder, objects: Arc::new(objects) })
    }

    /// Where queries run: with this store, and the disk of `work` for what does not fit into memory.
    pub(super) fn runtime(&self, work: Option<&FilePath>) -> Result<Arc<RuntimeEnv>> {
        let builder = RuntimeEnvBuilder::new();
        let builder = match work {
            Some(work) => builder.with_temp_file_path(work),
            None => builder,
        };
        let runtime = builder.build_arc()?;
        runtime.register_object_store(self.bucket.as_ref(), self.objects.clone());
        Ok(runtime)
    }

    fn path(&self, name: &str) -> Path {
        Path::from(if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) })
    }

    /// The URL of an object.
    pub(super) fn url_of(&self, name: &str) -> String {
        format!("{}{}", self.bucket, self.path(name))
    }

    /// Whether there is an object of that name.
    pub(super) async fn has(&self, name: &str) -> Result<bool> {
        match self.objects.head(&self.path(name)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Writes an object, unless there is one of that name: names say what objects hold.
    pub(super) async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        if !self.has(name).await? {
            self.objects.put(&self.path(name), bytes.into()).await.map_err(unavailable)?;
        }
        Ok(())
    }

    pub(super) async fn get(&self, name: &str) -> Result<Vec<u8>> {
        let found = self.objects.get(&self.path(name)).await.map_err(unavailable)?;
        Ok(found.bytes().await.map_err(unavailable)?.to_vec())
    }
}

/// Plain HTTP is for this machine only, unless `AWS_ALLOW_HTTP` says otherwise.
fn options() -> ClientOptions {
    let says = |name: &str| std::env::var(name).unwrap_or_default();
    let is_here = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
        .iter()
        .any(|here| says("AWS_ENDPOINT_URL").starts_with(here) || says("AWS_ENDPOINT").starts_with(here));
    let is_allowed = is_here || says("AWS_ALLOW_HTTP") == "true";
    ClientOptions::new().with_allow_http(is_allowed).with_timeout(REQUEST).with_connect_timeout(REQUEST / 4)
}

/// The name of what holds these bytes.
pub(super) fn named(folder: &str, bytes: &[u8], ending: &str) -> String {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{folder}/{hash}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_folder_of_a_bucket() {
        let store = Store::open("s3://axle/our/community/").unwrap();
        assert_eq!(store.url_of("tables/a.parquet"), "s3://axle/our/community/tables/a.parquet");
        assert_eq!(Store::open("s3://axle").unwrap().url_of("a"), "s3://axle/a");
        for wrong in ["axle", "file:///tmp", "s3://", "s3:///folder"] {
            assert!(matches!(Store::open(wrong), Err(AnalyticsError::Invalid(_))), "{wrong}");
        }
    }
}
