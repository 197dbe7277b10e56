//! The mock Places service: the same place always has the same neighbours, on every machine. Used by
//! the simulator, and natively where no real service is wanted.
//!
//! The Earth is divided into cells about half a kilometre wide; each holds a few places, drawn from
//! the cell's number alone. Everything is integers, distances included.

mod geometry;

use std::fmt::Write as _;

use herd_core::Query;
use herd_core::codec::Degrees;
use herd_core::sort::sort;

use crate::rng::{Purpose, below, draw};
use geometry::Point;

/// A place of the mock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// What it is called.
    pub name: String,
    /// Where it is, 10^-7 degrees north.
    pub lat_e7: i64,
    /// Where it is, 10^-7 degrees east.
    pub lon_e7: i64,
    /// What it is, in Google's words; the first is the most telling.
    pub types: [&'static str; 3],
    /// Street and number.
    pub vicinity: String,
    /// Its id.
    pub id: String,
    /// From 1.0 to 5.0, in tenths.
    pub rating: u64,
    /// How many people rated it.
    pub ratings: u64,
    /// How far it is from where was asked, micrometres along the great circle.
    pub distance_um: u64,
}

/// Results of one answer at most, as Nearby Search gives in one page.
pub const RESULTS_MAX: usize = 20;

/// The answer of the service in the form of Nearby Search: what is within the radius, nearest
/// first, at most [`RESULTS_MAX`]. (The core cuts what is more than the client wanted.)
#[must_use]
pub fn answer(query: &Query) -> String {
    let places = nearby(query.lat, query.lon, query.radius_um);
    let status = if places.is_empty() { "ZERO_RESULTS" } else { "OK" };
    let mut json = String::from("{\n   \"html_attributions\" : [],\n   \"results\" : [");
    for (index, place) in places.iter().enumerate() {
        json.push_str(if index == 0 { "\n" } else { ",\n" });
        put(&mut json, place).expect("a String takes everything");
    }
    let close = if places.is_empty() { "],\n" } else { "\n   ],\n" };
    write!(json, "{close}   \"status\" : \"{status}\"\n}}\n").expect("a String takes everything");
    json
}

/// The places within a radius, nearest first, at most [`RESULTS_MAX`].
#[must_use]
pub fn nearby(lat: Degrees, lon: Degrees, radius_um: u64) -> Vec<Place> {
    let middle = Point::new(lat.0, lon.0);
    let mut found: Vec<(u64, Site)> = Vec::new();
    for ring in 0..=RINGS {
        for (band, cell, count) in cells(lat.0, lon.0, ring) {
            for n in 0..1 + below(luck(band, cell, 0, 0), 4) {
                let site = Site { band, cell, n, count };
                let (lat, lon) = site.coordinates();
                let distance = middle.distance_um(&Point::new(lat, lon));
                if distance <= radius_um {
                    found.push((distance, site));
                }
            }
        }
        // All that is nearer than the rings are wide has been seen.
        let seen = ring * SAFE_UM;
        sort(&mut found);
        let enough = found.len() >= RESULTS_MAX && found[RESULTS_MAX - 1].0 <= seen;
        if enough || seen >= radius_um {
            break;
        }
    }
    found.truncate(RESULTS_MAX);
    found.into_iter().map(|(distance, site)| site.describe(distance)).collect()
}

/// Height of a band of cells, nano-degrees: 556 m.
const BAND: i64 = 5_000_000;
/// Bands from pole to pole.
const BANDS: i64 = 180_000_000_000 / BAND;
/// Cells around the equator.
const AROUND: i64 = 2 * BANDS;
/// What one more ring of cells covers at least, µm.
const SAFE_UM: u64 = 450_000_000;
/// Rings that are looked at, at most: 50 km.
const RINGS: u64 = 50_000_000_000 / SAFE_UM + 1;

/// One place: which cell it is in, and which of those there.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Site {
    band: i64,
    cell: i64,
    n: u64,
    /// How many cells the band has.
    count: i64,
}

/// How many cells a band has: so few that each is at least as wide as high.
fn cells_in(band: i64) -> i64 {
    let edge = |band: i64| (band * BAND - 90_000_000_000).abs();
    let poleward = edge(band).max(edge(band + 1));
    (i128::from(AROUND) * geometry::cosine(poleward) / geometry::ONE).try_into().unwrap_or(0).max(1)
}

/// The cells of one ring around a place: band, cell, and how many the band has.
fn cells(lat: i64, lon: i64, ring: u64) -> Vec<(i64, i64, i64)> {
    let ring = i64::try_from(ring).unwrap_or(i64::MAX);
    let middle = ((lat + 90_000_000_000) / BAND).min(BANDS - 1);
    let mut cells = Vec::new();
    for band in (middle - ring).max(0)..=(middle + ring).min(BANDS - 1) {
        let count = cells_in(band);
        let own = cell_at(lon, count);
        if (band - middle).abs() == ring {
            let reach = ring.min(count / 2);
            cells.extend(
                (own - reach..=own + reach).map(|cell| (band, cell.rem_euclid(count), count)),
            );
        } else if 2 * ring <= count {
            cells.push((band, (own - ring).rem_euclid(count), count));
            cells.push((band, (own + ring).rem_euclid(count), count));
        }
    }
    sort(&mut cells);
    cells.dedup();
    cells
}

fn cell_at(lon: i64, count: i64) -> i64 {
    let cell = i128::from(lon + 180_000_000_000) * i128::from(count) / 360_000_000_000;
    i64::try_from(cell).unwrap_or(0).rem_euclid(count)
}

fn luck(band: i64, cell: i64, n: u64, what: u64) -> u64 {
    draw(0, Purpose::Places, band.cast_unsigned(), cell.cast_unsigned(), n * 64 + what)
}

