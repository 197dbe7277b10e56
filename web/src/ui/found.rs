//! The places of the last answer, read from the very JSON that the client got.

use js_sys::{Array, JSON, Reflect};
use leptos::wasm_bindgen::JsValue;

use crate::geo::Spot;
use crate::session::Session;

/// A place near a client.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) spot: Spot,
}

/// The places that a client was last told of.
pub(super) fn places_found(session: &Session, client: &str) -> Vec<Found> {
    let last = session.talk(client).into_iter().find_map(|talk| talk.json);
    let parsed = last.and_then(|json| JSON::parse(&json).ok());
    let results = parsed.and_then(|json| field(&json, "results"));
    let results = results.filter(Array::is_array).map(|list| Array::from(&list));
    results.iter().flat_map(Array::iter).filter_map(|place| read(&place)).collect()
}

fn read(place: &JsValue) -> Option<Found> {
    let location = field(&field(place, "geometry")?, "location")?;
    let lat = field(&location, "lat")?.as_f64()?;
    let lon = field(&location, "lng")?.as_f64()?;
    Some(Found { name: field(place, "name")?.as_string()?, spot: Spot::new(lat, lon) })
}

/// A field of a JavaScript object.
pub(super) fn field(value: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(value, &JsValue::from_str(name)).ok()
}
