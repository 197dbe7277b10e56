//! Repair: giving a neighbour what it lacks.
//!
//! A neighbour that lacks something says what it has. If the log still knows what the missing
//! updates were about, it is given those records; else it has to say all that it has, and the whole
//! store is looked through. Either way it goes in slices, each as soon as the one before has left, so that live updates stand
//! behind at most one slice; and the last says which updates are covered by all that was sent, so
//! that an answer that breaks off raises nothing.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::codec::{
    self, Covers, Entries, Repair, put_cover, put_entry, put_fitting, put_given, put_repair,
};
use crate::form::form;
use crate::have::Have;
use crate::limits::LOG_LENGTH;
use crate::origin::{Origin, OriginId, Origins};
use crate::sort::set;
use crate::store::Store;

/// Records of which a slice looks at most.
const LOOKED_AT: usize = 16 * 1024;

/// An answer that is being sent.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Answer {
    number: u64,
    chunk: u64,
    /// What the neighbour had of each origin it asked for.
    theirs: BTreeMap<OriginId, Have>,
    /// What was had of them when it asked: the rest is on its way as live updates.
    ours: Vec<(OriginId, Have)>,
    source: Source,
    records: u64,
    /// Whether everything was asked for.
    all: bool,
}

/// Where the records come from.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Source {
    /// Those the log remembers.
    Log { records: Vec<u32>, next: usize },
    /// The whole store as it was: what came later is on its way.
    Store { next: u32, end: u32 },
    /// Those that the neighbour was found to lack, whatever it says that it has.
    Given { records: Vec<u32>, next: usize },
}

impl Answer {
    /// The answer to a neighbour that has this; `None` if it has to ask for everything.
    pub(crate) fn new(
        number: u64,
        theirs: BTreeMap<OriginId, Have>,
        all: bool,
        origins: &Origins,
        store: &Store,
    ) -> Option<Self> {
        let lacked =
            theirs.iter().filter(|(origin, have)| origins.get(**origin).have().exceeds(have));
        let ours: Vec<_> =
            lacked.map(|(origin, _)| (*origin, origins.get(*origin).have().clone())).collect();
        let source = match logged(&ours, &theirs, origins) {
            Some(records) => Source::Log { records: set(records.into_iter()), next: 0 },
            // What is newer than an update that is lacked may have been counted by anybody, and
            // whose updates were not asked for may be lacked too.
            None if !lists_all(&theirs, origins) => return None,
            None => Source::Store { next: 0, end: store.end() },
        };
        Some(Self { number, chunk: 0, theirs, ours, source, records: 0, all })
    }

    /// Records that a neighbour was found to lack.
    pub(crate) const fn given(records: Vec<u32>) -> Self {
        Self {
            number: 0,
            chunk: 0,
            theirs: BTreeMap::new(),
            ours: Vec::new(),
            source: Source::Given { records, next: 0 },
            records: 0,
            all: false,
        }
    }

    /// Gives these too, if it is an answer of that kind; whether it is.
    pub(crate) fn give_also(&mut self, more: &[u32]) -> bool {
        let Source::Given { records, .. } = &mut self.source else { return false };
        records.extend_from_slice(more);
        true
    }

    /// Whether it says something of an origin.
    pub(crate) fn concerns(&self, origin: OriginId) -> bool {
        self.theirs.contains_key(&origin)
    }

    /// Whether all origins that it names are known, and all it has to cover are among those asked for.
    pub(crate) fn speaks_of(&self, known: &impl Fn(OriginId) -> bool) -> bool {
        let asked = |(origin, _): &(OriginId, Have)| self.theirs.contains_key(origin);
        self.theirs.keys().copied().all(known) && self.ours.iter().all(asked)
    }

    /// Whether the whole store is looked through for it.
    pub(crate) const fn is_whole(&self) -> bool {
        matches!(self.source, Source::Store { .. })
    }

