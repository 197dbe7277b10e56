//! The page in headless Chromium, used as a person uses it.

mod access;
mod comfort;
mod crashes;
mod determinism;
mod door;
mod embed;
mod fingers;
mod first_minute;
mod hands;
mod keys;
mod lab;
mod laying;
mod links;
mod live;
mod pace;
mod presets;
mod sharing;
mod stage;
mod tapes;
mod time;
mod trees;
mod trials;
mod understanding;
