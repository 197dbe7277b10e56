//! The page: see the herd, break it, rewind it, share it.
//!
//! It holds no protocol state: the run is the simulator's, and what is here is camera, selection
//! and playback. Everything but `ui` compiles and is tested without a browser.
//!
//! # Map
//!
//! - [`session`]: one run as the page holds it: where in time we are, undo, what panels show.
//! - [`view`]: paints a frame; [`geometry`]: where it stands; [`paint`]: on what; [`palette`];
//!   [`detail`]: how much of it where a herd is busy or a machine slow.
//! - [`spacetime`], [`charts`]: the whole run at once, and what it cost.
//! - [`timeline`]: the strip; [`geo`]: the clients' map.
//! - [`caption`]: what is happening, as a sentence.
//! - [`guide`]: what a newcomer may try. [`keys`]: every key, and its sheet.
//! - [`lab`]: what a search over many seeds has brought; [`trials`]: one run, tried in several ways.
//! - [`exemplars`]: a run for everything that must be seen sometimes.
//! - [`live`]: a herd that runs somewhere, as far as the page is told of it.
//! - [`link`]: the address and the run in it; [`share`]: all forms a run can take along, [`svg`] the
//!   one to look at. [`presets`]: runs to begin with.
//! - `ui`: the components, one file each (wasm32 only).

pub mod caption;
pub mod charts;
pub mod detail;
pub mod exemplars;
pub mod geo;
pub mod geometry;
pub mod guide;
pub mod keys;
pub mod lab;
pub mod link;
pub mod live;
pub mod paint;
pub mod palette;
pub mod presets;
pub mod session;
pub mod share;
pub mod spacetime;
pub mod svg;
pub mod timeline;
pub mod trials;
pub mod view;

#[cfg(target_arch = "wasm32")]
pub mod ui;
