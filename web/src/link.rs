//! The page's address: a whole run behind the `#`, so that a link is the run.
//!
//! `#run=` and the script's text, in which a space is `+` and what an address cannot hold is `%NN`;
//! `&at=` and the instant that is shown, in seconds. It stays readable on purpose: a link in an old
//! report can be read without the page. The packed form that `herd sim` writes (`#herd1.…`) opens
//! the same run.

use std::fmt::Write;

use herd_sim_wasm::pack;
use herd_sim_wasm::text::{parse_seconds, show_seconds};

/// What a link says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The script's text.
    pub script: String,
    /// The instant to show, ns; absent: the beginning, playing.
    pub at: Option<u64>,
}

/// The part of the address from the `#` on.
#[must_use]
pub fn encode(link: &Link) -> String {
    let mut text = String::from("#run=");
    for byte in link.script.trim_end().bytes() {
        match byte {
            b' ' => text.push('+'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => text.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'=' | b':' | b'@' | b',' | b'/' => {
                text.push(char::from(byte));
            }
            other => write!(text, "%{other:02X}").expect("a String takes everything"),
        }
    }
    if let Some(at) = link.at {
        text.push_str("&at=");
        text.push_str(&show_seconds(at));
    }
    text
}

/// What the part of an address from the `#` on says; `None` if it holds no run.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn decode(hash: &str) -> Result<Option<Link>, String> {
    let hash = hash.strip_prefix('#').unwrap_or(hash);
    if hash.starts_with(pack::PREFIX) {
        let packed = pack::Link::parse(hash).map_err(|why| why.to_string())?;
        return Ok(Some(Link { script: packed.script.to_string(), at: packed.at }));
    }
    let mut link = Link::default();
    let mut found = false;
    for part in hash.split('&').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("run", text)) => {
                link.script = unescape(text)?;
                found = true;
            }
            Some(("at", text)) => {
                let at = parse_seconds(text)
                    .ok_or_else(|| format!("at={text} is no instant in seconds such as at=1.25"))?;
                link.at = Some(at);
            }
            _ => return Err(format!("a link has run= and at=, not {part}")),
        }
    }
    Ok(found.then_some(link))
}

fn unescape(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit =
                    || rest.next().and_then(|b| char::from(b).to_digit(16)).map(u32::to_le_bytes);
                let (Some([high, ..]), Some([low, ..])) = (digit(), digit()) else {
                    return Err("a % stands before two hexadecimal digits".into());
                };
                bytes.push(high << 4 | low);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| "the run is no UTF-8 text".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let link = Link {
            script: "herd 1 seed=7 topology=ring:8\n@1 say s3 IAMAT é%& +34-118 1\n@2 cut s1>s2"
                .into(),
            at: Some(1_250_000_000),
        };
        let text = encode(&link);
        assert!(text.starts_with("#run=herd+1+seed=7+topology=ring:8%0A@1+say+s3+IAMAT+%C3%A9"));
        assert!(text.ends_with("&at=1.25"));
        assert!(!text.contains([' ', '"', '<', '>', '`']));
        assert_eq!(decode(&text), Ok(Some(link)));
    }

    #[test]
    fn a_packed_link_opens_the_same_run() {
        let script: herd_sim_wasm::Script =
            "herd 1 seed=7 topology=ring:8\n@1 cut s1>s2".parse().expect("a script");
        let packed = pack::Link::new(script.clone(), Some(1_250_000_000));
        let opened = decode(&format!("#{packed}")).expect("a link").expect("a run");
        assert_eq!(opened.script.parse(), Ok(script));
        assert_eq!(opened.at, Some(1_250_000_000));
        assert!(decode("#herd1.zz").is_err());
    }

    #[test]
    fn no_run_is_no_link() {
        assert_eq!(decode(""), Ok(None));
        assert_eq!(decode("#"), Ok(None));
    }

    #[test]
    fn errors_are_sentences() {
        assert!(decode("#run=a%2").is_err_and(|why| why.contains("two hexadecimal digits")));
        assert!(decode("#run=%FF").is_err_and(|why| why.contains("UTF-8")));
        assert!(decode("#run=herd&at=soon").is_err_and(|why| why.contains("1.25")));
        assert!(decode("#hello").is_err_and(|why| why.contains("hello")));
    }
}
