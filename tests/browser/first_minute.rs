//! The first minute: five prompts, each done by mouse and by keyboard; by finger see `fingers`.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_server::serve;

const GUIDE: &str = "document.querySelector('.guide').textContent";

#[track_caller]
fn prompt(page: &mut Page, what: &str) {
    page.wait(&format!("{GUIDE}.includes('{what}')"));
}

/// Whether a server is the guess.
fn guessed(server: &str) -> String {
    format!(
        "[...document.querySelectorAll('.guesses [aria-pressed=true]')]
            .map(button => button.textContent).join() === '{server}'"
    )
}

/// Selects a server with the mouse and presses a button of what is beside the stage then.
#[track_caller]
fn press(page: &mut Page, server: &str, label: &str) {
    page.settle();
    page.click(&format!("[data-server={server}]"));
    page.wait(&format!("document.querySelector('.inspector h2').textContent === '{server}'"));
    let find = format!(
        "[...document.querySelectorAll('.inspector .actions button')]
            .find(button => button.textContent.startsWith('{label}'))"
    );
    page.eval("document.querySelectorAll('#pressed').forEach(button => button.id = '')");
    page.wait(&format!("{find} && ({find}.id = 'pressed')"));
    page.click("#pressed");
}

#[test]
fn every_prompt_is_done_by_mouse() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    prompt(&mut page, "one server is told");
    prompt(&mut page, "send an update");
    page.settle();
    page.double_click("[data-server=Ball]");
    prompt(&mut page, "Kill Holiday");
    press(&mut page, "Holiday", "Kill");
    press(&mut page, "Hamilton", "kiwi is here");
    // It stands still until somebody has said who misses it, there or on the stage.
    prompt(&mut page, "Click your guess");
    page.wait("document.querySelector('[aria-label=Play]')");
    page.settle();
    page.click("[data-server=Welsh]");
    page.wait(&guessed("Welsh"));
    page.click(".guesses button:nth-child(4)");
    page.wait(&guessed("Holiday"));
    page.click("[aria-label=Play]");
    prompt(&mut page, "You were right. Only Holiday missed it");
    prompt(&mut page, "leave Holiday alive");
    // Time is taken by its handle and drawn back to where Holiday was not killed yet.
    page.click("[aria-label=Pause]");
    let strip = "document.querySelector('.strip input')";
    let at = page.eval(&format!(
        "(() => {{
            const box = {strip}.getBoundingClientRect();
            const part = {strip}.value / {strip}.max;
            return [box.x + box.width * part, box.y + box.height / 2, box.width];
        }})()"
    ));
    let [x, y, wide] = [0, 1, 2].map(|part| at[part].as_f64().expect("a number"));
    page.stroke(&[(x, y), (x - wide * 0.05, y), (x - wide * 0.2, y)]);
    page.wait("document.querySelector('[data-server=Holiday]').textContent === 'Holiday, up'");
    press(&mut page, "Welsh", "kiwi is here");
    prompt(&mut page, "Revive a dead server");
    page.wait("document.querySelectorAll('.branch').length === 2");
    press(&mut page, "Welsh", "Kill");
    press(&mut page, "Ball", "kiwi is here");
    page.wait("document.querySelector('.counters').textContent.includes('4 of 5')");
    press(&mut page, "Welsh", "Restart");
    prompt(&mut page, "in this link");
    page.click(".guide .main");
    page.wait("document.querySelector('dialog.share').open");
    page.wait("document.querySelector('.share textarea').value.includes('restart+Welsh')");
    page.key("Escape");
    page.click("[aria-label='Enough of this']");
    page.wait("!document.querySelector('.guide')");
    page.assert_quiet();
}

#[test]
fn a_newcomer_is_shown_what_to_try_and_each_prompt_ticks_itself() {
    let mut page = Page::open(&serve(), Media::DESKTOP);
    prompt(&mut page, "one server is told");
    prompt(&mut page, "send an update");
    page.eval("document.querySelector('[data-server=Ball]').focus()");
    page.key("u");
    prompt(&mut page, "Kill Holiday");
    page.eval("document.querySelector('[data-server=Holiday]').focus()");
    page.key("k");
    page.eval("document.querySelector('[data-server=Hamilton]').focus()");
    page.key("u");
    prompt(&mut page, "Click your guess");
    page.wait("document.querySelector('[aria-label=Play]')");
    // Going along with Tab guesses nothing; Enter does, and Space plays.
    page.eval("document.querySelector('[data-server=Alford]').focus()");
    page.settle();
    page.wait(&guessed(""));
    page.key("Enter");
    page.wait(&guessed("Alford"));
    page.key(" ");
    prompt(&mut page, "You said Alford. Only Holiday missed it");
    prompt(&mut page, "leave Holiday alive");
    page.click("[data-tab=Script]");
    page.wait("document.querySelector('.rows li')");
    page.eval(
        "[...document.querySelectorAll('.rows li')]
            .find(row => row.querySelector('.what').value === 'kill Holiday')
            .querySelector('[type=checkbox]').click()",
    );
    prompt(&mut page, "Revive");
    page.eval("document.querySelector('[data-server=Welsh]').focus()");
    page.key("k");
    page.wait("document.querySelector('[data-server=Welsh]').textContent === 'Welsh, down'");
    page.eval("document.querySelector('[data-server=Ball]').focus()");
    page.key("u");
    page.wait("document.querySelector('.counters').textContent.includes('4 of 5')");
    page.eval("document.querySelector('[data-server=Welsh]').focus()");
    page.key("k");
    // A neighbour that was down is dialed again after a while: from event to event that is soon.
    let all = format!("{GUIDE}.includes('in this link')");
    for _ in 0..1200 {
        if page.eval(&all) == true {
            break;
        }
        page.key(".");
    }
    page.wait(&all);
    page.click("[aria-label='Enough of this']");
    page.wait("!document.querySelector('.guide')");
    let address = page.text("location.origin + '/'");
    page.go(&address);
    page.wait("document.querySelector('[data-server=Ball]')");
    assert_eq!(page.eval("document.querySelector('.guide')"), serde_json::Value::Null);
    page.assert_quiet();
}

#[test]
fn who_guesses_nothing_and_plays_on_is_told_as_well() {
    let mut page = Page::open(&serve(), Media { still: true, ..Media::DESKTOP });
    // For who asked for less motion nothing plays by itself: time goes on by keys.
    let step = |page: &mut Page, what: &str| {
        let said = format!("{GUIDE}.includes('{what}')");
        for _ in 0..400 {
            if page.eval(&said) == true {
                break;
            }
            page.key(".");
        }
        page.wait(&said);
    };
    prompt(&mut page, "one server is told");
    page.wait("document.querySelector('[data-server=Ball]')");
    page.eval("document.querySelector('[data-server=Ball]').focus()");
    step(&mut page, "send an update");
    page.key("u");
    prompt(&mut page, "Kill Holiday");
    page.eval("document.querySelector('[data-server=Holiday]').focus()");
    page.key("k");
    page.key(".");
    page.eval("document.querySelector('[data-server=Hamilton]').focus()");
    page.key("u");
    prompt(&mut page, "Click your guess");
    step(&mut page, "Only Holiday missed it");
    prompt(&mut page, "leave Holiday alive");
    page.assert_quiet();
}
