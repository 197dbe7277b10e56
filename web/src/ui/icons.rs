//! Small pictures on buttons.

use leptos::prelude::*;

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Back,
    Close,
    Dice,
    Forward,
    Moon,
    Pause,
    Play,
    Remove,
    Start,
    Sun,
}

impl Icon {
    const fn path(self) -> (&'static str, bool) {
        match self {
            Self::Back => ("M15 6l-7 6 7 6M18 6v12", false),
            Self::Close => ("M6 6l12 12M18 6L6 18", false),
            Self::Dice => ("M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01", false),
            Self::Forward => ("M9 6l7 6-7 6M6 6v12", false),
            Self::Moon => ("M20 14.5A8 8 0 119.5 4a6.5 6.5 0 0010.5 10.5z", false),
            Self::Pause => ("M7 5h3.5v14H7zM13.5 5H17v14h-3.5z", true),
            Self::Play => ("M8 5l11 7-11 7z", true),
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
