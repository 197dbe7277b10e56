//! What is broadcast, as a client's name.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use herd_core::limits::CLIENT_MAX;
use serde_json::Value;

/// Before the base64 of what is no plain number.
const OTHER: char = 'j';

/// The name that stands for a value: a plain number is itself. `None` if it is too long for one.
#[must_use]
pub fn name_of(value: &Value) -> Option<String> {
    let text = value.to_string();
    let name = match value {
        Value::Number(_) => text,
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            format!("{OTHER}{}", BASE64_URL_SAFE_NO_PAD.encode(text))
        }
    };
    (name.len() <= CLIENT_MAX).then_some(name)
}

/// The value that a name stands for.
#[must_use]
pub fn value_of(name: &[u8]) -> Option<Value> {
    match std::str::from_utf8(name).ok()?.strip_prefix(OTHER) {
        None => serde_json::from_slice(name).ok(),
        Some(text) => serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_both_ways() {
        for value in [
            json!(0),
            json!(1_000_000),
            json!(-7),
            json!(1.5),
            json!("two words\n"),
            json!(null),
            json!([1, {"a": "b"}]),
        ] {
            let name = name_of(&value).expect("a short one");
            assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
            assert_eq!(value_of(name.as_bytes()), Some(value));
        }
        assert_eq!(name_of(&json!(42)).as_deref(), Some("42"));
        assert_eq!(name_of(&json!("x".repeat(CLIENT_MAX))), None);
        assert_eq!(value_of(b"j!"), None);
        assert_eq!(value_of(b"kiwi"), None);
    }
}
