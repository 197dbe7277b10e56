//! What is thrown when something is refused.

use js_sys::{Error, Reflect};
use wasm_bindgen::prelude::*;

use crate::pack::LinkError;
use crate::script::ScriptError;
use crate::text::Wrong;

/// What a call gives, or an `Error` to throw.
pub(super) type Outcome<T> = Result<T, JsValue>;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What is thrown when something is refused; nothing has changed then. */
export interface HerdError extends Error {
  name: "HerdError";
  /** The line of the script, from 1; absent if there is none to speak of. */
  line?: number;
  /** The character of the line, from 1. */
  column?: number;
  /** What would have been right there. */
  expected?: string;
}
"#;

/// A refusal that is a sentence.
pub(super) fn refuse(what: &str) -> JsValue {
    error(what).into()
}

/// A refusal that points into a script.
pub(super) fn refuse_script(why: &ScriptError) -> JsValue {
    pointing(&why.to_string(), why.line, why.column, &why.expected)
}

/// A refusal that points into a command.
pub(super) fn refuse_command(why: &Wrong) -> JsValue {
    pointing(&why.to_string(), 1, why.column, &why.expected)
}

/// A refusal of a link, which may be one of the script in it.
pub(super) fn refuse_link(why: &LinkError) -> JsValue {
    match why {
        LinkError::Script(why) => refuse_script(why),
        LinkError::Damaged | LinkError::Format(_) | LinkError::NoLink | LinkError::Address(_) => {
            refuse(&why.to_string())
        }
    }
}

fn pointing(what: &str, line: u32, column: u32, expected: &str) -> JsValue {
    let error = error(what);
    let fields = [("line", line.into()), ("column", column.into()), ("expected", expected.into())];
    for (name, value) in fields {
        // An `Error` takes every field.
        let _ = Reflect::set(&error, &name.into(), &value);
    }
    error.into()
}

fn error(what: &str) -> Error {
    let error = Error::new(what);
    error.set_name("HerdError");
    error
}
