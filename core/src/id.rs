//! Names by number. None converts into another.

/// A configured neighbour: its index in [`Config::peers`](crate::Config).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PeerId(pub u16);

impl PeerId {
    /// The index in [`Config::peers`](crate::Config).
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An open connection, numbered by the driver. Small numbers cost less: a driver gives out the
/// smallest free one, and reuses one only after it said [`Input::Closed`](crate::Input) or did
/// [`Output::Hangup`](crate::Output).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConnId(pub u32);

impl ConnId {
    /// The number as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A Places request. The generation makes a late answer to an ended request harmless.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId {
    /// Which of the [`LOOKUPS_MAX`](crate::limits::LOOKUPS_MAX) slots.
    pub slot: u16,
    /// How often the slot had been used before.
    pub generation: u32,
}
