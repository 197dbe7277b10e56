//! What addresses may take of a server: connections at once, and lines a second.

use std::collections::BTreeMap;
use std::net::IpAddr;

use herd_core::Instant;
use herd_core::time::SECOND;

use super::Limits;

/// Addresses remembered; more, and those that have nothing open are forgotten.
const REMEMBERED: usize = 65_536;
/// Handshakes a second from one address at most: each takes a processor a fraction of a
/// millisecond.
const HANDSHAKES: u64 = 100;
/// Lines may be ahead of their rate by what they are allowed in so long.
const AHEAD: u64 = SECOND;

/// An address, or the network of one machine where that has many (IPv6 gives out /64).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Guest(IpAddr);

/// All addresses that count.
#[derive(Debug)]
pub(super) struct Guests {
    accounts: BTreeMap<Guest, Account>,
    most: usize,
    /// The time a line takes at the allowed rate, ns.
    line: u64,
    loopback: bool,
}

#[derive(Debug, Default)]
struct Account {
    open: usize,
    /// When all lines so far were allowed, had they come at their rate (a virtual clock; ATM
    /// Forum's "generic cell rate algorithm").
    paid_until: Instant,
}

impl Guests {
    pub(super) fn new(limits: &Limits) -> Self {
        let line = SECOND.checked_div(limits.lines_per_second.into()).unwrap_or(0);
        Self {
            accounts: BTreeMap::new(),
            most: limits.per_address,
            line,
            loopback: limits.loopback,
        }
    }

    /// Whom a connection counts for; nobody, if it comes from this machine.
    pub(super) fn guest(&self, from: IpAddr) -> Option<Guest> {
        let from = from.to_canonical();
        if from.is_loopback() && !self.loopback {
            return None;
        }
        Some(Guest(match from {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                IpAddr::V6(network.into())
            }
            IpAddr::V4(_) => from,
        }))
    }

    /// A connection of that address opens, which counts as a line; `false` if it may not.
    pub(super) fn enters(&mut self, guest: Guest, now: Instant) -> bool {
        if self.accounts.len() >= REMEMBERED {
            self.accounts.retain(|_, account| account.open > 0 || account.paid_until > now);
        }
        if self.allowance(guest, now) == 0 {
            return false;
        }
        let account = self.accounts.entry(guest).or_default();
        if account.open >= self.most {
            return false;
        }
        account.open += 1;
        self.charge(guest, now, 1);
        true
    }

    /// It has shaken hands, or tried to, which costs as much as many lines: as a hundredth of what
    /// it may say in a second.
    pub(super) fn shakes_hands(&mut self, guest: Guest, now: Instant) {
        self.charge(guest, now, (AHEAD / HANDSHAKES).checked_div(self.line).unwrap_or(0));
    }

    /// One closes.
    pub(super) fn leaves(&mut self, guest: Guest) {
        if let Some(account) = self.accounts.get_mut(&guest) {
            account.open = account.open.saturating_sub(1);
        }
    }

    /// Lines that an address may say now.
    pub(super) fn allowance(&self, guest: Guest, now: Instant) -> u64 {
        let paid = self.accounts.get(&guest).map_or(now, |account| account.paid_until);
        let ahead = paid.since(now);
        AHEAD.saturating_sub(ahead).checked_div(self.line).unwrap_or(u64::MAX)
    }

    /// It has said so many.
    pub(super) fn charge(&mut self, guest: Guest, now: Instant, lines: u64) {
        if let Some(account) = self.accounts.get_mut(&guest) {
            let from = account.paid_until.max(now);
            account.paid_until = from.plus(self.line.saturating_mul(lines));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guests(limits: Limits) -> Guests {
        Guests::new(&limits)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn this_machine_counts_only_if_it_is_to() {
        let own = guests(Limits::default());
        for local in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(own.guest(address(local)), None);
        }
        assert!(
            guests(Limits { loopback: true, ..Limits::default() })
                .guest(address("127.0.0.1"))
                .is_some()
        );
        // One machine has a whole network of IPv6 addresses.
        let one = own.guest(address("2001:db8::1"));
        assert_eq!(one, own.guest(address("2001:db8::2:3")));
        assert_ne!(one, own.guest(address("2001:db8:0:1::1")));
    }

    #[test]
    fn connections_and_lines_are_counted_by_address() {
        let mut guests =
            guests(Limits { per_address: 2, lines_per_second: 10, ..Limits::default() });
        let [a, b] = ["192.0.2.1", "192.0.2.2"].map(|text| guests.guest(address(text)).unwrap());
        let now = Instant::default().plus(SECOND);
        assert!(guests.enters(a, now) && guests.enters(a, now));
        assert!(!guests.enters(a, now), "a third");
        assert!(guests.enters(b, now), "another's first");
        guests.leaves(a);
        assert!(guests.enters(a, now));
        // Three connections are three lines of ten.
        assert_eq!(guests.allowance(a, now), 7);
        guests.charge(a, now, 7);
        assert_eq!(guests.allowance(a, now), 0);
        assert_eq!(guests.allowance(a, now.plus(SECOND / 2)), 5);
        assert_eq!(guests.allowance(a, now.plus(60 * SECOND)), 10, "and no more");
    }

    #[test]
    fn hands_are_not_shaken_without_end() {
        let mut guests = guests(Limits { lines_per_second: 10_000, ..Limits::default() });
        let guest = guests.guest(address("192.0.2.1")).unwrap();
        let now = Instant::default().plus(SECOND);
        let mut shaken = 0;
        while guests.enters(guest, now) {
            guests.shakes_hands(guest, now);
            guests.leaves(guest);
            shaken += 1;
        }
        assert!((95..=100).contains(&shaken), "{shaken} in a moment");
    }

    #[test]
    fn those_who_have_gone_are_forgotten() {
        let mut guests = guests(Limits::default());
        let start = Instant::default();
        for number in 0..u32::try_from(REMEMBERED).unwrap() {
            let guest = guests.guest(IpAddr::from(number.to_be_bytes())).unwrap();
            assert!(guests.enters(guest, start));
            guests.leaves(guest);
        }
        assert_eq!(guests.accounts.len(), REMEMBERED);
        let late = guests.guest(address("192.0.2.1")).unwrap();
        assert!(guests.enters(late, start.plus(SECOND)));
        assert_eq!(guests.accounts.len(), 1);
    }
}
