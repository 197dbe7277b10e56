//! The command `herd`.

fn main() {}
