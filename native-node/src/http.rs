//! The page, over HTTP.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::page;

/// The page, at every path that nothing else has.
pub fn page() -> Router {
    Router::new().fallback(axum::routing::get(file))
}

/// The same, of a herd that runs in this process: it says so with the page, which can be attached to it.
/// (Server Timing, a working draft of W3C: a header that pages may read.)
pub fn page_of_herd() -> Router {
    let says = async |mut response: Response| {
        let herd = HeaderValue::from_static("herd");
        response.headers_mut().insert("server-timing", herd);
        response
    };
    page().layer(axum::middleware::map_response(says))
}

/// One file. (axum answers HEAD from the same, without the body.)
async fn file(uri: Uri, headers: HeaderMap) -> Response {
    let Some(asset) = page::asset(uri.path()) else {
        // What a folder's page names stands beside it only with the slash.
        let folder = format!("/{}/", uri.path().trim_matches('/'));
        let is_one = page::asset(&folder).is_some();
        return if is_one { Redirect::permanent(&folder).into_response() } else { missing() };
    };
    let accept = headers.get(header::ACCEPT_ENCODING).and_then(|given| given.to_str().ok());
    let body = asset.accepted(accept.unwrap_or_default());
    let encoding = body.and_then(|body| body.encoding);
    let bytes = match body {
        Some(body) => Bytes::from_static(body.bytes),
        // Rare: who asks by hand. Nothing is kept for it.
        None => match asset.plain() {
            Ok(plain) => plain.into(),
            Err(_) => return StatusCode::NOT_ACCEPTABLE.into_response(),
        },
    };
    let tag = tag(&bytes);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|given| *given == tag);
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    answer.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    answer.insert(header::ETAG, tag);
    // A new build of the page has the same addresses: ask, and hear 304.
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// What tells one content from another: FNV-1a of it.
fn tag(bytes: &[u8]) -> HeaderValue {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    HeaderValue::from_str(&format!("\"{hash:016x}\"")).expect("hexadecimal digits are visible")
}

fn missing() -> Response {
    let body = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <link rel=\"icon\" href=\"data:,\"><title>Not here</title>\
        <body style=\"font:1rem system-ui;margin:4rem;color-scheme:light dark\">\
        <p>Nothing is here. <a href=\"/\">The herd's page</a> is.";
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::NOT_FOUND, headers, body).into_response()
}
