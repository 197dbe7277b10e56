//! The grammar of everything that is said to a server.
//!
//! ```text
//! unit     = line LF | put | frame                 (a frame only after the greeting)
//! line     = *WS [ command ] *WS                   WS: space, tab, CR, FF, VT
//! command  = "IAMAT"   client place stamp
//!          | "WHATSAT" client radius bound
//!          | "WATCH"   *256client
//!          | "GET"     key
//!          | "AT"      server skew client place stamp
//!          | greeting
//! put      = *WS "PUT" key stamp length *WS LF data
//! greeting = "HERD" "1" cluster name incarnation
//! stale    = "STALE" incarnation                   (an answer to a greeting: a later life is known)
//! client   = 1*4096 bytes that are neither WS nor LF
//! key      = a client that is UTF-8
//! length   = 1*DIGIT                               of the data, at most 65536
//! place    = sign degrees sign degrees             ISO 6709, |lat| <= 90, |lon| <= 180
//! degrees  = 1*DIGIT [ "." 1*DIGIT ]
//! stamp    = 1*DIGIT [ "." 1*9DIGIT ]              POSIX seconds
//! radius   = 1*DIGIT [ "." 1*DIGIT ]               kilometres, 0 < r <= 50
//! bound    = 1*DIGIT                               1 to 20
//! frame    = length kind body                      see `frame`
//! ```
//!
//! Fields are separated by one or more WS. Parsing borrows from the line, allocates nothing and
//! never panics; what was parsed is copied, never printed anew. Where a `PUT` is malformed, as many bytes
//! as its length says are passed over, if it has one; what is longer than data can be ends the connection,
//! as an overlong line does.

mod data;
mod encode;
mod fields;
mod frame;
mod framer;
mod list;
mod number;
mod parse;
pub mod places;
mod put;
mod ranges;
mod read;
mod seal;
#[cfg(test)]
mod tests;

pub(crate) use data::{DATA, KEPT};
pub use data::{Get, Put, data_key, sent_after, told_after};
pub use encode::skew_text;
pub(crate) use encode::{places_failed, put_told, record};
pub(crate) use frame::PushHead;
pub use frame::{
    Build, Digest, Frame, FrameError, Hello, Notice, Origin, Push, Repair, Update, Word,
};
pub use framer::{Framer, Unit, Units};
pub use list::{Covers, Entries, Epochs, Known};
pub(crate) use list::{put_cover, put_epoch, put_fitting, put_known};
pub use number::Degrees;
pub use parse::{At, Command, Greeting, IamAt, ParseError, Place, Watch, What, WhatsAt, parse};
pub(crate) use parse::{Said, echo, stale};
pub(crate) use put::{
    put_build, put_digest, put_entry, put_epochs, put_given, put_hello, put_notice, put_pull,
    put_push, put_repair, put_stale, put_sync, put_vague,
};
pub use ranges::{Ids, Part, Parts, Ranges};
pub(crate) use ranges::{put_list, put_print, put_ranges, put_wish};
pub use seal::{open, seal};
