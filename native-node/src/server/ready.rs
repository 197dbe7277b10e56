//! Which of a server's many sources has something ready.
//!
//! One task owns all of a server's sockets. Each source has a waker of its own that adds the
//! source's number to a list and wakes the task once; the task takes the list, not a look at every
//! socket.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The number of a source: a connection's, or one of the constants.
pub(super) type Source = u32;

/// The channel of news from other tasks.
pub(super) const NEWS: Source = u32::MAX;
/// The listening socket.
pub(super) const LISTENER: Source = u32::MAX - 1;
/// The deadline.
pub(super) const TIMER: Source = u32::MAX - 2;

/// The list of ready sources.
#[derive(Debug, Default)]
pub(super) struct Ready {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sources: Vec<Source>,
    owner: Option<Waker>,
}

/// A source's place in the list; at most once at a time.
#[derive(Debug)]
struct Bell {
    ready: Arc<Ready>,
    source: Source,
    listed: AtomicBool,
}

/// A source's waker, and how the owner takes the source off the list.
#[derive(Clone, Debug)]
pub(super) struct Ear {
    bell: Arc<Bell>,
    /// Of the bell; kept, as each use would otherwise make a new one.
    pub(super) waker: Waker,
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An ear for a source of this list.
    pub(super) fn ear(self: &Arc<Self>, source: Source) -> Ear {
        let bell =
            Arc::new(Bell { ready: Arc::clone(self), source, listed: AtomicBool::new(false) });
        Ear { waker: Waker::from(Arc::clone(&bell)), bell }
    }

    /// Moves the list into `into` (emptied before) and remembers whom to wake for more.
    pub(super) fn take(&self, into: &mut Vec<Source>, owner: &Waker) {
        into.clear();
        let mut state = self.lock();
        mem::swap(&mut state.sources, into);
        match &mut state.owner {
            Some(known) => known.clone_from(owner),
            none => *none = Some(owner.clone()),
        }
    }
}

impl Ear {
    /// Says that the source was taken off the list, before it is looked at.
    pub(super) fn taken(&self) {
        self.bell.listed.store(false, Ordering::Release);
    }

    /// Puts the source on the list.
    pub(super) fn ring(&self) {
        self.waker.wake_by_ref();
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.listed.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut state = self.ready.lock();
        state.sources.push(self.source);
        // The owner is woken by the first only; it takes the whole list.
        if let (1, Some(owner)) = (state.sources.len(), &state.owner) {
            owner.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Waker;

    use super::Ready;

    #[test]
    fn a_source_is_listed_once_until_taken() {
        let ready = Arc::new(Ready::default());
        let (one, two) = (ready.ear(1), ready.ear(2));
        let mut list = vec![9];
        one.ring();
        two.ring();
        one.ring();
        ready.take(&mut list, Waker::noop());
        assert_eq!(list, [1, 2]);
        one.ring();
        ready.take(&mut list, Waker::noop());
        assert!(list.is_empty(), "it is still listed, as far as it knows");
        one.taken();
        one.ring();
        ready.take(&mut list, Waker::noop());
        assert_eq!(list, [1]);
    }
}
