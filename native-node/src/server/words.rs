//! What happens to links, in words.

use herd_core::outbox::{GreetingError, LinkEnd};

/// Why a greeting was not accepted.
pub(super) const fn greeting_text(why: GreetingError) -> &'static str {
    match why {
        GreetingError::Duplicate => "both have dialed: the other connection stays",
        GreetingError::OtherCluster => "of another herd",
        GreetingError::Stale => "of an earlier life than is known",
        GreetingError::Stranger => "not from a neighbour of ours, or not the one that was dialed",
        GreetingError::Version => "another version of the protocol",
    }
}

/// Why a link ended.
pub(crate) const fn end_text(why: LinkEnd) -> &'static str {
    match why {
        LinkEnd::Closed => "connection lost",
        LinkEnd::Garbled => "it said what is no frame; connection closed",
        LinkEnd::Greedy => "it asked for far more repair than its budget; connection closed",
        LinkEnd::Unreachable => "it cannot be reached",
        LinkEnd::Reconfigured => "its configuration changed; connection closed",
        LinkEnd::Replaced => "connection replaced by a newer one",
        LinkEnd::Silent => "it did not greet in time; connection closed",
    }
}
