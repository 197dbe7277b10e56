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

/// The file at a path of the page's address (`/` is `index.html`), if there is one.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let path = path.trim_start_matches('/');
    let name = if path.is_empty() { "index.html" } else { path };
    if FILES.is_empty() {
        return (name == "index.html").then_some(ABSENT);
    }
    FILES.iter().find(|(known, _)| *known == name).map(|(_, asset)| *asset)
}

/// Every path of the page and how many bytes travel for it.
pub fn sizes() -> impl Iterator<Item = (&'static str, usize)> {
    FILES.iter().map(|(name, asset)| (*name, asset.bytes.len()))
}
