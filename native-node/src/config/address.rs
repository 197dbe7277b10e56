//! `HOST:PORT`, as people write it.

use std::fmt;

/// Why a text is no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AddressError {
    /// There is no colon with a port after it.
    NoPort,
    /// The port is no number up to 65,535.
    BadPort,
    /// Nothing stands before the colon, or white space does.
    BadHost,
    /// An IPv6 address without its brackets.
    Brackets,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPort => "an address is HOST:PORT, like 127.0.0.1:12000; the port is missing",
            Self::BadPort => "an address is HOST:PORT, and a port is a number up to 65535",
            Self::BadHost => {
                "an address is HOST:PORT, like 127.0.0.1:12000 or alford.example:12000"
            }
            Self::Brackets => "an IPv6 address stands in brackets, like [::1]:12000",
        })
    }
}

impl std::error::Error for AddressError {}

/// Whether `text` is `HOST:PORT`: a name, an IPv4 address or an IPv6 address in brackets.
///
/// # Errors
/// What is wrong with it.
pub fn check_address(text: &str) -> Result<(), AddressError> {
    let (host, port) = text.rsplit_once(':').ok_or(AddressError::NoPort)?;
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    if !digits || port.parse::<u16>().is_err() {
        return Err(if port.is_empty() { AddressError::NoPort } else { AddressError::BadPort });
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<std::net::Ipv6Addr>().map(|_| ()).map_err(|_| AddressError::BadHost);
    }
    if host.contains(':') {
        return Err(AddressError::Brackets);
    }
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | ',' | '=');
    if host.is_empty() || host.contains(bad) { Err(AddressError::BadHost) } else { Ok(()) }
}

/// The name of a server as part of a file's name: a name is no path.
#[must_use]
pub fn file_name(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '/' | '\\') { '_' } else { c }).collect()
}

/// `host` and `port` as one address.
#[must_use]
pub fn join(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Whether an address is certainly on this machine: a loopback address, or `localhost`. What other
/// names come to is known only when they are used.
#[must_use]
pub fn is_here(address: &str) -> bool {
    let Some((host, _)) = address.rsplit_once(':') else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// The port of an address that [`check_address`] accepts.
#[must_use]
pub fn port_of(address: &str) -> Option<u16> {
    address.rsplit_once(':').and_then(|(_, port)| port.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::{AddressError, check_address, is_here, join};

    #[track_caller]
    fn check(text: &str, expected: Result<(), AddressError>) {
        assert_eq!(check_address(text), expected, "{text:?}");
    }

    #[test]
    fn addresses() {
        check("127.0.0.1:12000", Ok(()));
        check("[::1]:1", Ok(()));
        check("alford.example:65535", Ok(()));
        check("alford", Err(AddressError::NoPort));
        check("alford:", Err(AddressError::NoPort));
        check("alford:65536", Err(AddressError::BadPort));
        check("alford:+1", Err(AddressError::BadPort));
        check(":12000", Err(AddressError::BadHost));
        check("::1:12000", Err(AddressError::Brackets));
        check("[::x]:12000", Err(AddressError::BadHost));
        check("a b:12000", Err(AddressError::BadHost));
    }

    #[test]
    fn here() {
        for address in ["127.0.0.1:1", "[::1]:1", "localhost:1", "127.1.2.3:1"] {
            assert!(is_here(address), "{address}");
        }
        for address in ["192.0.2.1:1", "[2001:db8::1]:1", "alford.example:1", "0.0.0.0:1"] {
            assert!(!is_here(address), "{address}");
        }
    }

    #[test]
    fn joined() {
        assert_eq!(join("::1", 5), "[::1]:5");
        assert_eq!(join("localhost", 5), "localhost:5");
    }
}
