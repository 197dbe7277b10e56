//! An HTTP client for one service: pooled connections, TLS, a deadline, a bound on the answer.

use std::fmt;
use std::time::Duration;

use herd_core::PlacesError;
use herd_core::limits::{LOOKUP_TIMEOUT, PLACES_MAX};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime::Handle;

use super::{Answer, Failure};

/// Connections kept open while nothing is asked.
const POOL: usize = 32;
/// How long they are kept. Google closes them after four minutes.
const POOL_IDLE: Duration = Duration::from_secs(90);
/// Everything but what RFC 3986 leaves alone.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A client for one service.
pub(super) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
}

/// Why a text is no service's address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UrlError(String);

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no address of a service, like https://places.googleapis.com", self.0)
    }
}

impl std::error::Error for UrlError {}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Http {
    /// A client for the service at `url`.
    pub(super) fn new(url: &str, runtime: &Handle) -> Result<Self, UrlError> {
        let error = || UrlError(url.to_owned());
        let parsed: Uri = url.parse().map_err(|_| error())?;
        let plain = matches!(parsed.path_and_query().map(|p| p.as_str()), None | Some("/" | ""));
        let scheme = matches!(parsed.scheme_str(), Some("http" | "https"));
        if !scheme || parsed.host().is_none_or(str::is_empty) || !plain {
            return Err(error());
        }
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(Duration::from_nanos(LOOKUP_TIMEOUT)));
        let tls = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let _runtime = runtime.enter();
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(POOL)
            .pool_idle_timeout(POOL_IDLE)
            .pool_timer(TokioTimer::new())
            .build(tls);
        Ok(Self { client, base: url.trim_end_matches('/').to_owned() })
    }

    /// The whole address of a path of the service.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The body of the answer, if the service gives one in time that says it is one.
    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let deadline = Duration::from_nanos(LOOKUP_TIMEOUT);
        match tokio::time::timeout(deadline, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(failure(PlacesError::TimedOut, "no answer in time")),
        }
    }

    async fn exchange(&self, mut request: Request<Full<Bytes>>) -> Answer {
        let headers = request.headers_mut();
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("herd/", env!("CARGO_PKG_VERSION"))),
        );
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| failure(PlacesError::Unavailable, &causes(&error)))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), PLACES_MAX).collect().await;
        if !status.is_success() {
            return Err(refused(status));
        }
        match body {
            Ok(body) => Ok(body.to_bytes().into()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                let detail = format!("the answer passes {PLACES_MAX} bytes");
                Err(failure(PlacesError::Malformed, &detail))
            }
            Err(error) => Err(failure(PlacesError::Unavailable, &causes(error.as_ref()))),
        }
    }
}

/// What a status other than success means to the client.
fn refused(status: StatusCode) -> Failure {
    let error = match status {
        StatusCode::TOO_MANY_REQUESTS => PlacesError::Overloaded,
        status if status.is_client_error() => PlacesError::Denied,
        _ => PlacesError::Unavailable,
    };
    failure(error, &format!("the service answered {status}"))
}

fn failure(error: PlacesError, detail: &str) -> Failure {
    Failure { error, detail: detail.to_owned() }
}

/// An error and what caused it, in one line.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// `text` for the query of an address.
pub(super) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::Http;

    #[tokio::test]
    async fn addresses_of_services() {
        let runtime = tokio::runtime::Handle::current();
        let is_fine = |url| Http::new(url, &runtime).is_ok();
        assert!(is_fine("https://places.googleapis.com"));
        assert!(is_fine("http://127.0.0.1:8000/"));
        assert!(!is_fine("127.0.0.1:8000"));
        assert!(!is_fine("ftp://example.org"));
        assert!(!is_fine("https://example.org/path"));
        assert!(!is_fine("https://example.org/?key=x"));
    }
}
