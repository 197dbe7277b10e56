//! What checks have found in a run, for themselves and for whoever goes over it again.

use std::sync::Arc;

use super::{Broken, Fault, Finding, Happening, Lamp, Watch};
use crate::world::World;

/// How a check stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Stand {
    /// After how many events it had something to judge first.
    tried: Option<u64>,
    broken: Option<Arc<Broken>>,
    /// It has not seen what it would have to remember: it judges nothing, and has no lamp.
    pub(super) blind: bool,
}

impl Stand {
    /// Whether it judges what happens: not after it was broken.
    pub(super) const fn judges(&self) -> bool {
        !self.blind && self.broken.is_none()
    }

    /// The check has found something; what, if it is broken by that.
    pub(super) fn found(
        &mut self,
        found: Result<Finding, Fault>,
        name: &str,
        world: &World,
    ) -> Option<Arc<Broken>> {
        let fault = match found {
            Ok(Finding::Nothing) => return None,
            Ok(Finding::Holds) => None,
            Err(fault) => Some(fault),
        };
        let event = world.events();
        self.tried.get_or_insert(event);
        let Fault { servers, record, what } = fault?;
        let what = format!("{name}: {what}");
        self.broken = Some(Arc::new(Broken { at: world.now(), event, servers, record, what }));
        self.broken.clone()
    }

    /// What it has found; none if it is blind.
    pub(super) fn verdict(&self, name: &'static str, sentence: &'static str) -> Option<Verdict> {
        let Self { tried, broken, blind } = self;
        (!blind).then(|| Verdict { name, sentence, tried: *tried, broken: broken.clone() })
    }
}

/// What one check has found.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) name: &'static str,
    pub(super) sentence: &'static str,
    /// After how many events it had something to judge first.
    pub(super) tried: Option<u64>,
    pub(super) broken: Option<Arc<Broken>>,
}

impl Verdict {
    /// How it stood after so many events.
    pub(super) fn lamp(&self, events: u64) -> Lamp {
        let broken = self.broken.as_ref().filter(|broken| broken.event <= events);
        Lamp {
            name: self.name,
            sentence: self.sentence,
            broken: broken.cloned(),
            tried: self.tried.is_some_and(|tried| tried <= events),
        }
    }
}

/// Finds again what was found, with the same event. It remembers nothing and judges nothing, which takes
/// a fraction of the time and of the room that checks take.
#[derive(Clone, Debug)]
pub(super) struct Known {
    verdicts: Arc<[Verdict]>,
    /// After how many events the next check breaks; never, if none does.
    next: u64,
}

impl Known {
    /// In a world in which so many events have happened.
    pub(super) fn new(verdicts: Vec<Verdict>, events: u64) -> Self {
        let mut known = Self { verdicts: verdicts.into(), next: 0 };
        known.next = known.after(events);
        known
    }

    fn broken(&self) -> impl Iterator<Item = &Arc<Broken>> {
        self.verdicts.iter().filter_map(|verdict| verdict.broken.as_ref())
    }

    /// When the first check breaks after so many events.
    fn after(&self, events: u64) -> u64 {
        let broken = self.broken().map(|broken| broken.event);
        broken.filter(|event| *event > events).min().unwrap_or(u64::MAX)
    }
}

impl Watch for Known {
    fn see(&mut self, _happening: &Happening<'_>, world: &World) -> Vec<Arc<Broken>> {
        let events = world.events();
        if events < self.next {
            return Vec::new();
        }
        let found = self.broken().filter(|broken| broken.event == events).cloned().collect();
        self.next = self.after(events);
        found
    }

    fn lamps(&self, events: u64) -> Vec<Lamp> {
        self.verdicts.iter().map(|verdict| verdict.lamp(events)).collect()
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
    }

    fn known(&self, _events: u64) -> Box<dyn Watch> {
        self.copy()
    }

    fn copy(&self) -> Box<dyn Watch> {
        Box::new(self.clone())
    }
}