    /// Whether everything was asked for.
    pub(crate) const fn is_of_all(&self) -> bool {
        self.all
    }

    /// Whether some of it was sent.
    pub(crate) const fn has_begun(&self) -> bool {
        self.chunk > 0
    }

    /// Whether the neighbour lacks nothing.
    pub(crate) const fn is_empty(&self) -> bool {
        self.ours.is_empty()
    }

    /// Appends the next slice, of about that many bytes; how many records have been sent in all, if
    /// it was the last.
    pub(crate) fn put_slice(
        &mut self,
        size: usize,
        origins: &Origins,
        store: &Store,
        out: &mut Vec<u8>,
    ) -> Option<u64> {
        let mut entries = Vec::new();
        let mut last = false;
        for _ in 0..LOOKED_AT {
            if entries.len() >= size {
                break;
            }
            let Some(index) = self.source.next() else {
                last = true;
                break;
            };
            let Some(record) = store.at(index) else { continue };
            // Those in the log go as they are, so that the answer can be passed on.
            let asked = self.theirs.get(&record.counted_by());
            let lacked = asked.is_none_or(|have| !have.contains(record.seq()));
            if lacked || !matches!(self.source, Source::Store { .. }) {
                let origin = name_of(origins.get(record.counted_by()));
                put_entry(&mut entries, &origin, record.seq(), record.line());
                self.records += 1;
            }
        }
        if matches!(self.source, Source::Given { .. }) {
            put_given(out, &entries);
            return last.then_some(self.records);
        }
        let mut covers = Vec::new();
        let had = self.ours.iter().filter(|_| last);
        let covered = put_fitting(&mut covers, had, |covers, (origin, have)| {
            for (first, last) in have.lacked_by(&self.theirs[origin]) {
                put_cover(covers, &name_of(origins.get(*origin)), first, last);
            }
        });
        self.ours.drain(..covered);
        last &= self.ours.is_empty();
        let logged = matches!(self.source, Source::Log { .. });
        let repair = Repair {
            answer: self.number,
            chunk: self.chunk,
            last,
            complete: last && logged && self.chunk == 0,
            entries: Entries::written(&entries),
            covers: Covers::written(&covers),
        };
        put_repair(out, &repair);
        self.chunk += 1;
        last.then_some(self.records)
    }
}

impl Source {
    fn next(&mut self) -> Option<u32> {
        match self {
            Self::Log { records, next } | Self::Given { records, next } => {
                let record = records.get(*next)?;
                *next += 1;
                Some(*record)
            }
            Self::Store { next, end } => {
                let record = (next < end).then_some(*next)?;
                *next += 1;
                Some(record)
            }
        }
    }
}

/// Whether a list names everybody whose updates are here.
fn lists_all(list: &BTreeMap<OriginId, Have>, origins: &Origins) -> bool {
    origins.iter().all(|(number, origin)| origin.have().is_empty() || list.contains_key(&number))
}

/// The records that all updates the neighbour lacks were about, if the log knows.
fn logged(
    ours: &[(OriginId, Have)],
    theirs: &BTreeMap<OriginId, Have>,
    origins: &Origins,
) -> Option<Vec<u32>> {
    let mut records = Vec::new();
    for (origin, have) in ours {
        for (first, last) in have.lacked_by(&theirs[origin]) {
            if last - first >= LOG_LENGTH as u64 {
                return None;
            }
            for seq in first..=last {
                records.push(origins.get(*origin).logged(seq)?);
            }
        }
    }
    Some(records)
}

/// An origin as it is written.
pub(crate) fn name_of(origin: &Origin) -> codec::Origin<'_> {
    codec::Origin { name: origin.name(), incarnation: origin.incarnation() }
}

form!(struct Answer { number, chunk, theirs, ours, source, records, all });
form!(enum Source {
    0 => Log { records, next }, 1 => Store { next, end }, 2 => Given { records, next },
});
