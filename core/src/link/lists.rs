//! What there is to be had of a neighbour, and what it is being given: most of the time nothing,
//! which takes no memory.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::form::form;
use crate::have::Have;
use crate::origin::OriginId;
use crate::sync::Answer;

/// What a neighbour has that we lack, by origin.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::box_collection, reason = "there is one for each neighbour, and few are ever used")]
pub(crate) struct Offers(Option<Box<Vec<(OriginId, Have)>>>);

impl Offers {
    pub(super) const fn none() -> Self {
        Self(None)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn insert(&mut self, origin: OriginId, have: Have) {
        let list = self.0.get_or_insert_default();
        match list.binary_search_by_key(&origin, |(of, _)| *of) {
            Ok(at) => list[at].1 = have,
            Err(at) => list.insert(at, (origin, have)),
        }
    }

    pub(crate) fn remove(&mut self, origin: OriginId) {
        if let Some(list) = &mut self.0
            && let Ok(at) = list.binary_search_by_key(&origin, |(of, _)| *of)
        {
            list.remove(at);
            self.give_back();
        }
    }

    /// Keeps those that `keeps` says.
    pub(crate) fn retain(&mut self, mut keeps: impl FnMut(OriginId, &Have) -> bool) {
        if let Some(list) = &mut self.0 {
            list.retain(|(origin, have)| keeps(*origin, have));
            self.give_back();
        }
    }

    pub(crate) fn get(&self, origin: OriginId) -> Option<&Have> {
        let list = self.0.as_deref()?;
        let at = list.binary_search_by_key(&origin, |(of, _)| *of).ok()?;
        Some(&list[at].1)
    }

    /// The origins, ascending.
    pub(crate) fn origins(&self) -> impl Iterator<Item = OriginId> + '_ {
        self.0.iter().flat_map(|list| list.iter().map(|(origin, _)| *origin))
    }

    fn give_back(&mut self) {
        self.0.take_if(|list| list.is_empty());
    }
}

/// Answers in a queue.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::box_collection, reason = "there is one for each neighbour, and few are ever used")]
pub(crate) struct Answers(Option<Box<VecDeque<Answer>>>);

impl Answers {
    pub(super) const fn none() -> Self {
        Self(None)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |answers| answers.len())
    }

    pub(crate) fn push_back(&mut self, answer: Answer) {
        self.0.get_or_insert_default().push_back(answer);
    }

    pub(crate) fn front_mut(&mut self) -> Option<&mut Answer> {
        self.0.as_mut()?.front_mut()
    }

    pub(crate) fn back_mut(&mut self) -> Option<&mut Answer> {
        self.0.as_mut()?.back_mut()
    }

    pub(crate) fn pop_front(&mut self) -> Option<Answer> {
        let answer = self.0.as_mut()?.pop_front();
        self.0.take_if(|answers| answers.is_empty());
        answer
    }
}

form!(struct Offers(list));
form!(struct Answers(list));
