//! What there is to be had of a neighbour, and what it is being given: most of the time nothing,
//! which takes no memory.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::form::form;
use crate::have::Have;
use crate::origin::OriginId;
use crate::sync::Answer;
use crate::time::Instant;

/// What a neighbour has that we lack, by origin.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::box_collection, reason = "there is one for each neighbour, and few are ever used")]
pub(crate) struct Offers(Option<Box<Vec<Offer>>>);

/// What a neighbour has of an origin.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Offer {
    origin: OriginId,
    have: Have,
    /// Until then it is probably on its way.
    at: Instant,
}

impl Offers {
    pub(super) const fn none() -> Self {
        Self(None)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// It has that, which is waited for until `at`; but if something that it had before is still
    /// lacked (`ours` is what is here), no longer than for that.
    pub(crate) fn insert(&mut self, origin: OriginId, have: Have, ours: &Have, at: Instant) {
        let list = self.0.get_or_insert_default();
        match list.binary_search_by_key(&origin, |offer| offer.origin) {
            Ok(index) => {
                let offer = &mut list[index];
                offer.at = if offer.have.exceeds(ours) { offer.at.min(at) } else { at };
                offer.have = have;
            }
            Err(index) => list.insert(index, Offer { origin, have, at }),
        }
    }

    /// It is waited for until then.
    pub(crate) fn put_off(&mut self, origin: OriginId, at: Instant) {
        if let Some(list) = &mut self.0
            && let Ok(index) = list.binary_search_by_key(&origin, |offer| offer.origin)
        {
            list[index].at = at;
        }
    }

    pub(crate) fn remove(&mut self, origin: OriginId) {
        if let Some(list) = &mut self.0
            && let Ok(index) = list.binary_search_by_key(&origin, |offer| offer.origin)
        {
            list.remove(index);
            self.give_back();
        }
    }

    /// Keeps those that `keeps` says.
    pub(crate) fn retain(&mut self, mut keeps: impl FnMut(OriginId, &Have) -> bool) {
        if let Some(list) = &mut self.0 {
            list.retain(|offer| keeps(offer.origin, &offer.have));
            self.give_back();
        }
    }

    pub(crate) fn get(&self, origin: OriginId) -> Option<&Have> {
        let list = self.0.as_deref()?;
        let index = list.binary_search_by_key(&origin, |offer| offer.origin).ok()?;
        Some(&list[index].have)
    }

    /// The origins of which something should have come by then, ascending.
    pub(crate) fn due(&self, now: Instant) -> impl Iterator<Item = OriginId> + '_ {
        let offers = self.0.iter().flat_map(|list| list.iter());
        offers.filter(move |offer| offer.at <= now).map(|offer| offer.origin)
    }

    /// When the next of those is that are still waited for.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let offers = self.0.iter().flat_map(|list| list.iter());
        offers.map(|offer| offer.at).filter(|at| *at > now).min()
    }

    /// The origins of which it has something.
    pub(super) fn origins(&self) -> impl Iterator<Item = OriginId> + '_ {
        self.0.iter().flat_map(|list| list.iter()).map(|offer| offer.origin)
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

    /// Puts an answer of everything in the place of one that has not begun; gives it back if there is
    /// none.
    pub(crate) fn replace(&mut self, answer: Answer) -> Option<Answer> {
        let mut waiting = self.0.iter_mut().flat_map(|answers| answers.iter_mut());
        match waiting.find(|other| other.is_of_all() && !other.has_begun()) {
            Some(other) if answer.is_of_all() => {
                *other = answer;
                None
            }
            Some(_) | None => Some(answer),
        }
    }

    /// Whether one of them is about an origin.
    pub(crate) fn concern(&self, origin: OriginId) -> bool {
        self.0.iter().flat_map(|answers| answers.iter()).any(|answer| answer.concerns(origin))
    }

    /// Whether all origins that they name are known.
    pub(super) fn speak_of(&self, known: &impl Fn(OriginId) -> bool) -> bool {
        self.0.iter().flat_map(|answers| answers.iter()).all(|answer| answer.speaks_of(known))
    }

    pub(crate) fn front(&self) -> Option<&Answer> {
        self.0.as_ref()?.front()
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
form!(struct Offer { origin, have, at });
form!(struct Answers(list));
