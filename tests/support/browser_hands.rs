//! A tab under a mouse that rests or clicks twice, keys that are held together, and frames that are even.

use serde_json::json;

use crate::browser::Page;

/// Keys that are held while another is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// None.
    Nothing,
    /// Shift.
    Shift,
    /// Control.
    Ctrl,
    /// Both.
    CtrlShift,
}

impl Page {
    /// Moves the mouse to a point of the window and leaves it there.
    #[track_caller]
    pub fn hover(&mut self, (x, y): (f64, f64)) {
        let event = json!({ "type": "mouseMoved", "x": x, "y": y });
        self.browser.call("Input.dispatchMouseEvent", event);
    }

    /// Clicks an element's middle twice, quickly.
    #[track_caller]
    pub fn double_click(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        for count in [1, 2] {
            for kind in ["mousePressed", "mouseReleased"] {
                let event = json!({
                    "type": kind, "x": x, "y": y, "button": "left", "clickCount": count,
                });
                self.browser.call("Input.dispatchMouseEvent", event);
            }
        }
    }

    /// Presses a key where the focus is, while others are held.
    #[track_caller]
    pub fn chord(&mut self, held: Held, key: &str) {
        let modifiers = match held {
            Held::Nothing => return self.key(key),
            Held::Ctrl => 2,
            Held::Shift => 8,
            Held::CtrlShift => 10,
        };
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "modifiers": modifiers });
            self.browser.call("Input.dispatchKeyEvent", event);
        }
    }

    /// From the next page on, every frame comes `window.even.each` ms after the one before, by its own
    /// clock, however long it took to paint: what a page does with time is then the same on every
    /// machine. `window.even` counts the frames, and has the instant of the present one.
    #[track_caller]
    pub fn frames_are_even(&mut self) {
        self.before_every_page(
            "window.even = { each: 16, frames: 0, at: 0 };
             const ask = window.requestAnimationFrame.bind(window);
             const next = () => { even.frames += 1; even.at += even.each; ask(next); };
             ask(next);
             window.requestAnimationFrame = (frame) => ask(() => frame(even.at));",
        );
    }
}
