//! Cutting a Places answer, against a real JSON parser.

use herd_core::codec::places::put_first_results;
use proptest::prelude::*;
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no such number", |n| n.is_finite())
            .prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,7}|results|places", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn cut(body: &str, bound: u8) -> Option<String> {
    let mut out = vec![];
    put_first_results(&mut out, body.as_bytes(), bound).ok()?;
    Some(String::from_utf8(out).expect("text stays text"))
}

proptest! {
    #[test]
    fn the_first_results_stay_and_nothing_else_changes(
        results in prop::collection::vec(value(), 0..30),
        before in value(),
        after in value(),
        bound in 1_u8..=20,
        pretty in any::<bool>(),
    ) {
        let doc = json!({ "a": before, "results": results, "z": after });
        let body = if pretty { serde_json::to_string_pretty(&doc).unwrap() + "\n\n" } else { doc.to_string() };
        let short = cut(&body, bound).expect("valid JSON");
        let kept = &results[..results.len().min(usize::from(bound))];
        let wanted = json!({ "a": before, "results": kept, "z": after }).to_string();
        // Both through the parser, which reads back some floating-point numbers one bit off.
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        prop_assert_eq!(read(&short), read(&wanted));
        prop_assert!(!short.contains("\n\n") && !short.ends_with('\n'));
    }

    /// What is accepted is exactly the JSON objects.
    #[test]
    fn damaged_answers_are_told_from_whole_ones(doc in value(), at in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let mut body = json!({ "results": [doc] }).to_string().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        if let Ok(text) = String::from_utf8(body) {
            // Its parser also refuses lone surrogates and numbers out of range: be lenient there.
            let theirs = serde_json::from_str::<Value>(&text);
            let ours = cut(&text, 20);
            if matches!(theirs, Ok(Value::Object(_))) {
                prop_assert!(ours.is_some(), "{text}");
            }
            if let Err(error) = theirs && ours.is_some() {
                let words = error.to_string();
                prop_assert!(words.contains("number out of range") || words.contains("surrogate") || words.contains("hex escape"), "{text}: {words}");
            }
        }
    }
}
