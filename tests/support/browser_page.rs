//! What a person can do in a tab, and what they can see.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use herd_sim_wasm::text::parse_seconds;
use herd_web::link::{self, Link, View};
use serde_json::{Value, json};

use crate::browser::Browser;

/// How the tab looks to the page: size and the person's preferences.
#[derive(Clone, Copy, Debug)]
pub struct Media {
    /// CSS pixels.
    pub width: u32,
    /// CSS pixels.
    pub height: u32,
    /// `prefers-color-scheme`.
    pub dark: bool,
    /// `prefers-reduced-motion`.
    pub still: bool,
}

impl Media {
    /// A desktop window in daylight.
    pub const DESKTOP: Self = Self { width: 1440, height: 900, dark: false, still: false };
    /// A telephone.
    pub const PHONE: Self = Self { width: 390, height: 844, dark: false, still: false };
}

/// The address of a preset at an instant (seconds).
///
/// # Panics
/// If there is no preset of that name.
#[must_use]
#[track_caller]
pub fn preset(address: &str, name: &str, at: &str) -> String {
    let preset = herd_web::presets::PRESETS.iter().find(|preset| preset.name == name);
    let preset = preset.unwrap_or_else(|| panic!("no preset is called {name}"));
    run(address, preset.script, Some(at))
}

/// The address of a script, at an instant (seconds) if one is given.
///
/// # Panics
/// If the instant is none.
#[must_use]
#[track_caller]
pub fn run(address: &str, script: &str, at: Option<&str>) -> String {
    let at = at.map(|at| parse_seconds(at).expect("an instant in seconds"));
    format!(
        "{address}{}",
        link::encode(&Link { script: script.to_owned(), at, view: View::default() })
    )
}

/// One open page.
#[derive(Debug)]
pub struct Page {
    pub(crate) browser: Browser,
    console: Vec<String>,
}

impl Page {
    /// Opens an address in a browser of its own.
    #[must_use]
    #[track_caller]
    pub fn open(address: &str, media: Media) -> Self {
        let mut page = Self::blank(media);
        page.go(address);
        page
    }

    /// An empty tab in a browser of its own.
    #[must_use]
    #[track_caller]
    pub fn blank(media: Media) -> Self {
        let mut page = Self { browser: Browser::launch(), console: Vec::new() };
        page.media(media);
        page
    }

    /// Goes to an address.
    #[track_caller]
    pub fn go(&mut self, address: &str) {
        // By way of nothing, so that a change behind the `#` loads the page anew as well.
        self.browser.call("Page.navigate", json!({ "url": "about:blank" }));
        self.wait("location.href === 'about:blank'");
        let answer = self.browser.call("Page.navigate", json!({ "url": address }));
        assert!(answer["errorText"].is_null(), "{address}: {answer}");
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'");
    }

