//! What wasm-bindgen writes for people who read it, without that.

use std::collections::BTreeMap;

/// The names of what a module imports from its script begin like this, and end in this many hexadecimal
/// digits.
const NAME: &[u8] = b"__wbg_";
const DIGITS: usize = 16;

/// Numbers for those names, the same wherever the name stands: in the module, and in its script. Only these
/// two read them, and words and digits do not compress.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: BTreeMap<Vec<u8>, usize>,
}

impl Names {
    /// Writes numbers instead of names. The file is as long as it was, so that nothing in a module moves.
    pub(crate) fn shorten(&mut self, file: &mut [u8]) {
        let mut at = 0;
        while let Some(next) = file[at..].windows(NAME.len()).position(|there| there == NAME) {
            let start = at + next;
            let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$".contains(byte);
            let length = file[start..].iter().take_while(|byte| is_letter(byte)).count();
            at = start + length;
            let name = &file[start..at];
            let Some((called, digits)) = name.split_last_chunk::<DIGITS>() else { continue };
            let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
            if !called.ends_with(b"_") || !digits.iter().all(is_digit) {
                continue;
            }
            let next = self.numbers.len();
            let number = *self.numbers.entry(name.to_vec()).or_insert(next);
            let width = length - NAME.len();
            file[start + NAME.len()..at].copy_from_slice(format!("{number:0width$}").as_bytes());
        }
    }
}

/// Where files of the standard library and of crates of others lie, on the machine that built them.
const LIBRARIES: [&[u8]; 2] = [b"/rustc/", b"/registry/src/"];

/// Blots out in which file of somebody else's a program may stop, which is most of what it says of places:
/// line and column stay, and so do our own files. The module is as long as it was.
pub(crate) fn blot_libraries(module: &mut [u8]) {
    for library in LIBRARIES {
        let mut at = 0;
        while let Some(next) =
            module[at..].windows(library.len()).position(|there| there == library)
        {
            let start = at + next;
            let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
            let path = module[start..].iter().take_while(|byte| is_path(byte)).count();
            let path = &mut module[start..start + path];
            // What stands behind it is another text.
            let end = path.windows(3).position(|there| there == b".rs").map_or(0, |end| end + 3);
            path[..end].fill(b'-');
            at = start + end.max(library.len());
        }
    }
}

/// A script, or a page with one, without comments and indentation. It knows as much of the language as
/// wasm-bindgen, wasm-split and we write: comments have lines of their own, and no text has several.
pub(crate) fn packed(script: &str) -> String {
    let (mut packed, mut comment) = (String::new(), false);
    for line in script.lines().map(str::trim) {
        if comment || line.starts_with("/*") {
            comment = !line.ends_with("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            packed += line;
            packed.push('\n');
        }
    }
    packed
}
