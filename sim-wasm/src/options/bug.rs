//! Bugs that can be planted.

/// A bug in the driver, planted to see a check go red.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bug {
    /// None.
    None,
    /// A server that has lost its feed takes whoever tells it something next for one.
    AdoptsInHaste,
    /// Every answer to a client is sent twice.
    AnswersTwice,
    /// What is damaged on the way is not noticed.
    Believes,
    /// Stamps of any time are accepted.
    BelievesTheFuture,
    /// Every third message of a way takes a second longer.
    Dawdles,
    /// Two updates of one server have one number, whatever life of it they are from: the second is
    /// taken for the first.
    ConfusesLives,
    /// A server has room for two clients; what neighbours tell it of others is lost, and nobody
    /// notices.
    DropsSilently,
    /// What comes from a neighbour goes back to it as well.
    Echoes,
    /// Who asks where a known client is is told `?`.
    Evades,
    /// A restart with its store comes up with half of it.
    ForgetsOnRestart,
    /// The first digit of the latitude changes on the way.
    Garbles,
    /// A client is hung up on instead of answered.
    HangsUp,
    /// Some messages between servers vanish on arrival.
    Leaks,
    /// A full connection is kept.
    NeverFull,
    /// A server that has lost its feed neither says so nor floods.
    OrphansKeepStill,
    /// Messages of a stream overtake each other.
    Overtakes,
    /// Whoever tells a server what it knows is told to stop.
    PrunesUnproven,
    /// A server that starts again takes itself for what it was.
    ReusesLives,
    /// Answers to clients are lost.
    Swallows,
    /// Neighbours are told everything twice.
    TellsTwice,
    /// What is known is flooded on as if it were news.
    NoDedup,
    /// What a neighbour sends as repair is not read.
    NoRepair,
    /// Of two records with one stamp each server keeps the one that came first.
    NoTieBreak,
    /// Stamps are compared as text: 9 is newer than 10.
    TimesAsText,
    /// A server takes up an older tree as well as a newer one.
    TurnsEpochsBack,
}

impl Bug {
    /// Every bug, and none.
    pub const ALL: [Self; 26] = [
        Self::None,
        Self::AdoptsInHaste,
        Self::AnswersTwice,
        Self::Believes,
        Self::BelievesTheFuture,
        Self::Dawdles,
        Self::ConfusesLives,
        Self::DropsSilently,
        Self::Echoes,
        Self::Evades,
        Self::ForgetsOnRestart,
        Self::Garbles,
        Self::HangsUp,
        Self::Leaks,
        Self::NeverFull,
        Self::OrphansKeepStill,
        Self::Overtakes,
        Self::PrunesUnproven,
        Self::ReusesLives,
        Self::Swallows,
        Self::TellsTwice,
        Self::NoDedup,
        Self::NoRepair,
        Self::NoTieBreak,
        Self::TimesAsText,
        Self::TurnsEpochsBack,
    ];

    /// Its name in text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AdoptsInHaste => "adopts-in-haste",
            Self::AnswersTwice => "answers-twice",
            Self::Believes => "believes",
            Self::BelievesTheFuture => "believes-the-future",
            Self::Dawdles => "dawdles",
            Self::ConfusesLives => "confuses-lives",
            Self::DropsSilently => "drops-silently",
            Self::Echoes => "echoes",
            Self::Evades => "evades",
            Self::ForgetsOnRestart => "forgets-on-restart",
            Self::Garbles => "garbles",
            Self::HangsUp => "hangs-up",
            Self::Leaks => "leaks",
            Self::NeverFull => "never-full",
            Self::OrphansKeepStill => "orphans-keep-still",
            Self::Overtakes => "overtakes",
            Self::PrunesUnproven => "prunes-unproven",
            Self::ReusesLives => "reuses-lives",
            Self::Swallows => "swallows",
            Self::TellsTwice => "tells-twice",
            Self::NoDedup => "no-dedup",
            Self::NoRepair => "no-repair",
            Self::NoTieBreak => "no-tie-break",
            Self::TimesAsText => "times-as-text",
            Self::TurnsEpochsBack => "turns-epochs-back",
        }
    }

    /// What it does wrong.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::None => "Nothing is planted.",
            Self::AnswersTwice => "Every answer to a client is sent twice.",
            Self::Believes => "What is damaged on the way is not noticed.",
            Self::Dawdles => "Every third message of a way takes a second longer.",
            Self::ConfusesLives => {
                "Two updates of one server have one number, whatever life of it they are from: the second is taken for the first."
            }
            Self::DropsSilently => {
                "A server has room for two clients; what neighbours tell it of others is lost, and nobody notices."
            }
            Self::Echoes => "What comes from a neighbour goes back to it as well.",
            Self::Evades => "Who asks where a known client is is told `?`.",
            Self::ForgetsOnRestart => "A restart with its store comes up with half of it.",
            Self::Garbles => "The first digit of the latitude changes on the way.",
            Self::HangsUp => "A client is hung up on instead of answered.",
            Self::Leaks => "Some messages between servers vanish on arrival.",
            Self::NeverFull => "A full connection is kept.",
            Self::Overtakes => "Messages of a stream overtake each other.",
            Self::Swallows => "Answers to clients are lost.",
            Self::TellsTwice => "Neighbours are told everything twice.",
            Self::NoDedup => "What is known is flooded on as if it were news.",
            Self::NoRepair => "What a neighbour sends as repair is not read.",
            Self::NoTieBreak => {
                "Of two records with one stamp each server keeps the one that came first."
            }
            Self::TimesAsText => "Stamps are compared as text: 9 is newer than 10.",
            Self::AdoptsInHaste => {
                "A server that has lost its feed takes whoever tells it something next for one."
            }
            Self::BelievesTheFuture => "Stamps of any time are accepted.",
            Self::OrphansKeepStill => "A server that has lost its feed neither says so nor floods.",
            Self::PrunesUnproven => "Whoever tells a server what it knows is told to stop.",
            Self::ReusesLives => "A server that starts again takes itself for what it was.",
            Self::TurnsEpochsBack => "A server takes up an older tree as well as a newer one.",
        }
    }

    /// The bug of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bug| bug.name() == name)
    }
}