impl Site {
    fn luck(&self, what: u64, bound: u64) -> u64 {
        below(luck(self.band, self.cell, self.n, 1 + what), bound)
    }

    fn pick<T: Copy>(&self, what: u64, list: &[T]) -> T {
        list[usize::try_from(self.luck(what, list.len() as u64)).unwrap_or(0)]
    }

    /// Nano-degrees, whole multiples of 100: what the answer says is exact.
    fn coordinates(&self) -> (i64, i64) {
        let width = 360_000_000_000 / self.count;
        let within =
            |what, size: i64| self.luck(what, size.cast_unsigned() / 100).cast_signed() * 100;
        let lat = self.band * BAND - 90_000_000_000 + within(0, BAND);
        let lon = self.cell * width - 180_000_000_000 + within(1, width);
        (lat / 100 * 100, lon / 100 * 100)
    }

    fn describe(&self, distance_um: u64) -> Place {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (lat, lon) = self.coordinates();
        let (kind, types) = self.pick(2, &KINDS);
        let id: String = (0..23).map(|at| char::from(self.pick(8 + at, DIGITS))).collect();
        Place {
            name: format!("{} {kind}", self.pick(3, &NAMES)),
            lat_e7: lat / 100,
            lon_e7: lon / 100,
            types,
            vicinity: format!("{} {}", 1 + self.luck(4, 1800), self.pick(5, &STREETS)),
            id: format!("ChIJ{id}"),
            rating: 28 + self.luck(6, 23),
            ratings: 3 + self.luck(7, 2400),
            distance_um,
        }
    }
}

fn put(json: &mut String, place: &Place) -> std::fmt::Result {
    let Place { name, vicinity, id, .. } = place;
    let (lat, lon) = (decimal(place.lat_e7), decimal(place.lon_e7));
    let [first, second, third] = place.types;
    let (stars, tenths) = (place.rating / 10, place.rating % 10);
    writeln!(json, "      {{\n         \"business_status\" : \"OPERATIONAL\",")?;
    writeln!(json, "         \"geometry\" : {{\n            \"location\" : {{")?;
    writeln!(json, "               \"lat\" : {lat},\n               \"lng\" : {lon}")?;
    writeln!(json, "            }}\n         }},")?;
    writeln!(json, "         \"name\" : \"{name}\",")?;
    writeln!(json, "         \"place_id\" : \"{id}\",")?;
    writeln!(json, "         \"rating\" : {stars}.{tenths},")?;
    writeln!(json, "         \"reference\" : \"{id}\",")?;
    writeln!(json, "         \"scope\" : \"GOOGLE\",")?;
    writeln!(json, "         \"types\" : [ \"{first}\", \"{second}\", \"{third}\" ],")?;
    writeln!(json, "         \"user_ratings_total\" : {},", place.ratings)?;
    write!(json, "         \"vicinity\" : \"{vicinity}\"\n      }}")
}

/// 10^-7 degrees as a decimal number.
fn decimal(e7: i64) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    let digits = format!("{:07}", e7.unsigned_abs() % 10_000_000);
    let digits = digits.trim_end_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    format!("{sign}{}.{digits}", e7.unsigned_abs() / 10_000_000)
}

const KINDS: [(&str, [&str; 3]); 20] = [
    ("Café", ["cafe", "food", "establishment"]),
    ("Bakery", ["bakery", "food", "store"]),
    ("Taquería", ["restaurant", "food", "establishment"]),
    ("Noodle House", ["restaurant", "food", "establishment"]),
    ("Grill", ["restaurant", "bar", "food"]),
    ("Books", ["book_store", "store", "establishment"]),
    ("Market", ["supermarket", "grocery_or_supermarket", "store"]),
    ("Pharmacy", ["pharmacy", "health", "store"]),
    ("Library", ["library", "point_of_interest", "establishment"]),
    ("Museum", ["museum", "point_of_interest", "establishment"]),
    ("Gallery", ["art_gallery", "point_of_interest", "establishment"]),
    ("Park", ["park", "point_of_interest", "establishment"]),
    ("School", ["school", "point_of_interest", "establishment"]),
    ("Theater", ["movie_theater", "point_of_interest", "establishment"]),
    ("Hotel", ["lodging", "point_of_interest", "establishment"]),
    ("Gym", ["gym", "health", "establishment"]),
    ("Bank", ["bank", "finance", "establishment"]),
    ("Florist", ["florist", "store", "establishment"]),
    ("Bicycles", ["bicycle_store", "store", "establishment"]),
    ("Station", ["transit_station", "point_of_interest", "establishment"]),
];

const NAMES: [&str; 32] = [
    "Acacia",
    "Arroyo",
    "Bluebird",
    "Bruin",
    "Canyon",
    "Copper",
    "Driftwood",
    "Eastside",
    "Fern",
    "Fig Tree",
    "Golden",
    "Granada",
    "Harbor",
    "Hilltop",
    "Iris",
    "Jacaranda",
    "Juniper",
    "Kestrel",
    "Lantern",
    "Linden",
    "Magnolia",
    "Meridian",
    "Northgate",
    "Olive",
    "Palisade",
    "Quarry",
    "Redwood",
    "Sierra",
    "Sunset",
    "Union",
    "Westwood",
    "Willow",
];

const STREETS: [&str; 16] = [
    "Main Street",
    "Oak Avenue",
    "Hilgard Avenue",
    "Mill Road",
    "Station Street",
    "Garden Lane",
    "Market Street",
    "River Road",
    "Second Street",
    "Church Street",
    "Le Conte Avenue",
    "Park Drive",
    "Weyburn Avenue",
    "Lake Street",
    "College Road",
    "Harbor Way",
];

#[cfg(test)]
mod tests;
