//! Scripts, styles and icons, compiled into the binary. An address holds the hash of the content, so a browser may
//! keep a file for ever and a new version is asked for at once.

use std::io::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

const FILES: [(&str, &str, &[u8]); 9] = [
    ("tabler.min.css", "text/css; charset=utf-8", include_bytes!("../assets/tabler.min.css")),
    ("axle.css", "text/css; charset=utf-8", include_bytes!("../assets/axle.css")),
    ("theme.js", "text/javascript; charset=utf-8", include_bytes!("../assets/theme.js")),
    ("tabler.min.js", "text/javascript; charset=utf-8", include_bytes!("../assets/tabler.min.js")),
    ("htmx.min.js", "text/javascript; charset=utf-8", include_bytes!("../assets/htmx.min.js")),
    ("echarts.min.js", "text/javascript; charset=utf-8", include_bytes!("../assets/echarts.min.js")),
    ("axle.js", "text/javascript; charset=utf-8", include_bytes!("../assets/axle.js")),
    ("logo.svg", "image/svg+xml", include_bytes!("../assets/logo.svg")),
    ("icons.svg", "image/svg+xml", include_bytes!("../assets/icons.svg")),
];

/// One file as it is served.
#[derive(Debug)]
pub struct Asset {
    /// Its name in the `assets` folder.
    pub name: &'static str,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// `/assets/<hash>/<name>`.
    pub url: String,
    /// The content.
    pub bytes: &'static [u8],
    compressed: LazyLock<Vec<u8>, Box<dyn FnOnce() -> Vec<u8> + Send + Sync>>,
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let hash: String = Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let compressed: Box<dyn FnOnce() -> Vec<u8> + Send + Sync> = Box::new(move || gzip(bytes));
        Self { name, content_type, url: format!("/assets/{hash}/{name}"), bytes, compressed: LazyLock::new(compressed) }
    }

    /// The content, compressed with gzip when first asked for.
    pub fn gzipped(&self) -> &[u8] {
        &self.compressed
    }
}

/// Compressed as small as gzip can.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory cannot fail")
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    FILES.into_iter().map(|(name, content_type, bytes)| Asset::new(name, content_type, bytes)).collect()
});

/// Every file.
pub fn all() -> &'static [Asset] {
    &ASSETS
}

/// The address of a file.
///
/// # Panics
/// When no file has that name: templates name files literally, and rendering each is tested.
pub fn url(name: &str) -> &'static str {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    &asset.unwrap_or_else(|| panic!("no asset is called {name}")).url
}

/// Answers `GET /assets/{hash}/{name}`. An unknown hash is not found, so that an old page never mixes versions.
pub async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let address = format!("/assets/{hash}/{name}");
    let Some(asset) = ASSETS.iter().find(|asset| asset.url == address) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let common = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
    ];
    if accepts_gzip(&headers) {
        (common, [(header::CONTENT_ENCODING, "gzip")], asset.gzipped()).into_response()
    } else {
        (common, asset.bytes).into_response()
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|list| list.split(',')).any(|item| {
        let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
        coding.trim().eq_ignore_ascii_case("gzip") && !matches!(parameters.trim(), "q=0" | "q=0.0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_served_compressed_for_ever_at_its_own_address() {
        for asset in all() {
            let parts: Vec<&str> = asset.url.split('/').collect();
            let path = || Path((parts[2].to_owned(), parts[3].to_owned()));
            let plain = serve(path(), HeaderMap::new()).await;
            assert_eq!(plain.status(), StatusCode::OK);
            assert!(plain.headers().get(header::CONTENT_ENCODING).is_none());
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, "br, gzip;q=0.8".parse().unwrap());
            let packed = serve(path(), headers).await;
            assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
            assert!(packed.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        }
        let stale = serve(Path(("000000000000".into(), "axle.js".into())), HeaderMap::new()).await;
        assert_eq!(stale.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn refusing_gzip_is_heard() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, "gzip;q=0, identity".parse().unwrap());
        assert!(!accepts_gzip(&headers));
    }

    #[test]
    fn vendored_files_are_the_ones_recorded() {
        let versions: toml::Table = include_str!("../assets/VERSIONS.toml").parse().unwrap();
        let files = versions["file"].as_array().unwrap();
        assert_eq!(files.len(), 5);
        for file in files {
            let name = file["name"].as_str().unwrap();
            let asset = all().iter().find(|asset| asset.name == name).expect(name);
            let hash: String = Sha256::digest(asset.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(file["sha256"].as_str(), Some(hash.as_str()), "{name} differs from VERSIONS.toml");
        }
    }

    #[test]
    fn our_own_files_stay_small() {
        assert!(include_str!("../assets/axle.css").lines().count() < 400);
        assert!(include_str!("../assets/axle.js").lines().count() < 300);
    }
}