    /// Runs some JavaScript before anything else in every page that is opened from now on.
    #[track_caller]
    pub fn before_every_page(&mut self, script: &str) {
        self.browser.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }));
    }

    /// Lets the pages of an address read and write the clipboard, as a person would who is asked.
    #[track_caller]
    pub fn allow_clipboard(&mut self, address: &str) {
        let permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"];
        self.browser.call_browser(
            "Browser.grantPermissions",
            json!({ "origin": address.trim_end_matches('/'), "permissions": permissions }),
        );
    }

    /// Sets size and preferences.
    #[track_caller]
    pub fn media(&mut self, media: Media) {
        let Media { width, height, dark, still } = media;
        self.browser.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
        let scheme = if dark { "dark" } else { "light" };
        let motion = if still { "reduce" } else { "no-preference" };
        self.browser.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": [
                { "name": "prefers-color-scheme", "value": scheme },
                { "name": "prefers-reduced-motion", "value": motion },
            ] }),
        );
    }

    /// Sets how large letters are, as a person chooses it for all pages; 16 pixels are usual.
    #[track_caller]
    pub fn letters(&mut self, pixels: u32) {
        let sizes = json!({ "standard": pixels, "fixed": pixels * 13 / 16 });
        self.browser.call("Page.setFontSizes", json!({ "fontSizes": sizes }));
    }

    /// The value of a JavaScript expression; promises are awaited.
    ///
    /// # Panics
    /// If it throws.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        let answer = self.evaluate(expression).unwrap_or_else(|why| panic!("{expression}: {why}"));
        self.value(expression, answer)
    }

    fn evaluate(&mut self, expression: &str) -> Result<Value, Value> {
        self.browser.try_call(
            "Runtime.evaluate",
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true }),
        )
    }

    #[track_caller]
    fn value(&mut self, expression: &str, mut answer: Value) -> Value {
        let thrown = &answer["exceptionDetails"]["exception"]["description"];
        if !thrown.is_null() {
            let console = self.console().join("\n");
            panic!("{expression}\nthrew {thrown}\nThe console says:\n{console}");
        }
        answer["result"]["value"].take()
    }

    /// How long the page's main thread has worked so far, seconds of CPU: a busy machine does not
    /// change it.
    ///
    /// # Panics
    /// If the browser does not say.
    pub fn cpu(&mut self) -> f64 {
        self.browser.call("Performance.enable", json!({ "timeDomain": "threadTicks" }));
        let answer = self.browser.call("Performance.getMetrics", json!({}));
        let metrics = answer["metrics"].as_array().expect("a list");
        let task = metrics.iter().find(|metric| metric["name"] == "TaskDuration");
        task.and_then(|metric| metric["value"].as_f64()).expect("a number")
    }

    /// The value of an expression as text.
    #[track_caller]
    pub fn text(&mut self, expression: &str) -> String {
        let value = self.eval(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression} is {value}, no text")).to_owned()
    }

    /// Waits until an expression is truthy (it may throw until then); its value.
    ///
    /// # Panics
    /// If it is not within fifty seconds: a machine may have much else to do.
    #[track_caller]
    pub fn wait(&mut self, expression: &str) -> Value {
        let script = format!(
            "new Promise((resolve, reject) => {{
                const end = performance.now() + 50000;
                const look = () => {{
                    let value; let why = '';
                    try {{ value = ({expression}); }} catch (error) {{ why = String(error); }}
                    if (value) resolve(value);
                    else if (performance.now() > end) reject(new Error('not so in 50 s: ' + why));
                    else setTimeout(look, 15);
                }};
                look();
            }})"
        );
        // A page that is on its way to another address answers nothing: the next one is asked.
        let answer = loop {
            match self.evaluate(&script) {
                Err(why) if why.to_string().contains("navigated") => {}
                other => break other,
            }
        };
        let answer = answer.unwrap_or_else(|why| panic!("{expression}: {why}"));
        self.value(&script, answer)
    }

    /// Waits for a list and chooses one of its values.
    #[track_caller]
    pub fn choose(&mut self, selector: &str, value: &str) {
        self.wait(&format!("document.querySelector(\"{selector}\")"));
        self.eval(&format!(
            "(() => {{
                const list = document.querySelector(\"{selector}\");
                list.value = '{value}';
                list.dispatchEvent(new Event('change', {{ bubbles: true }}));
            }})()"
        ));
    }

    /// Waits for an element and clicks its middle, as a mouse does.
    #[track_caller]
    pub fn click(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        self.mouse("mousePressed", x, y);
        self.mouse("mouseReleased", x, y);
    }

    /// Drags from the middle of an element by so many pixels.
    #[track_caller]
    pub fn drag(&mut self, selector: &str, dx: f64, dy: f64) {
        let (x, y) = self.middle(selector);
        self.mouse("mousePressed", x, y);
        for step in 1..=4 {
            let part = f64::from(step) / 4.0;
            self.mouse("mouseMoved", x + dx * part, y + dy * part);
        }
        self.mouse("mouseReleased", x + dx, y + dy);
    }

    /// Drags `hand` by so much, and asserts that `thing` was pulled along; where that was, and is.
    ///
    /// # Panics
    /// If it was not.
    #[track_caller]
    pub fn pull(&mut self, hand: &str, thing: &str, [x, y]: [f64; 2]) -> [(f64, f64); 2] {
        let home = self.middle(thing);
        self.drag(hand, x, y);
        self.settle();
        let pulled = self.middle(thing);
        let by = (pulled.0 - home.0, pulled.1 - home.1);
        assert!((by.0 - x).abs() < 2.0 && (by.1 - y).abs() < 2.0, "pulled by {by:?}");
        [home, pulled]
    }

    /// Draws with the mouse held down through these points of the window.
    #[track_caller]
    pub fn stroke(&mut self, points: &[(f64, f64)]) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        self.mouse("mousePressed", first.0, first.1);
        for (x, y) in points {
            self.mouse("mouseMoved", *x, *y);
        }
        self.mouse("mouseReleased", last.0, last.1);
    }

    /// Clicks a point of the window.
    #[track_caller]
    pub fn click_at(&mut self, (x, y): (f64, f64)) {
        self.stroke(&[(x, y)]);
    }

    /// Opens the menu of a point of the window, as the right button of a mouse does.
    #[track_caller]
    pub fn right_click(&mut self, (x, y): (f64, f64)) {
        for kind in ["mousePressed", "mouseReleased"] {
            self.browser.call(
                "Input.dispatchMouseEvent",
                json!({
                    "type": kind, "x": x, "y": y, "button": "right", "clickCount": 1,
                }),
            );
        }
    }

    /// Turns the wheel over a point of the window; negative comes nearer.
    #[track_caller]
    pub fn wheel(&mut self, (x, y): (f64, f64), by: f64) {
        self.browser.call(
            "Input.dispatchMouseEvent",
            json!({ "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": by }),
        );
    }

    /// Writes into a field and leaves it.
    #[track_caller]
    pub fn write(&mut self, selector: &str, text: &str) {
        let selector = serde_json::to_string(selector).expect("text is JSON");
        let text = serde_json::to_string(text).expect("text is JSON");
        self.wait(&format!("document.querySelector({selector})"));
        self.eval(&format!(
            "(() => {{
                const field = document.querySelector({selector});
                field.value = {text};
                field.dispatchEvent(new Event('input', {{ bubbles: true }}));
                field.dispatchEvent(new Event('change', {{ bubbles: true }}));
            }})()"
        ));
    }

    /// Presses a key where the focus is: `k`, `Enter`, `ArrowLeft`, …
    #[track_caller]
    pub fn key(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            key if key.chars().count() == 1 => key,
            _ => "",
        };
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            "Tab" => 9,
            _ => 0,
        };
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        self.browser.call(
            "Input.dispatchKeyEvent",
            json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code }),
        );
        self.browser.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }),
        );
    }

    /// Waits until the page has painted what it shows, parts of it that are still on their way included.
    #[track_caller]
    pub fn settle(&mut self) {
        self.wait("!document.querySelector('[data-coming]')");
        // Panels look ten times a second: three looks are more than two.
        self.eval(
            "new Promise(done => {
                let frames = 20;
                const next = () => frames-- ? requestAnimationFrame(next) : done(true);
                next();
            })",
        );
    }

    /// Writes a picture of the tab as PNG.
    #[track_caller]
    pub fn screenshot(&mut self, path: &Path) {
        let picture = self.browser.call("Page.captureScreenshot", json!({ "format": "png" }));
        let picture = picture["data"].as_str().expect("a picture is text");
        let bytes = STANDARD.decode(picture).expect("a picture is base64");
        fs::write(path, bytes).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    }

    /// Every error and warning on the console so far.
    pub fn console(&mut self) -> &[String] {
        for event in self.browser.take_events() {
            let params = &event["params"];
            let level = match event["method"].as_str() {
                Some("Runtime.consoleAPICalled") => params["type"].as_str(),
                Some("Log.entryAdded") => params["entry"]["level"].as_str(),
                Some("Runtime.exceptionThrown") => Some("error"),
                _ => None,
            };
            if matches!(level, Some("error" | "warning" | "assert")) {
                self.console.push(params.to_string());
            }
        }
        &self.console
    }

    /// Forgets the errors that say this, of which there has to be one.
    ///
    /// # Panics
    /// If there is none, or another.
    #[track_caller]
    pub fn expect_said(&mut self, what: &str) {
        let said = self.console().len();
        assert!(said > 0, "nothing was said of {what}");
        self.console.retain(|line| !line.contains(what));
        self.assert_quiet();
    }

    /// # Panics
    /// If the page wrote an error or a warning to the console.
    #[track_caller]
    pub fn assert_quiet(&mut self) {
        let console = self.console();
        assert!(console.is_empty(), "the console says:\n{}", console.join("\n"));
    }

    /// Waits for an element; the middle of it in the window, to which it is scrolled.
    #[track_caller]
    pub fn middle(&mut self, selector: &str) -> (f64, f64) {
        let selector = serde_json::to_string(selector).expect("text is JSON");
        let at = self.wait(&format!(
            "(() => {{
                const element = document.querySelector({selector});
                element.scrollIntoView({{ block: 'nearest', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                return box.width > 0 && [box.x + box.width / 2, box.y + box.height / 2];
            }})()"
        ));
        let number = |index: usize| at[index].as_f64().expect("a coordinate is a number");
        (number(0), number(1))
    }

    fn mouse(&mut self, kind: &str, x: f64, y: f64) {
        let buttons = u8::from(kind != "mouseReleased");
        self.browser.call(
            "Input.dispatchMouseEvent",
            json!({
                "type": kind, "x": x, "y": y, "button": "left", "buttons": buttons,
                "clickCount": 1,
            }),
        );
    }
}

/// Whoever forgets to ask is told nevertheless: no page of any test writes errors or warnings.
impl Drop for Page {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_quiet();
        }
    }
}
