//! Where a herd that runs is asked, as the page's address says it: `#live` for who serves the page,
//! `#live=10.0.0.1:8080,10.0.0.2:8080` for others; `&admin=` and the token that lets kill and cut.

use herd_sim_wasm::pack::readable;

/// Servers that are asked at once.
const MOST: usize = 64;

/// What a page is to be attached to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attach {
    /// Where servers are asked over HTTP, `HOST:PORT`; none: where the page comes from.
    pub addresses: Vec<String>,
    /// The token.
    pub token: Option<String>,
}

impl Attach {
    /// What the part of an address from the `#` on says, if it is that.
    #[must_use]
    pub fn decode(hash: &str) -> Option<Self> {
        let rest = hash.trim_start_matches('#').strip_prefix("live")?;
        let mut parts = rest.split('&');
        let addresses = match parts.next()? {
            "" => Vec::new(),
            list => Self::addresses(&readable::unescape(list.strip_prefix('=')?).ok()?),
        };
        let token = parts.find_map(|part| part.strip_prefix("admin="));
        let token = token.and_then(|token| readable::unescape(token).ok());
        Some(Self { addresses, token: token.filter(|token| !token.is_empty()) })
    }

    /// The addresses in a list with commas or spaces.
    #[must_use]
    pub fn addresses(list: &str) -> Vec<String> {
        let parts = list.split([',', ' ']).map(|part| {
            let part = part.trim().trim_end_matches('/');
            part.strip_prefix("http://").or_else(|| part.strip_prefix("https://")).unwrap_or(part)
        });
        parts.filter(|part| !part.is_empty()).take(MOST).map(str::to_owned).collect()
    }

    /// The same as an address, without the token: nobody is to send it on by mistake.
    #[must_use]
    pub fn encode(&self) -> String {
        if self.addresses.is_empty() {
            return "#live".to_owned();
        }
        format!("#live={}", self.addresses.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::Attach;

    #[test]
    fn an_address_says_where_and_keeps_the_token_to_itself() {
        let of = |hash| Attach::decode(hash);
        assert_eq!(of("#live"), Some(Attach::default()));
        let all = of("#live=a:1,10.0.0.2:80&admin=s-e_cret").expect("it is one");
        assert_eq!(all.addresses, ["a:1", "10.0.0.2:80"]);
        assert_eq!(all.token.as_deref(), Some("s-e_cret"));
        assert_eq!(all.encode(), "#live=a:1,10.0.0.2:80");
        assert_eq!(of("#live&admin=x").expect("it is one").token.as_deref(), Some("x"));
        for other in ["", "#run=herd+1", "#lively", "#livex=1", "live1"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(Attach::addresses("http://a:1/ , b:2"), ["a:1", "b:2"]);
    }
}
