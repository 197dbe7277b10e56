//! What tells origins from others: not how they lie in memory.

use core::hash::Hasher;

use super::{Origin, Origins};

impl PartialEq for Origins {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
            && self.changed == other.changed
            && self.changes == other.changes
            && self.spare == other.spare
    }
}

impl Eq for Origins {}

impl core::hash::Hash for Origins {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.list.hash(state);
        self.changed.hash(state);
        self.spare.hash(state);
    }
}

impl Origin {
    /// All that tells it from another one, however it lies in memory.
    fn contents(&self) -> impl PartialEq + core::hash::Hash + '_ {
        let more = self.more.as_ref();
        let log = more.map(|more| &more.log).filter(|log| !log.is_empty());
        let tree = more.and_then(|more| more.tree.as_ref());
        let records = (self.newest, self.older, log, self.is_counted());
        (self.name(), self.incarnation, &self.have, records, tree, self.pull())
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.contents() == other.contents()
    }
}

impl Eq for Origin {}

impl core::hash::Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.contents().hash(state);
    }
}
