//! Google Places API (New), Nearby Search:
//! <https://developers.google.com/maps/documentation/places/web-service/nearby-search>

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};

use herd_core::Query;

use super::http::Http;
use super::key::Key;
use super::{degrees_text, metres_text};

/// The fields asked for; the service bills by them and gives nothing without.
const FIELD_MASK: &str = "places.id,places.displayName,places.formattedAddress,places.location,\
places.rating,places.types,places.userRatingCount";

pub(super) fn request(http: &Http, query: &Query, key: Option<&Key>) -> Request<Full<Bytes>> {
    let body = format!(
        "{{\"maxResultCount\":{},\"locationRestriction\":{{\"circle\":{{\"center\":\
         {{\"latitude\":{},\"longitude\":{}}},\"radius\":{}}}}}}}",
        query.bound,
        degrees_text(query.lat.0),
        degrees_text(query.lon.0),
        metres_text(query.radius_um),
    );
    let mut request = Request::post(http.address("/v1/places:searchNearby"))
        .header(CONTENT_TYPE, "application/json")
        .header("X-Goog-FieldMask", FIELD_MASK)
        .body(Full::from(body))
        .expect("the address was checked, the rest is constant");
    if let Some(key) = key {
        let mut value = HeaderValue::from_str(key.reveal()).expect("a key is visible ASCII");
        value.set_sensitive(true);
        request.headers_mut().insert("X-Goog-Api-Key", value);
    }
    request
}
