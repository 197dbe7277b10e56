//! Printing. What cannot be printed is a failure of the command, not a panic; where nobody reads any
//! more (a closed pipe, as of `head`), there is nobody to tell, and nothing is wrong.

use std::fmt;
use std::io::{self, ErrorKind, Write};

use super::Failure;
use super::table::YELLOW;

/// Prints a line on the standard output: a `Result`.
macro_rules! print_line {
    ($($text:tt)*) => { $crate::cli::out::print(format_args!($($text)*), "\n") };
}

/// Prints text on the standard output: a `Result`.
macro_rules! print_text {
    ($($text:tt)*) => { $crate::cli::out::print(format_args!($($text)*), "") };
}

/// Prints a line on the standard error.
macro_rules! print_note {
    ($($text:tt)*) => { $crate::cli::out::beside(format_args!($($text)*)) };
}

pub(super) use {print_line as line, print_note as note, print_text as text};

/// Prints text and its end on the standard output.
///
/// # Errors
/// The status is 2: whoever wanted it does not have it.
pub(super) fn print(text: fmt::Arguments<'_>, end: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let written = out.write_fmt(text).and_then(|()| out.write_all(end.as_bytes()));
    came_out(written.and_then(|()| out.flush())).map(|_| ())
}

/// Prints bytes as they are.
///
/// # Errors
/// As of [`print()`].
pub(super) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    came_out(out.write_all(bytes).and_then(|()| out.flush())).map(|_| ())
}

/// Prints a line on the standard error.
pub(super) fn beside(text: fmt::Arguments<'_>) {
    let mut err = anstream::stderr().lock();
    // Where that cannot be, there is no third place to say so.
    let _ = err.write_fmt(text).and_then(|()| err.write_all(b"\n"));
}

/// Whether somebody reads what was written.
///
/// # Errors
/// It could not be written.
pub(super) fn came_out(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(why) => Err(Failure::usage(format!("the standard output cannot be written: {why}"))),
    }
}

/// Servers run whether what they say of themselves can be printed or not.
pub(super) fn or_warn(printed: Result<(), Failure>) {
    if let Err(failure) = printed {
        print_note!("{YELLOW}warning:{YELLOW:#} {}; the servers go on", failure.message);
    }
}
