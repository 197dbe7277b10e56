//! The page in headless Chromium, used as a person uses it.

mod comfort;
mod hands;
mod links;
