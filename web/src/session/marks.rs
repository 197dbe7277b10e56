//! Instants that somebody wants to come back to.

use super::Session;

impl Session {
    /// Marks the present instant, or takes its mark away.
    pub fn bookmark(&mut self) {
        let now = self.now();
        if !self.bookmarks.remove(&now) {
            self.bookmarks.insert(now);
        }
    }

    /// The instants that are marked, ns, in order.
    #[must_use]
    pub fn bookmarks(&self) -> Vec<u64> {
        self.bookmarks.iter().copied().collect()
    }

    /// Whether the present instant is marked.
    #[must_use]
    pub fn is_marked(&self) -> bool {
        self.bookmarks.contains(&self.now())
    }
}
