//! The command `herd`, for tests that need it as a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    herd_native_node::main()
}
