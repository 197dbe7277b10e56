//! Answers of Places are cut to the number that was asked for.

use super::*;
use crate::codec::places;

#[track_caller]
fn cut_places(body: &str, bound: u8) -> String {
    let mut out = b"before\n".to_vec();
    match places::put_first_results(&mut out, body.as_bytes(), bound) {
        Ok(()) => String::from_utf8(out.split_off(7)).unwrap(),
        Err(places::NotPlaces) => {
            assert_eq!(out, b"before\n");
            "?".into()
        }
    }
}

#[test]
fn places_answers_are_cut_in_their_own_format() {
    let body = "\n{ \"html\" : [],\r\n\n\n \"results\" : [\n\n  {\"a\":[1,2]},\n  {\"b\":\"]}\"},\n  3\n ],\n \"status\" : \"OK\"\n}\n\n";
    assert_eq!(
        cut_places(body, 2),
        "{ \"html\" : [],\n \"results\" : [\n  {\"a\":[1,2]},\n  {\"b\":\"]}\"}\n ],\n \"status\" : \"OK\"\n}"
    );
    assert_eq!(cut_places("{\"results\":[1,2,3]}", 3), "{\"results\":[1,2,3]}");
    assert_eq!(
        cut_places("{\"places\":[{},{}],\"x\":{\"results\":[1,2]}}", 1),
        "{\"places\":[{}],\"x\":{\"results\":[1,2]}}"
    );
    assert_eq!(
        cut_places("{\"results\":[],\"status\":\"ZERO_RESULTS\"}", 1),
        "{\"results\":[],\"status\":\"ZERO_RESULTS\"}"
    );
    assert_eq!(
        cut_places("{\"results\":{\"results\":[1,2]}}", 1),
        "{\"results\":{\"results\":[1,2]}}"
    );
    assert_eq!(cut_places("{}", 1), "{}");
}

#[test]
fn what_is_no_json_object_is_no_places_answer() {
    let nested = |depth: u32| {
        let arrays = depth as usize - 1;
        cut_places(&alloc::format!("{{\"a\":{}{}}}", "[".repeat(arrays), "]".repeat(arrays)), 1)
    };
    assert_ne!(nested(PLACES_DEPTH), "?");
    assert_eq!(nested(PLACES_DEPTH + 1), "?");
    let deep = "[".repeat(100);
    for body in [
        "",
        "<html>",
        "[]",
        "3",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":-}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":tru}",
        "{\"a\":1}x",
        "{\"a\":[1 2]}",
        "{\"a\":[1}",
        "{'a':1}",
        "{\"a\":1e}",
        "{\"results\":[1,2,]}",
        "{\"a\":\"",
        &alloc::format!("{{\"a\":{deep}"),
    ] {
        assert_eq!(cut_places(body, 1), "?", "{body}");
    }
    assert_eq!(
        cut_places(" {\"a\":[-0.5e+3,true,false,null,\"\\u00e9\\n\"]} ", 1),
        "{\"a\":[-0.5e+3,true,false,null,\"\\u00e9\\n\"]}"
    );
    let mut out = vec![];
    assert!(places::put_first_results(&mut out, b"{\"a\":\"\xff\"}", 1).is_err());
}
