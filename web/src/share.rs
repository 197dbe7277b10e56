//! A run to take along: as a link, as a script, as a test of Rust, as a picture.

use std::fmt::Write;

use herd_sim_wasm::text::show_seconds;

use crate::link::{Link, View, encode, encode_packed};
use crate::palette::Palette;
use crate::session::Session;
use crate::spacetime::{self, Only, Window};
use crate::svg::Svg;
use crate::view::Hidden;

/// Pixels that the picture is wide, and that a row of it is tall.
const PICTURE_WIDE: f64 = 1_200.0;
const PICTURE_ROW: f64 = 44.0;
/// The tallest picture: of more servers it has nearer rows.
const PICTURE_TALL: f64 = 2_400.0;
/// Pixels above and below the rows.
const PICTURE_EDGE: f64 = 60.0;

/// A form that a run can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An address that can be read.
    Link,
    /// A short address.
    Packed,
    /// The text that the run is.
    Script,
    /// A test that plays it.
    Test,
    /// The space-time picture.
    Picture,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::Link, Self::Packed, Self::Script, Self::Test, Self::Picture];

    /// What a person calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link => "Link",
            Self::Packed => "Short link",
            Self::Script => "Script",
            Self::Test => "Rust test",
            Self::Picture => "Picture",
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Link => {
                "Opens this run at this instant, seen as it is seen here. It can be read: the run \
                 itself stands in it."
            }
            Self::Packed => {
                "The same in few letters; herd sim run plays it in a terminal, to the same digest."
            }
            Self::Script => {
                "All of the run, as text. Drop the file onto the page, or give it to herd sim run."
            }
            Self::Test => {
                "Plays the run and fails if a check breaks. Put it beside the tests of a crate that \
                 depends on herd-sim-wasm."
            }
            Self::Picture => "The space-time picture of all that was seen, as SVG.",
        }
    }

    /// The name of a file that holds it.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Link | Self::Packed => "herd-link.txt",
            Self::Script => "herd-run.txt",
            Self::Test => "herd_run.rs",
            Self::Picture => "herd-run.svg",
        }
    }

    /// What kind of text it is.
    #[must_use]
    pub const fn media(self) -> &'static str {
        match self {
            Self::Picture => "image/svg+xml",
            Self::Link | Self::Packed | Self::Script | Self::Test => "text/plain;charset=utf-8",
        }
    }
}

/// How a run is looked at while it is shared.
#[derive(Clone, Debug)]
pub struct Looks {
    /// The page's address, up to the `#`.
    pub page: String,
    /// What goes along in a link.
    pub view: View,
    /// Kinds of messages that the picture leaves out.
    pub hidden: Hidden,
    /// The colours of the picture.
    pub palette: &'static Palette,
}

impl Session {
    /// This run at this instant, in a form.
    #[must_use]
    pub fn share(&self, form: Form, looks: &Looks) -> String {
        let link = || Link {
            script: self.script().to_string(),
            at: Some(self.now()),
            view: looks.view.clone(),
        };
        match form {
            Form::Link => format!("{}{}", looks.page, encode(&link())),
            Form::Packed => format!("{}{}", looks.page, encode_packed(&link())),
            Form::Script => self.script().to_string(),
            Form::Test => self.rust_test(),
            Form::Picture => self.picture(looks),
        }
    }

    /// A test that plays this run: it fails as long as the run breaks a check.
    #[must_use]
    pub fn rust_test(&self) -> String {
        let mut lines = String::new();
        let script = self.script().to_string();
        let mut rest = script.lines().peekable();
        while let Some(line) = rest.next() {
            let line: String = line.chars().flat_map(quoted).collect();
            let next = if rest.peek().is_some() { "\\\n         " } else { "" };
            write!(lines, "{line}\\n{next}").expect("a String takes everything");
        }
        let (at, digest) = (show_seconds(self.now()), self.frame().digest);
        let name = identifier(&self.title());
        format!(
            "//! A run shared from the page, where it stood at {at} s with the digest {digest:016x}.\n\
             \n\
             use herd_sim_wasm::{{Script, judge}};\n\
             \n\
             #[test]\n\
             fn {name}() {{\n    \
                 let script: Script = \"{lines}\"\n        \
                     .parse()\n        \
                     .expect(\"a script\");\n    \
                 let broken = judge(&script).failure;\n    \
                 assert!(broken.is_none(), \"{{}}\", broken.expect(\"a failure\").what);\n\
             }}\n"
        )
    }

