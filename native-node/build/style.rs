//! A style sheet without what only its readers need.

/// Next to these a space means nothing.
const CLOSED: [char; 5] = ['{', '}', ';', ',', '>'];

/// The same sheet without comments and without spaces that mean nothing. It knows as much of the language
/// as our sheets use: no text in quotes has a space that is next to one of [`CLOSED`].
pub(crate) fn packed(sheet: &str) -> String {
    let mut bare = String::new();
    let mut rest = sheet;
    while let Some((before, comment)) = rest.split_once("/*") {
        bare += before;
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    bare += rest;
    let mut packed = String::new();
    for word in bare.split_ascii_whitespace() {
        let last = packed.chars().next_back();
        // Before a colon a space tells a descendant from a state; behind one it tells nothing.
        let closed = last.is_none_or(|last| last == ':' || CLOSED.contains(&last));
        if !closed && !word.starts_with(CLOSED) {
            packed.push(' ');
        }
        packed += word;
    }
    packed.replace(";}", "}")
}
