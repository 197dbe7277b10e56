use super::*;

const UCLA: (i64, i64) = (34_068_930_000, -118_445_127_000);

fn at(lat: i64, lon: i64, radius_m: u64) -> Vec<Place> {
    nearby(Degrees(lat), Degrees(lon), radius_m * 1_000_000)
}

#[test]
fn distances_are_right() {
    // By the haversine formula on a sphere of 6371.0087714 km.
    for ((a, b), (c, d), metres) in [
        (UCLA, (34_068_930_000, -118_444_127_000), 92.109_0),
        (UCLA, (34_168_930_000, -118_445_127_000), 11_119.508),
        ((0, 0), (0, 100_000_000), 11_119.508),
        ((89_990_000_000, 0), (89_990_000_000, 180_000_000_000), 2_223.902),
        ((10_000_000, 179_990_000_000), (10_000_000, -179_990_000_000), 2_223.902),
    ] {
        let got = Point::new(a, b).distance_um(&Point::new(c, d));
        let wanted = metres * 1e6;
        #[expect(clippy::cast_precision_loss, reason = "the tolerance is wider")]
        let off = (got as f64 - wanted).abs();
        assert!(off <= wanted * 1e-6 + 5e3, "{a},{b} to {c},{d}: {got} µm instead of {wanted}");
    }
}

#[test]
fn the_same_place_always_has_the_same_neighbours() {
    let (lat, lon) = UCLA;
    let wide = at(lat, lon, 50_000);
    assert_eq!(wide.len(), RESULTS_MAX);
    assert_eq!(wide, at(lat, lon, 50_000));
    // Nearest first, and a smaller radius gives the front of the list.
    assert!(wide.is_sorted_by_key(|place| place.distance_um));
    for count in [1, 5, 12] {
        let radius = wide[count - 1].distance_um;
        assert_eq!(nearby(Degrees(lat), Degrees(lon), radius), wide[..count]);
        assert_eq!(nearby(Degrees(lat), Degrees(lon), radius - 1), wide[..count - 1]);
    }
    // From next door the same places are there, at other distances.
    let shared = at(lat + 1_000_000, lon, 50_000);
    assert!(wide.iter().filter(|place| shared.iter().any(|s| s.id == place.id)).count() > 10);
}

#[test]
fn nothing_near_is_missed() {
    // Against a search of everything in a square that is wide enough.
    for (lat, lon) in
        [UCLA, (0, 0), (0, 179_999_999_999), (-89_000_000_000, 45), (60_000_000_001, -7)]
    {
        let middle = Point::new(lat, lon);
        let mut all: Vec<u64> = (0..9)
            .flat_map(|ring| cells(lat, lon, ring))
            .flat_map(|(band, cell, count)| {
                let sites = 1 + below(luck(band, cell, 0, 0), 4);
                (0..sites).map(move |n| Site { band, cell, n, count })
            })
            .map(|site| site.coordinates())
            .map(|(lat, lon)| middle.distance_um(&Point::new(lat, lon)))
            .collect();
        all.sort_unstable();
        let found: Vec<u64> = at(lat, lon, 50_000).iter().map(|p| p.distance_um).collect();
        assert_eq!(found, all[..RESULTS_MAX], "around {lat}, {lon}");
    }
}

#[test]
fn the_ends_of_the_earth_have_places_too() {
    for (lat, lon) in
        [(90_000_000_000, 0), (-90_000_000_000, 0), (0, 180_000_000_000), (0, -180_000_000_000)]
    {
        let places = at(lat, lon, 50_000);
        assert_eq!(places.len(), RESULTS_MAX, "around {lat}, {lon}");
        for place in places {
            assert!(place.lat_e7.abs() <= 900_000_000 && place.lon_e7.abs() <= 1_800_000_000);
        }
    }
}

#[test]
fn the_answer_has_the_form_of_nearby_search() {
    let query =
        |radius_um| Query { lat: Degrees(UCLA.0), lon: Degrees(UCLA.1), radius_um, bound: 1 };
    let text = answer(&query(10_000_000_000));
    assert!(text.starts_with("{\n   \"html_attributions\" : [],\n   \"results\" : [\n      {\n"));
    assert!(text.ends_with("      }\n   ],\n   \"status\" : \"OK\"\n}\n"));
    assert_eq!(text.matches("\"place_id\"").count(), RESULTS_MAX);
    assert_eq!(
        answer(&query(1)),
        "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : \"ZERO_RESULTS\"\n}\n"
    );
}

#[test]
fn coordinates_are_plain_decimals() {
    for (e7, text) in
        [(340_689_300, "34.06893"), (-1_184_451_270, "-118.445127"), (0, "0.0"), (-1, "-0.0000001")]
    {
        assert_eq!(decimal(e7), text);
    }
}