    fn picture(&self, looks: &Looks) -> String {
        let diagram = self.diagram(looks.hidden, None, Only::default());
        let rows = diagram.names.len() as f64;
        let size = (PICTURE_WIDE, (rows * PICTURE_ROW + PICTURE_EDGE).min(PICTURE_TALL));
        let mut svg = Svg::new(size, looks.palette.paper);
        let window = Window::whole(self.seen());
        spacetime::paint(&mut svg, &diagram, &window, looks.palette, size);
        svg.finish(&format!("{}, up to {} s", self.title(), show_seconds(self.now())))
    }
}

/// A letter as a literal of Rust holds it.
fn quoted(letter: char) -> Vec<char> {
    match letter {
        '"' | '\\' => vec!['\\', letter],
        letter if letter.is_control() => letter.escape_default().collect(),
        letter => vec![letter],
    }
}

/// A name for a function, made of a title.
fn identifier(title: &str) -> String {
    let letters = title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' });
    let words: String = letters.collect::<String>().to_ascii_lowercase();
    let name = words.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_");
    match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() && name.contains('_') => name,
        _ => format!("run_{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;

    const SECOND: u64 = herd_core::time::SECOND;

    fn shared(form: Form) -> (Session, String) {
        let mut session = Session::open(PRESETS[0].script).expect("a preset is a script");
        session.seek(2 * SECOND);
        let looks = Looks {
            page: "https://herd.example/".into(),
            view: View { on: Some("Holiday".into()), ..View::default() },
            hidden: Hidden::default(),
            palette: &Palette::LIGHT,
        };
        let text = session.share(form, &looks);
        (session, text)
    }

    #[test]
    fn every_form_that_is_a_run_opens_the_same_one() {
        for form in [Form::Link, Form::Packed, Form::Script] {
            let (session, text) = shared(form);
            let link = crate::link::read(&text).expect("it opens");
            let mut again = Session::open(&link.script).expect("a script");
            again.seek(link.at.unwrap_or(2 * SECOND));
            assert_eq!(again.frame().digest, session.frame().digest, "{}", form.name());
            assert_eq!(link.view.on.is_some(), form != Form::Script, "{}", form.name());
        }
    }

    #[test]
    fn the_picture_has_a_line_for_every_message_that_is_shown() {
        let (session, text) = shared(Form::Picture);
        assert!(text.starts_with("<svg ") && text.contains(">Holiday</text>"), "{text}");
        let hidden = Hidden::default();
        let servers = session.frame().servers.len();
        let diagram = session.diagram(hidden, None, Only::default());
        let between = |end: u32| (end as usize) < servers;
        let shown = diagram
            .flights
            .iter()
            .filter(|flight| between(flight.from) && between(flight.to) && flight.kind.is_update());
        let line = format!("stroke=\"{}\" stroke-width=\"1.25\"", Palette::LIGHT.newest);
        let path = text.lines().find(|text| text.contains(&line)).expect("updates are drawn");
        assert_eq!(path.matches('M').count(), shown.count());
    }

    #[test]
    fn names_are_names_of_functions() {
        assert_eq!(identifier("Grid, 5 × 5"), "grid_5_5");
        assert_eq!(identifier("9 servers"), "run_9_servers");
        assert_eq!(identifier("Bridge"), "run_bridge");
        assert_eq!(identifier("ünï"), "run_n");
    }
}
