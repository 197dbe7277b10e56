//! The herd over real TCP.

pub mod page;
