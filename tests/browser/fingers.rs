//! By finger, on a telephone.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_server::serve;

/// Taps a server, and waits until it is the one that is looked into.
#[track_caller]
fn look_into(page: &mut Page, server: &str) {
    page.tap(&format!("[data-server={server}]"));
    page.wait(&format!("document.querySelector('.inspector h2').textContent === '{server}'"));
}

/// Does with a server what a button of its sheet says, and puts the sheet away.
#[track_caller]
fn press(page: &mut Page, server: &str, label: &str) {
    look_into(page, server);
    let find = format!(
        "[...document.querySelectorAll('.inspector .actions button')]
            .find(button => button.textContent.startsWith('{label}'))"
    );
    page.wait(&format!("{find} && ({find}.id = 'pressed')"));
    page.tap("#pressed");
    page.wait("document.querySelector('.inspector h2')");
    page.tap(".inspector [aria-label^=Close]");
    page.wait("document.querySelector('.inspector h2').textContent === 'The herd'");
}

#[track_caller]
fn prompt(page: &mut Page, what: &str) {
    page.wait(&format!("document.querySelector('.guide').textContent.includes('{what}')"));
}

#[test]
fn every_prompt_of_the_first_minute_is_done() {
    let mut page = Page::blank(Media::PHONE);
    page.have_fingers();
    page.go(&serve());
    prompt(&mut page, "send an update");
    press(&mut page, "Ball", "kiwi is here");
    prompt(&mut page, "Kill Holiday");
    press(&mut page, "Holiday", "Kill");
    press(&mut page, "Hamilton", "kiwi is here");
    prompt(&mut page, "Click your guess");
    page.tap(".guesses button:nth-child(5)");
    page.wait("document.querySelector('.guesses [aria-pressed=true]').textContent === 'Welsh'");
    page.tap("[aria-label=Play]");
    prompt(&mut page, "You said Welsh. Only Holiday missed it");
    prompt(&mut page, "leave Holiday alive");
    page.tap("[data-tab=Script]");
    page.wait("document.querySelector('.rows li')");
    page.eval(
        "[...document.querySelectorAll('.rows li')]
            .find(row => row.querySelector('.what').value === 'kill Holiday')
            .querySelector('[type=checkbox]').id = 'kill'",
    );
    page.tap("#kill");
    prompt(&mut page, "Revive");
    press(&mut page, "Welsh", "Kill");
    press(&mut page, "Ball", "kiwi is here");
    page.wait("document.querySelector('.counters').textContent.includes('4 of 5')");
    press(&mut page, "Welsh", "Restart");
    prompt(&mut page, "in this link");
    page.tap("[aria-label='Enough of this']");
    page.wait("!document.querySelector('.guide')");
    page.assert_quiet();
}
