//! Small pictures on buttons.

use leptos::prelude::*;

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Add,
    Back,
    Close,
    Dice,
    Fit,
    Flag,
    Forward,
    Hand,
    Knife,
    Lasso,
    Link,
    Moon,
    Pause,
    Play,
    Redo,
    Remove,
    Start,
    Sun,
    Undo,
}

impl Icon {
    /// The outline, and whether it is filled.
    pub(super) const fn path(self) -> (&'static str, bool) {
        match self {
            Self::Add => ("M12 6v12M6 12h12", false),
            Self::Back => ("M15 6l-7 6 7 6M18 6v12", false),
            Self::Close => ("M6 6l12 12M18 6L6 18", false),
            Self::Dice => ("M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01", false),
            Self::Fit => ("M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5", false),
            Self::Flag => ("M6 21V4h11l-2.500 4L17 12H6", false),
            Self::Hand => ("M6 3.500l12 8.500l-6 1l-3 6z", false),
            Self::Knife => ("M4 20l3-1L20 6c0-1.500-.5-2.500-2-3L5.500 16zM5.500 16L7 19", false),
            Self::Lasso => (
                "M12 4c5 0 8.500 2.500 8.500 6s-3.500 6-8.500 6s-8.500-2.500-8.500-6S7 4 12 4zM7 15c-2 1.500-1 4 1 5",
                false,
            ),
            Self::Link => (
                "M8.500 15.500l7-7M5.500 15.500a3 3 0 103 3a3 3 0 10-3-3M18.500 2.500a3 3 0 103 3a3 3 0 10-3-3",
                false,
            ),
            Self::Forward => ("M9 6l7 6-7 6M6 6v12", false),
            Self::Moon => ("M20 14.5A8 8 0 119.5 4a6.5 6.5 0 0010.5 10.5z", false),
            Self::Pause => ("M7 5h3.5v14H7zM13.5 5H17v14h-3.5z", true),
            Self::Play => ("M8 5l11 7-11 7z", true),
            Self::Redo => ("M19 9H9.500a5.500 5.500 0 000 11H13M15 5l4 4l-4 4", false),
            Self::Undo => ("M5 9h9.500a5.500 5.500 0 010 11H11M9 5L5 9l4 4", false),
            Self::Remove => ("M7 12h10", false),
            Self::Start => ("M6 5v14M19 5l-9 7 9 7z", false),
            Self::Sun => (
                "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 \
                 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
                false,
            ),
        }
    }
}

/// The picture, for the eye only: the button says what it does.
#[component]
pub(crate) fn Picture(#[prop(into)] icon: Signal<Icon>) -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d=move || icon.get().path().0 class=move || {
                if icon.get().path().1 { "solid" } else { "" }
            } />
        </svg>
    }
}
