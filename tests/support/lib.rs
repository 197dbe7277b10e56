//! What the tests share.
//!
//! - [`browser`], [`browser_page`]: a headless Chromium and what a person can do in it.
//! - [`browser_server`]: the embedded page over HTTP.
//! - [`repository`]: the project's own files.

pub mod browser;
pub mod browser_page;
pub mod browser_server;
pub mod repository;
