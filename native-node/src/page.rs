//! The page, embedded in the binary by `build.rs`.

use std::io;

/// A file of the page, ready to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// For the header `Content-Type`.
    pub content_type: &'static str,
    /// The ways it travels, the smallest first; one at least.
    pub bodies: &'static [Body],
}

/// The bytes of a file as they travel.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// For the header `Content-Encoding`; absent where the bytes are plain.
    pub encoding: Option<&'static str>,
    /// The body, compressed as `encoding` says.
    pub bytes: &'static [u8],
}

impl Asset {
    /// The smallest body that a client takes, by its header `Accept-Encoding` (RFC 9110, 12.5.3); none
    /// if there are only compressed ones and it takes none of them.
    #[must_use]
    pub fn accepted(&self, accept: &str) -> Option<Body> {
        let taken = |body: &&Body| body.encoding.is_none_or(|encoding| is_taken(encoding, accept));
        self.bodies.iter().find(taken).copied()
    }

    /// The body as it was before it was compressed.
    ///
    /// # Errors
    /// Never for a file of ours.
    pub fn plain(&self) -> io::Result<Vec<u8>> {
        let body = self.accepted("gzip").ok_or(io::ErrorKind::InvalidData)?;
        if body.encoding.is_some() { unpack(body.bytes) } else { Ok(body.bytes.to_vec()) }
    }
}

#[cfg(feature = "page")]
fn unpack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    use std::io::Read as _;

    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Without the page there is nothing compressed.
#[cfg(not(feature = "page"))]
fn unpack(_: &[u8]) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether a header names an encoding, and not as one that is refused (`br;q=0`).
fn is_taken(encoding: &str, accept: &str) -> bool {
    accept.split(',').any(|part| {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        let weight = weight.trim().trim_start_matches("q=");
        let refused = weight.starts_with('0') && !weight.contains(|c| ('1'..='9').contains(&c));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

/// Every file of the page, by its path. Empty where the page was left out of the build.
static FILES: &[(&str, Asset)] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// Served as the only file where the page was left out of the build.
const ABSENT: Asset = Asset {
    content_type: "text/html; charset=utf-8",
    bodies: &[Body { encoding: None, bytes: ABSENT_PAGE }],
};

const ABSENT_PAGE: &[u8] = b"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">\
<title>Herd</title><style>body{font:1rem/1.5 system-ui;max-width:36rem;margin:4rem auto;\
padding:0 1rem;color-scheme:light dark}</style><h1>The herd is up</h1>\
<p>This <code>herd</code> was built without its page. To have the page, build it without \
<code>HERD_SKIP_PAGE</code> and with the default features:<pre>cargo run --release</pre>";

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

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Asset = Asset {
        content_type: "text/plain",
        bodies: &[
            Body { encoding: Some("br"), bytes: b"b" },
            Body { encoding: Some("gzip"), bytes: b"gz" },
        ],
    };

    #[track_caller]
    fn takes(accept: &str, encoding: Option<&str>) {
        assert_eq!(FILE.accepted(accept).and_then(|body| body.encoding), encoding, "{accept}");
    }

    #[test]
    fn a_client_is_given_the_smallest_body_that_it_takes() {
        takes("gzip, deflate, br, zstd", Some("br"));
        takes("gzip, deflate", Some("gzip"));
        takes("br;q=0, GZIP;q=0.5", Some("gzip"));
        takes("br;q=0.001", Some("br"));
        takes("br;q=0.000, identity", None);
        takes("", None);
        assert_eq!(ABSENT.accepted("").map(|body| body.encoding), Some(None));
    }
}
