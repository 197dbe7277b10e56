//! The page's address: a whole run behind the `#`, and how it is looked at.
//!
//! `#run=` and the script's text, in which a space is `+` and what an address cannot hold is `%NN`;
//! `&at=` and the instant that is shown, in seconds. It stays readable on purpose: a link in an old
//! report can be read without the page. The packed form that `herd sim` writes (`#herd1.…`) opens
//! the same run. Behind either stands the [`View`], a part for each thing that is not as it is at
//! first: `&on=Holiday&tab=Events&speed=1/10`. A part that is not known, or says what is not there, is
//! left out: a link outlives the page that made it.

use std::fmt::Write;

use herd_sim_wasm::pack::readable::{self, Readable};
use herd_sim_wasm::pack::{self, PREFIX};

/// What a link says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// The script's text.
    pub script: String,
    /// The instant to show, ns; absent: the beginning, playing.
    pub at: Option<u64>,
    /// How it is looked at.
    pub view: View,
}

/// How a run is looked at; what is absent is as at first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// What is selected, by its name.
    pub on: Option<String>,
    /// How near the camera is, and how far it is shifted, in parts of the stage.
    pub camera: Option<[f64; 3]>,
    /// The tab that is open.
    pub tab: Option<String>,
    /// The speed, as the page names it.
    pub speed: Option<String>,
    /// The kinds of messages that are shown.
    pub kinds: Option<Vec<String>>,
    /// The client that is followed.
    pub client: Option<String>,
    /// What is looked for in what happened.
    pub find: Option<String>,
}

/// Digits behind the point of a number of the camera: a tenth of a pixel is enough.
const DECIMALS: f64 = 1e4;

impl View {
    /// The parts behind a link, each with its `&`.
    fn write(&self, text: &mut String) {
        let mut part = |name: &str, value: &str| {
            write!(text, "&{name}={}", readable::escape(value)).expect("a String takes everything");
        };
        let texts = [
            ("on", &self.on),
            ("tab", &self.tab),
            ("speed", &self.speed),
            ("client", &self.client),
            ("find", &self.find),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                part(name, value);
            }
        }
        if let Some(kinds) = &self.kinds {
            part("kinds", &kinds.join(","));
        }
        if let Some(camera) = self.camera {
            let numbers = camera.map(|n| ((n * DECIMALS).round() / DECIMALS).to_string());
            part("camera", &numbers.join(","));
        }
    }

    /// Takes what a part says, if it is known.
    fn read(&mut self, part: &str) {
        let Some((name, value)) = part.split_once('=') else { return };
        let Ok(value) = readable::unescape(value) else { return };
        match name {
            "on" => self.on = Some(value),
            "tab" => self.tab = Some(value),
            "speed" => self.speed = Some(value),
            "client" => self.client = Some(value),
            "find" => self.find = Some(value),
            "kinds" => self.kinds = Some(value.split(',').map(str::to_owned).collect()),
            "camera" => self.camera = camera(&value),
            _ => {}
        }
    }
}

fn camera(text: &str) -> Option<[f64; 3]> {
    let numbers: Option<Vec<f64>> =
        text.split(',').map(|n| n.parse().ok().filter(|n: &f64| n.is_finite())).collect();
    numbers?.try_into().ok()
}

/// The part of the address from the `#` on.
#[must_use]
pub fn encode(link: &Link) -> String {
    let mut text = format!("#{}", readable::show(&link.script, link.at));
    link.view.write(&mut text);
    text
}

/// The same, packed: shorter, and not to be read by the eye. A script that makes no sense stays as it
/// is.
#[must_use]
pub fn encode_packed(link: &Link) -> String {
    let Ok(script) = link.script.parse() else { return encode(link) };
    let mut text = format!("#{}", pack::Link::new(script, link.at));
    link.view.write(&mut text);
    text
}

