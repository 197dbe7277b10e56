//! Links that are cut and healed by hand, both ways or one way.

use std::collections::BTreeMap;

use herd_core::Style;

use super::{Control, ControlError, Seat, lock};
use crate::live::Cut;
use crate::server::Touch;

/// Two servers: nothing that the first says comes to the second.
pub(in crate::run) type Passage = (String, String);

impl Control {
    /// Cuts the link between two servers that way, as the first of them sees it, or heals it; those of
    /// them that are in this process take part. Whether both are.
    ///
    /// One way, what is said waits where it is said; if it is not healed within five seconds the
    /// connection is lost, and no other is made, as hands are shaken both ways.
    ///
    /// # Errors
    /// Neither is here, they are no neighbours, or it is so already.
    pub async fn cut(
        &self,
        (a, b): (&str, &str),
        way: Cut,
        cut: bool,
        by: &str,
    ) -> Result<bool, ControlError> {
        let _one = self.busy.lock().await;
        let (here, there) = (self.seat(a), self.seat(b));
        let both = here.is_ok() && there.is_ok();
        if here.is_err() && there.is_err() {
            return Err(ControlError::Unknown(a.to_owned()));
        }
        if !self.are_linked(a, b) {
            return Err(ControlError::NoLink(a.to_owned(), b.to_owned()));
        }
        if !self.pass(a, b, way, cut) {
            let not = if cut { "cut already" } else { "not cut" };
            let how = if way == Cut::Both { "" } else { " that way" };
            return Err(ControlError::Already(format!("{a} and {b} are {not}{how}.")));
        }
        for (seat, peer) in [(here, b), (there, a)] {
            if let Ok(Seat { name, life, .. }) = seat {
                let (inbox, cut) = (lock(life).inbox.clone(), self.cut_of(name, peer));
                inbox.touch(Touch::Cut { peer: peer.into(), cut, by: by.to_owned() }).await;
            }
        }
        Ok(both)
    }

    /// Notes that it is cut, or is not any more; whether that changes anything.
    fn pass(&self, a: &str, b: &str, way: Cut, cut: bool) -> bool {
        let out = (way != Cut::In).then_some((a, b));
        let back = (way != Cut::Out).then_some((b, a));
        let mut cuts = lock(&self.cuts);
        let mut changed = false;
        for (from, to) in out.into_iter().chain(back) {
            let passage = (from.to_owned(), to.to_owned());
            changed |= if cut { cuts.insert(passage) } else { cuts.remove(&passage) };
        }
        changed
    }

    /// How a server is cut from another.
    fn cut_of(&self, name: &str, peer: &str) -> Option<Cut> {
        let cuts = lock(&self.cuts);
        let is_cut = |from: &str, to: &str| cuts.contains(&(from.to_owned(), to.to_owned()));
        Cut::of(is_cut(name, peer), is_cut(peer, name))
    }

    fn are_linked(&self, a: &str, b: &str) -> bool {
        let herd = lock(&self.herd);
        let knows = |a: &str, b: &str| {
            let neighbours = herd.member(a).map_or(&[][..], |member| &member.neighbours);
            neighbours.iter().any(|other| other.name == b && other.style == Style::Herd)
        };
        knows(a, b) || knows(b, a)
    }

    /// Whom a server is cut from, and how.
    pub(super) fn cuts_of(&self, name: &str) -> BTreeMap<Box<str>, Cut> {
        let others: Vec<String> = lock(&self.cuts)
            .iter()
            .filter_map(|(from, to)| match (from == name, to == name) {
                (true, _) => Some(to.clone()),
                (_, true) => Some(from.clone()),
                (false, false) => None,
            })
            .collect();
        let cut = |other: String| Some((other.as_str().into(), self.cut_of(name, &other)?));
        others.into_iter().filter_map(cut).collect()
    }
}
