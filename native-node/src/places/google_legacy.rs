//! Google Places API (Legacy), Nearby Search:
//! <https://developers.google.com/maps/documentation/places/web-service/legacy/search-nearby>

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;

use herd_core::Query;

use super::http::{Http, escaped};
use super::key::Key;
use super::{degrees_text, metres_text};

pub(super) fn request(http: &Http, query: &Query, key: Option<&Key>) -> Request<Full<Bytes>> {
    let mut path = format!(
        "/maps/api/place/nearbysearch/json?location={},{}&radius={}",
        degrees_text(query.lat.0),
        degrees_text(query.lon.0),
        metres_text(query.radius_um),
    );
    if let Some(key) = key {
        path.push_str("&key=");
        path.push_str(&escaped(key.reveal()));
    }
    Request::get(http.address(&path))
        .body(Full::default())
        .expect("the address was checked, the rest is percent-encoded")
}
