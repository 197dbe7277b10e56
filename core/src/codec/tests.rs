mod data;
mod framer;
mod frames;
mod places;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::*;
use crate::floor::Floor;
use crate::have::Have;
use crate::limits::{
    BOUND_MAX, CLIENT_MAX, FIELD_MAX, FRAME_MAX, LINE_ECHO, LINE_MAX, NAME_MAX, PLACES_DEPTH,
    RADIUS_KM_MAX, WATCHED_MAX,
};
use crate::time::Wall;

#[track_caller]
fn refused(line: &str, why: ParseError) {
    assert_eq!(parse(line.as_bytes()), Err(why), "{line}");
}

#[track_caller]
fn iamat(line: &str) -> IamAt<'_> {
    match parse(line.as_bytes()) {
        Ok(Some(Command::IamAt(iamat))) => iamat,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_client_line_is_read_whatever_white_space_stands_in_it() {
    for line in [
        "IAMAT kiwi +34.068930-118.445127 1520023934.918963997",
        " \tIAMAT \x0b kiwi\x0c+34.068930-118.445127\r1520023934.918963997 \r",
    ] {
        let said = iamat(line);
        assert_eq!(said.client, b"kiwi");
        assert_eq!(said.place.text, b"+34.068930-118.445127");
        assert_eq!(said.place.lat, Degrees(34_068_930_000));
        assert_eq!(said.place.lon, Degrees(-118_445_127_000));
        assert_eq!(said.stamp, Wall(1_520_023_934_918_963_997));
        assert_eq!(said.stamp_text, b"1520023934.918963997");
    }
}

#[test]
fn only_six_ascii_characters_are_white_space() {
    assert_eq!(
        iamat("IAMAT a\u{a0}b\u{85}c\u{2003}d\x1c +1-1 5").client,
        "a\u{a0}b\u{85}c\u{2003}d\x1c".as_bytes()
    );
    assert_eq!(parse(b" \t\r\x0b\x0c "), Ok(None));
    assert_eq!(parse(b""), Ok(None));
}

#[test]
fn ids_that_look_like_commands_are_only_ids() {
    for id in ["IAMAT", "AT", "?", "HERD", "WHATSAT"] {
        assert_eq!(iamat(&alloc::format!("IAMAT {id} +1-1 5")).client, id.as_bytes());
    }
}

#[test]
fn every_refusal_has_its_reason() {
    use ParseError as E;
    refused("LLL", E::Unknown);
    refused("iamat kiwi +1-1 5", E::Unknown);
    refused("IAMAT", E::Fields);
    refused("IAMAT kiwi +1-1", E::Fields);
    refused("IAMAT ki wi +1-1 5", E::Fields);
    refused("WHATSAT kiwi 10", E::Fields);
    refused("WHATSAT kiwi 10 5 5", E::Fields);
    for place in [
        "34-118",
        "+34",
        "+-.",
        "+-",
        "+34.0.1-118.0",
        "+91.0-118.0",
        "+90.0000000001-118",
        "+34.0-180.5",
        "+34.0-118.0/",
        "+34.0-118.0+12.0",
        "+34,0-118,0",
        "NOWHERE",
        "+.5-118",
        "+34.-118",
        "--34-118",
    ] {
        refused(&alloc::format!("IAMAT kiwi {place} 5"), E::Place);
    }
    for stamp in [
        "NOW",
        "-5",
        "+5",
        "1e9",
        "1_000",
        "0x10",
        "nan",
        "inf",
        "1.2.3",
        "5.",
        ".5",
        "1.0000000000",
        "9223372036.854775808",
        "99999999999999999999",
    ] {
        refused(&alloc::format!("IAMAT kiwi +1-1 {stamp}"), E::Stamp);
    }
    for radius in ["0", "0.000", "-1", "50.0001", "50.0000000000001", "51", "r", "nan", "1e1", "+5"]
    {
        refused(&alloc::format!("WHATSAT kiwi {radius} 5"), E::Radius);
    }
    for bound in ["0", "21", "1000", "-1", "l", "5.0", "18446744073709551617"] {
        refused(&alloc::format!("WHATSAT kiwi 10 {bound}"), E::Bound);
    }
    refused(&alloc::format!("IAMAT {} +1-1 5", "x".repeat(CLIENT_MAX + 1)), E::ClientTooLong);
    refused(&alloc::format!("WATCH k {}", "x".repeat(CLIENT_MAX + 1)), E::ClientTooLong);
    refused(&alloc::format!("WATCH {}", "k ".repeat(WATCHED_MAX + 1)), E::TooMany);
    iamat(&alloc::format!("IAMAT {} +1-1 5", "x".repeat(CLIENT_MAX)));
}

#[test]
fn the_limits_themselves_are_fine() {
    for place in
        ["+90.000000-180.000000", "-90+180", "+00.000000-000.000000", "+34.068930000000002-118.4"]
    {
        assert_eq!(iamat(&alloc::format!("IAMAT k {place} 5")).place.text, place.as_bytes());
    }
    assert_eq!(iamat("IAMAT k +1-1 9223372036.854775807").stamp, Wall(i64::MAX));
    let radius = |text: &str| match parse(alloc::format!("WHATSAT k {text} 20").as_bytes()) {
        Ok(Some(Command::WhatsAt(asked))) => (asked.radius_um, asked.bound),
        other => panic!("{other:?}"),
    };
    assert_eq!((RADIUS_KM_MAX, BOUND_MAX), (50, 20));
    assert_eq!(radius("50"), (50_000_000_000, 20));
    assert_eq!(radius("50.000"), (50_000_000_000, 20));
    assert_eq!(radius("10.5871263"), (10_587_126_300, 20));
    assert_eq!(radius("0.00000000001"), (1, 20));
}

#[test]
fn stamps_are_integers_of_nanoseconds() {
    let stamp = |text: &str| iamat(&alloc::format!("IAMAT k +1-1 {text}")).stamp;
    assert!(stamp("1000000000.5") > stamp("999999999.5"));
    assert!(stamp("1520023934.918963998") > stamp("1520023934.918963997"));
    assert_eq!(stamp("1520023934"), stamp("1520023934.0"));
}

#[test]
fn a_record_is_canonical_or_no_record() {
    let good = "AT Alford +0.263873386 kiwi +34.068930-118.445127 1520023934.918963997";
    let at = At::canonical(good.as_bytes()).unwrap();
    assert_eq!(
        (at.server, at.skew, at.client),
        (&b"Alford"[..], &b"+0.263873386"[..], &b"kiwi"[..])
    );
    for bad in [
        "AT  Alford +0.2 kiwi +1-1 5",
        "AT Alford +0.2 kiwi +1-1 5 ",
        "AT Alford\t+0.2 kiwi +1-1 5",
        "AT Alford +0.2 kiwi +1-1 5\n",
        " AT Alford +0.2 kiwi +1-1 5",
        "AT Alford +0.2 kiwi +1-1",
        "AT Alford zero kiwi +1-1 5",
        "IAMAT kiwi +1-1 5",
    ] {
        assert!(At::canonical(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn names_and_fields_of_a_record_are_bounded() {
    let record = |name: usize, skew: usize, decimals: usize| {
        let (name, skew) = ("n".repeat(name), "1".repeat(skew));
        let line = alloc::format!("AT {name} {skew} kiwi +1.{}-1 5", "0".repeat(decimals));
        At::canonical(line.as_bytes()).map(|_| ())
    };
    assert_eq!(record(NAME_MAX, FIELD_MAX, FIELD_MAX - 5), Ok(()));
    assert_eq!(record(NAME_MAX + 1, 1, 1), Err(ParseError::Server));
    assert_eq!(record(1, FIELD_MAX + 1, 1), Err(ParseError::Skew));
    assert_eq!(record(1, 1, FIELD_MAX - 4), Err(ParseError::Place));
    let greeting = |name: usize| {
        Greeting::parse(alloc::format!("HERD 1 herd {} 1", "n".repeat(name)).as_bytes()).is_some()
    };
    assert!(greeting(NAME_MAX) && !greeting(NAME_MAX + 1));
}

#[test]
fn skew_has_a_sign_and_nine_decimals() {
    let text = |ns| {
        let mut out = Vec::new();
        skew_text(&mut out, ns);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(text(0), "+0.000000000");
    assert_eq!(text(263_873_386), "+0.263873386");
    assert_eq!(text(-1), "-0.000000001");
    assert_eq!(text(100_000_000_000), "+100.000000000");
    assert_eq!(text(i128::from(i64::MIN) - i128::from(i64::MAX)), "-18446744073.709551615");
}