/// What the part of an address from the `#` on says; `None` if it holds no run.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn decode(hash: &str) -> Result<Option<Link>, String> {
    let hash = hash.strip_prefix('#').unwrap_or(hash);
    let mut link = Link::default();
    for part in hash.split('&').skip(1) {
        link.view.read(part);
    }
    if hash.starts_with(PREFIX) {
        let packed = pack::Link::parse(hash).map_err(|why| why.to_string())?;
        return Ok(Some(Link { script: packed.script.to_string(), at: packed.at, ..link }));
    }
    match Readable::parse(hash) {
        Ok(Readable { script, at }) => Ok(Some(Link { script, at, ..link })),
        Err(pack::LinkError::NoLink) if hash.is_empty() => Ok(None),
        Err(pack::LinkError::NoLink) => {
            let begin: String = hash.chars().take(24).collect();
            Err(format!("A link begins with #run= or #{PREFIX}, and this one with #{begin}."))
        }
        Err(why) => Err(why.to_string()),
    }
}

/// What a text is: a link, alone or in an address, or a script.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn read(text: &str) -> Result<Link, String> {
    if !pack::is_link(text) {
        return Ok(Link { script: text.to_owned(), ..Link::default() });
    }
    let text = text.trim();
    let hash = text.find('#').map_or(text, |at| &text[at..]);
    decode(hash).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            script: "herd 1 seed=7 topology=ring:8\n@1 say s3 IAMAT é%& +34-118 1\n@2 cut s1>s2"
                .into(),
            at: Some(1_250_000_000),
            view: View::default(),
        }
    }

    fn view() -> View {
        View {
            on: Some("s1-s2".into()),
            camera: Some([1.5, -0.25, 0.1]),
            tab: Some("Events".into()),
            speed: Some("1/10".into()),
            kinds: Some(vec!["update".into(), "repair".into()]),
            client: Some("kiwi & co".into()),
            find: Some("learns".into()),
        }
    }

    #[test]
    fn both_ways() {
        let link = link();
        let text = encode(&link);
        assert!(text.starts_with("#run=herd+1+seed=7+topology=ring:8%0A@1+say+s3+IAMAT+%C3%A9"));
        assert!(text.ends_with("&at=1.25"));
        assert!(!text.contains([' ', '"', '<', '>', '`']));
        assert_eq!(decode(&text), Ok(Some(link)));
    }

    #[test]
    fn the_view_goes_along_readably() {
        let link = Link { view: view(), ..link() };
        let text = encode(&link);
        assert!(text.ends_with(
            "&at=1.25&on=s1-s2&tab=Events&speed=1/10&client=kiwi+%26+co&find=learns\
             &kinds=update,repair&camera=1.5,-0.25,0.1"
        ));
        assert_eq!(decode(&text), Ok(Some(link)));
    }

    #[test]
    fn a_packed_link_opens_the_same_run_and_view() {
        let script: herd_sim_wasm::Script =
            "herd 1 seed=7 topology=ring:8\n@1 cut s1>s2".parse().expect("a script");
        let link = Link { script: script.to_string(), at: Some(1_250_000_000), view: view() };
        let packed = encode_packed(&link);
        assert!(packed.starts_with("#herd1."), "{packed}");
        assert_eq!(decode(&packed), Ok(Some(link)));
        assert!(decode("#herd1.zz").is_err());
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let text = "#run=herd+1&at=2&colour=red&camera=near&speed=1/2&x";
        let opened = decode(text).expect("a link").expect("a run");
        assert_eq!(opened.view, View { speed: Some("1/2".into()), ..View::default() });
        assert_eq!(opened.at, Some(2_000_000_000));
    }

    #[test]
    fn no_run_is_no_link() {
        assert_eq!(decode(""), Ok(None));
        assert_eq!(decode("#"), Ok(None));
    }

    #[test]
    fn errors_are_sentences() {
        assert!(decode("#run=a%2").is_err_and(|why| why.contains("two hexadecimal digits")));
        assert!(decode("#run=%FF").is_err_and(|why| why.contains("UTF-8")));
        assert!(decode("#run=herd&at=soon").is_err_and(|why| why.contains("1.25")));
        assert!(decode("#hello").is_err_and(|why| why.contains("hello")));
    }

    #[test]
    fn a_text_is_a_link_or_a_script() {
        let link = link();
        let address = format!(" http://127.0.0.1:8080/{}\n", encode(&link));
        assert_eq!(read(&address), Ok(link.clone()));
        assert_eq!(read(&link.script).map(|read| read.script), Ok(link.script));
        assert!(read("herd1.AAAA").is_err());
    }
}
