//! The colours of the pictures: the hues of Okabe and Ito, by day and by night. `style.css` says
//! the same ones for the rest of the page.

/// The colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Palette {
    /// What everything stands on.
    pub paper: &'static str,
    /// Text and outlines.
    pub ink: &'static str,
    /// Text of less weight.
    pub quiet: &'static str,
    /// Links.
    pub link: &'static str,
    /// Links that feed.
    pub feed: &'static str,
    /// Lines that only help to see.
    pub hair: &'static str,
    /// A server that knows the newest.
    pub newest: &'static str,
    /// What is written on it.
    pub on_newest: &'static str,
    /// A server that knows something older.
    pub older: &'static str,
    /// What is written on it.
    pub on_older: &'static str,
    /// A client's question and its answer.
    pub question: &'static str,
    /// Repair between servers.
    pub repair: &'static str,
    /// What is wrong: broken, dropped, dead.
    pub wrong: &'static str,
    /// Water and land of the map.
    pub sea: &'static str,
    /// Land of the map.
    pub land: &'static str,
}

impl Palette {
    /// By day.
    pub const LIGHT: Self = Self {
        paper: "#fffdf9",
        ink: "#1d2530",
        quiet: "#66707c",
        link: "#b9bdc2",
        feed: "#5b7f99",
        hair: "#e7e3da",
        newest: "#0072b2",
        on_newest: "#ffffff",
        older: "#e69f00",
        on_older: "#2b1d00",
        question: "#b0538a",
        repair: "#00835f",
        wrong: "#c94c00",
        sea: "#e3edf2",
        land: "#f6f2e8",
    };
    /// By night.
    pub const DARK: Self = Self {
        paper: "#151a21",
        ink: "#e8eaed",
        quiet: "#98a2ae",
        link: "#4c5663",
        feed: "#7fa3bd",
        hair: "#29313b",
        newest: "#3d9fdc",
        on_newest: "#06121b",
        older: "#f0b429",
        on_older: "#2b1d00",
        question: "#e29ac2",
        repair: "#2fc69a",
        wrong: "#ff7a33",
        sea: "#17242e",
        land: "#222a31",
    };
}
