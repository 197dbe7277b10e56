//! The herd over real TCP.
#![allow(dead_code)]
pub mod clock;
pub mod config;
pub mod log;
