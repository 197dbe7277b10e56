//! The command `herd`.

use std::process::ExitCode;

fn main() -> ExitCode {
    herd_native_node::main()
}
