//! What a neighbour may ask for: so many bytes of repair in a time. A server that is asked for more gives
//! it later, and hangs up on who asks on and on: what others say is heard meanwhile.

use crate::form::form;
use crate::limits::{BUDGET_AHEAD, BUDGET_OVERDRAWN};
use crate::time::Instant;

/// When all that a neighbour has had is paid for (the virtual scheduling form of the generic cell rate
/// algorithm; ITU-T I.371, annex A).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Budget(Instant);

impl Budget {
    /// Nothing has been spent.
    pub(crate) const FULL: Self = Self(Instant(0));

    /// So many bytes are had, each of which takes so many ns to be paid for.
    pub(crate) fn spend(&mut self, now: Instant, bytes: usize, each: u64) {
        if each > 0 {
            self.0 = self.0.max(now).plus(each.saturating_mul(bytes as u64));
        }
    }

    /// When more may be had: never later than `now` but if too much was.
    pub(crate) const fn ready(self) -> Instant {
        Instant(self.0.0.saturating_sub(BUDGET_AHEAD))
    }

    /// Whether so much was asked for that nobody means well who does.
    pub(crate) fn is_overdrawn(self, now: Instant) -> bool {
        self.ready() > now.plus(BUDGET_OVERDRAWN)
    }

    /// Whether something was had within so many ns.
    pub(crate) fn is_used(self, now: Instant, within: u64) -> bool {
        self.0.plus(within) > now
    }
}

form!(struct Budget(until));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_paid_for_in_time() {
        let mut budget = Budget::FULL;
        let now = Instant(1 << 40);
        assert!(budget.ready() <= now && !budget.is_used(now, 1));
        let each = 32;
        let burst = usize::try_from(BUDGET_AHEAD / each).unwrap();
        budget.spend(now, burst, each);
        assert!(budget.ready() == now && budget.is_used(now, 0));
        budget.spend(now, 1000, each);
        assert_eq!(budget.ready(), now.plus(1000 * each));
        let more = usize::try_from(BUDGET_OVERDRAWN / each).unwrap();
        budget.spend(now, more, each);
        assert!(budget.is_overdrawn(now) && !budget.is_overdrawn(now.plus(1000 * each)));
        let mut free = Budget::FULL;
        free.spend(now, usize::MAX, 0);
        assert_eq!(free, Budget::FULL);
    }
}
