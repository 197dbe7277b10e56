//! The page in headless Chromium, used as a person uses it.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_server::serve;

#[test]
fn opens_without_a_word_on_the_console() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    page.wait("document.querySelector('canvas')");
    page.assert_quiet();
}
