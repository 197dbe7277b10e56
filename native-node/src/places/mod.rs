//! Places services: who is asked what is near a client.

mod google;
mod google_legacy;
mod http;
mod key;

use std::fmt;
use std::sync::Arc;

use herd_core::limits::LOOKUPS_MAX;
use herd_core::{PlacesError, Query};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use self::http::Http;
pub use self::http::UrlError;
pub use self::key::{Key, KeyError};

/// Which service is asked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Provider {
    /// Embedded: plausible places, always the same ones at the same spot; no network, no key
    #[default]
    Mock,
    /// Google Places API (New): places:searchNearby
    Google,
    /// Google Places API (Legacy): Nearby Search
    GoogleLegacy,
}

/// Where Google's services are, unless another address is given.
const GOOGLE: &str = "https://places.googleapis.com";
const GOOGLE_LEGACY: &str = "https://maps.googleapis.com";

/// Requests to a service in flight from this process. Servers bound their own, too.
const CONCURRENT_MAX: usize = LOOKUPS_MAX;

/// What a service is, how it is reached, and the key it wants.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which service.
    pub provider: Provider,
    /// Its address, if it is not Google's own: `http://` or `https://`, host, port.
    pub url: Option<String>,
    /// Its key.
    pub key: Option<Key>,
}

/// A service that can be asked. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub enum Places {
    /// The embedded one answers on the spot.
    Mock,
    /// One over HTTP answers later.
    Remote(Arc<Remote>),
}

/// A service over HTTP.
#[derive(Debug)]
pub struct Remote {
    service: Service,
    http: Http,
    key: Option<Key>,
    runtime: Handle,
    slots: Arc<Semaphore>,
}

#[derive(Clone, Copy, Debug)]
enum Service {
    Google,
    GoogleLegacy,
}

/// What a service cannot be used for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SetupError {
    /// Its address is none.
    Url(UrlError),
    /// Google's own address, and no key.
    NoKey,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) => write!(f, "--places-url: {why}"),
            Self::NoKey => f.write_str(
                "Google's Places service wants a key: put it in the environment as HERD_PLACES_KEY, \
                 or in a file named by --places-key-file",
            ),
        }
    }
}

impl std::error::Error for SetupError {}

/// What became of a request: the body as the service gave it, or why there is none and, for the
/// log, in the service's words (never with the key).
pub type Answer = Result<Vec<u8>, Failure>;

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    /// For the client.
    pub error: PlacesError,
    /// For the log.
    pub detail: String,
}

impl Places {
    /// The answer of the embedded service.
    #[must_use]
    pub fn mock(query: &Query) -> Vec<u8> {
        herd_sim_wasm::places::answer(query).into_bytes()
    }

    /// The service that `options` describe; its requests run on `runtime`.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn new(options: &Options, runtime: &Handle) -> Result<Self, SetupError> {
        let (service, standard) = match options.provider {
            Provider::Mock => return Ok(Self::Mock),
            Provider::Google => (Service::Google, GOOGLE),
            Provider::GoogleLegacy => (Service::GoogleLegacy, GOOGLE_LEGACY),
        };
        if options.url.is_none() && options.key.is_none() {
            return Err(SetupError::NoKey);
        }
        let url = options.url.as_deref().unwrap_or(standard);
        Ok(Self::Remote(Arc::new(Remote {
            service,
            http: Http::new(url, runtime).map_err(SetupError::Url)?,
            key: options.key.clone(),
            runtime: runtime.clone(),
            slots: Arc::new(Semaphore::new(CONCURRENT_MAX)),
        })))
    }
}

impl Remote {
    /// Asks the service; `then` has the answer once it is there. Requests over the bound are
    /// answered "overloaded" at once.
    pub fn ask<F>(self: &Arc<Self>, query: Query, then: impl FnOnce(Answer) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let own = Arc::clone(self);
        let slot = Arc::clone(&self.slots).try_acquire_owned();
        self.runtime.spawn(async move {
            let answer = match slot {
                Ok(_held_until_answered) => own.answer(&query).await,
                Err(_) => Err(Failure {
                    error: PlacesError::Overloaded,
                    detail: format!("{CONCURRENT_MAX} requests are in flight"),
                }),
            };
            then(answer).await;
        });
    }

    async fn answer(&self, query: &Query) -> Answer {
        let key = self.key.as_ref();
        let answer = match self.service {
            Service::Google => self.http.send(google::request(&self.http, query, key)).await,
            Service::GoogleLegacy => {
                self.http.send(google_legacy::request(&self.http, query, key)).await
            }
        };
        answer.map_err(|Failure { error, detail }| match key {
            Some(key) => Failure { error, detail: key.redact(&detail) },
            None => Failure { error, detail },
        })
    }
}

/// Nano-degrees as decimal degrees, exactly.
fn degrees_text(nano: i64) -> String {
    let sign = if nano < 0 { "-" } else { "" };
    let nano = nano.unsigned_abs();
    format!("{sign}{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000)
}

/// Micrometres as decimal metres, exactly, without needless zeros.
fn metres_text(micro: u64) -> String {
    let text = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{degrees_text, metres_text};

    #[test]
    fn numbers_are_exact() {
        assert_eq!(degrees_text(34_068_930_000), "34.068930000");
        assert_eq!(degrees_text(-118_445_127_000), "-118.445127000");
        assert_eq!(degrees_text(-1), "-0.000000001");
        assert_eq!(metres_text(10_500_000_000), "10500");
        assert_eq!(metres_text(1_500_000), "1.5");
        assert_eq!(metres_text(1), "0.000001");
    }
}
