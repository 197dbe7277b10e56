//! The herd over real TCP.
