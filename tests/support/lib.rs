//! What the tests share.
//!
//! - [`browser`], [`browser_page`]: a headless Chromium and what a person can do in it.
//! - [`browser_server`]: the embedded page over HTTP.
//! - [`repository`]: the project's own files.
//! - [`tcp`]: servers as processes, and clients; [`tcp_places`]: a stand-in for a Places service;
//!   [`tcp_proxy`]: a wire that can be cut.

pub mod browser;
pub mod browser_page;
pub mod browser_server;
pub mod repository;
pub mod tcp;
pub mod tcp_places;
pub mod tcp_proxy;
