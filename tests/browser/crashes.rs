//! The program stops in the middle of something: the page says so and gives the run back.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;

/// From `window.plant()` on, whatever calls the page's program by a closure does so with memory that is
/// not there.
const PLANTED: &str = "
    const real = WebAssembly.instantiateStreaming;
    let planted = false;
    window.plant = () => { planted = true; };
    WebAssembly.instantiateStreaming = async (...all) => {
        const { module, instance } = await real(...all);
        const exports = { ...instance.exports };
        for (const [name, call] of Object.entries(exports)) {
            if (typeof call === 'function' && /closure|func_elem|invoke|convert/.test(name)) {
                exports[name] = (at, ...rest) => call(planted ? -16 : at, ...rest);
            }
        }
        return { module, instance: { exports } };
    };
";

fn planted() -> Page {
    let address = preset(&serve(), "Five servers", "1.5");
    let mut page = Page::blank(Media::DESKTOP);
    page.before_every_page(PLANTED);
    page.go(&address);
    page.wait("document.querySelector('[data-server=Holiday]')");
    page.settle();
    page
}

#[test]
fn a_program_that_stops_gives_the_run_back() {
    let mut page = planted();
    page.eval("document.querySelector('[data-server=Holiday]').focus()");
    page.key("k");
    page.wait("document.querySelector('[data-server=Holiday]').textContent === 'Holiday, down'");
    page.eval("window.plant()");
    page.wait("document.querySelector('#stopped').open");
    let sheet = page.text("document.querySelector('#stopped').innerText");
    assert!(sheet.contains("The simulation has stopped") && sheet.contains("memory"), "{sheet}");
    let kept = page.text("document.querySelector('#stopped textarea').value");
    assert!(kept.contains("@1.5 kill Holiday"), "{kept}");
    page.click("#stopped [data-part=copy]");
    page.wait("document.querySelector('#stopped [data-part=copy]').textContent === 'Copied'");
    page.click("#stopped [data-part=reload]");
    page.wait("!document.querySelector('#stopped')");
    page.wait("document.querySelector('[data-server=Holiday]')");
    let hash = page.text("decodeURIComponent(location.hash)");
    assert!(hash.contains("kill+Holiday"), "{hash}");
    page.expect_said("RuntimeError");
}

#[test]
fn a_worker_that_is_killed_without_a_word_is_told_of() {
    let mut page = Page::blank(Media::DESKTOP);
    // A thread whose module cannot even be loaded says nothing itself.
    page.before_every_page(
        "const Real = Worker;
         window.Worker = function (path, options) {
             const text = 'throw new Error(\"gone\")';
             return new Real(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })), options);
         };",
    );
    page.go(&serve());
    page.click("[data-tab=Lab]");
    page.click("[data-mode=Race]");
    page.click(".lab .begin");
    page.wait("document.querySelector('.toast').textContent.includes('crashed in a worker')");
    page.wait("!document.querySelector('.lab .begin').disabled");
    page.assert_quiet();
}
