//! The envelope of Maelstrom's messages, one JSON object a line, and its errors.

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A message, read. Fields that nobody knows are left out.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Message {
    /// Who sent it.
    pub src: String,
    /// Whom to; not looked at, for what arrives is for us.
    #[serde(default)]
    pub dest: String,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Body {
    /// What kind of message it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// What an answer is to be marked with.
    pub msg_id: Option<u64>,
    /// What it answers.
    pub in_reply_to: Option<u64>,
    /// All else.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What cannot be done, with Maelstrom's number for it and a sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Maelstrom's number.
    pub code: Code,
    /// Why.
    pub text: String,
}

/// Maelstrom's numbers for errors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u64)]
pub enum Code {
    /// There is no such request.
    NotSupported = 10,
    /// It cannot be done now.
    Unavailable = 11,
    /// The request is not what one of its kind looks like.
    Malformed = 12,
    /// What it relies on is not so.
    Precondition = 22,
}

impl Refusal {
    /// One with this number and sentence.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({"type": "error", "code": self.code as u64, "text": self.text})
    }
}

/// A line that says `body` to `dest`.
#[must_use]
pub fn line(src: &str, dest: &str, body: &Value) -> String {
    json!({"src": src, "dest": dest, "body": body}).to_string()
}

/// The answer to a message: a line that says `body`, marked as its answer.
#[must_use]
pub fn answer(src: &str, to: &Message, mut body: Value) -> String {
    if let (Some(id), Some(body)) = (to.body.msg_id, body.as_object_mut()) {
        body.insert("in_reply_to".into(), id.into());
    }
    line(src, &to.src, &body)
}
