//! The page, embedded in the binary by `build.rs`.

/// A file of the page, ready to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// For the header `Content-Type`.
    pub content_type: &'static str,
    /// For the header `Content-Encoding`; absent where the bytes are plain.
    pub encoding: Option<&'static str>,
    /// The body, compressed as `encoding` says.
    pub bytes: &'static [u8],
}

#[cfg(feature = "page")]
impl Asset {
    /// The body as it was before it was compressed.
    ///
    /// # Errors
    /// Never for a file of ours.
    pub fn plain(&self) -> std::io::Result<Vec<u8>> {
        use std::io::Read as _;

        let mut plain = Vec::new();
        match self.encoding {
            None => plain.extend_from_slice(self.bytes),
            Some(_) => {
                flate2::read::GzDecoder::new(self.bytes).read_to_end(&mut plain)?;
            }
        }
        Ok(plain)
    }
}

/// Every file of the page, by its path. Empty where the page was left out of the build.
static FILES: &[(&str, Asset)] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// Served as the only file where the page was left out of the build.
const ABSENT: Asset = Asset {
    content_type: "text/html; charset=utf-8",
    encoding: None,
    bytes: b"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">\
<title>Herd</title><style>body{font:1rem/1.5 system-ui;max-width:36rem;margin:4rem auto;\
padding:0 1rem;color-scheme:light dark}</style><h1>The herd is up</h1>\
<p>This <code>herd</code> was built without its page. To have the page, build it without \
<code>HERD_SKIP_PAGE</code> and with the default features:<pre>cargo run --release</pre>",
};

/// The file at a path of the page's address, if there is one; of a folder it is `index.html`.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let path = path.trim_start_matches('/');
    let index = if path.is_empty() || path.ends_with('/') { "index.html" } else { "" };
    let name = format!("{path}{index}");
    if FILES.is_empty() {
        return (name == "index.html").then_some(ABSENT);
    }
    FILES.iter().find(|(known, _)| **known == *name).map(|(_, asset)| *asset)
}

/// Every file below a folder of the page, by its name there.
pub fn below(folder: &str) -> impl Iterator<Item = (&'static str, Asset)> {
    FILES.iter().filter_map(move |(name, asset)| {
        Some((name.strip_prefix(folder)?.strip_prefix('/')?, *asset))
    })
}

/// Every path of the page and how many bytes travel for it.
pub fn sizes() -> impl Iterator<Item = (&'static str, usize)> {
    FILES.iter().map(|(name, asset)| (*name, asset.bytes.len()))
}
