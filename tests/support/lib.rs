//! What the tests share.
//!
//! - [`browser`], [`browser_page`]: a headless Chromium and what a person can do in it.
//! - [`browser_server`]: the embedded page over HTTP.
//! - [`chaos`]: random runs.
//! - [`repository`]: the project's own files.
//! - [`scenario`]: scenario files, and what a herd must be able to do to run them.
//! - [`sim`]: the simulated herd as one.

pub mod browser;
pub mod browser_page;
pub mod browser_server;
pub mod chaos;
pub mod repository;
pub mod scenario;
pub mod sim;
