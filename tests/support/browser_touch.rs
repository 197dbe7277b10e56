//! A tab under a finger.

use serde_json::json;

use crate::browser::Page;

impl Page {
    /// From now on there is a finger, as on a telephone.
    #[track_caller]
    pub fn have_fingers(&mut self) {
        self.browser.call(
            "Emulation.setTouchEmulationEnabled",
            json!({ "enabled": true, "maxTouchPoints": 5 }),
        );
    }

    /// Waits for an element, has the page scroll to where nothing lies over it, and taps its middle.
    #[track_caller]
    pub fn tap(&mut self, selector: &str) {
        let quoted = serde_json::to_string(selector).expect("text is JSON");
        self.wait(&format!("document.querySelector({quoted})"));
        self.eval(&format!(
            "document.querySelector({quoted}).scrollIntoView({{ block: 'center', behavior: 'instant' }})"
        ));
        let (x, y) = self.middle(selector);
        let points = json!([{ "x": x, "y": y }]);
        for (kind, points) in [("touchStart", points), ("touchEnd", json!([]))] {
            let event = json!({ "type": kind, "touchPoints": points });
            self.browser.call("Input.dispatchTouchEvent", event);
        }
    }
}
