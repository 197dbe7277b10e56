//! Links laid and taken away: by gesture, by menu, by key, by row, and back.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;

const CAPTION: &str = "document.querySelector('.caption').textContent";
const LINK: &str = "document.querySelector('[data-link=Alford-Ball]')";

/// A page with the first preset after its floods.
fn five() -> Page {
    let mut page = Page::open(&preset(&serve(), "Five servers", "3"), Media::DESKTOP);
    page.wait("document.querySelector('.clock').textContent === '3.000 s'");
    page.wait("document.querySelector('[data-server=Ball]')");
    page.settle();
    page
}

/// Drags from one server to another.
fn drag(page: &mut Page, from: &str, to: &str) {
    let [from, to] = [from, to].map(|name| format!("[data-server={name}]"));
    let (start, end) = (page.middle(&from), page.middle(&to));
    page.drag(&from, end.0 - start.0, end.1 - start.1);
}

#[test]
fn a_drag_from_server_to_server_lays_a_link_and_undo_takes_it_back() {
    let mut page = five();
    page.click("[aria-label^='New link']");
    drag(&mut page, "Alford", "Ball");
    page.wait(&format!("{LINK}.textContent.includes('live')"));
    page.wait(&format!("{CAPTION}.includes('Alford and Ball are neighbours now')"));
    page.wait("location.hash.includes('link+Alford-Ball')");
    // What a flood costs is counted with it: 2 × 6 − 5 + 1.
    page.eval("document.querySelector('[data-server=Holiday]').focus()");
    page.key("u");
    page.wait("document.querySelector('.counters').textContent.includes('of 8')");
    page.click("[aria-label=Undo]");
    page.click("[aria-label=Undo]");
    page.wait(&format!("!{LINK}"));
    page.click("[aria-label=Redo]");
    page.wait(&format!("{LINK}.textContent.includes('live')"));
    // Once more: they are neighbours already, and a link that ends nowhere is none.
    page.click("[aria-label^='New link']");
    drag(&mut page, "Ball", "Alford");
    page.wait("document.querySelector('.toast').textContent.includes('neighbours already')");
    page.click("[aria-label^='New link']");
    page.drag("[data-server=Ball]", 0.0, -70.0);
    page.wait("document.querySelector('.toast').textContent.includes('another server')");
    page.assert_quiet();
}

#[test]
fn by_keyboard_a_link_is_laid_and_taken_away() {
    let mut page = five();
    page.eval("document.querySelector('[data-server=Alford]').focus()");
    page.key("j");
    page.wait("document.querySelector('.toast').textContent.includes('link Alford with')");
    page.eval("document.querySelector('[data-server=Ball]').focus()");
    page.key("j");
    page.wait(&format!("{LINK}.textContent.includes('live')"));
    page.eval(&format!("{LINK}.focus()"));
    page.wait("document.querySelector('.inspector h2').textContent === 'Alford – Ball'");
    page.key("Delete");
    page.wait(&format!("{LINK}.hidden"));
    page.wait(&format!("{CAPTION}.includes('neighbours no more')"));
    page.wait("location.hash.includes('unlink+Alford-Ball')");
    page.assert_quiet();
}

#[test]
fn by_menu_and_by_table_too_and_a_row_is_switched_off() {
    let mut page = five();
    let welsh = page.middle("[data-server=Welsh]");
    page.right_click(welsh);
    page.wait("document.querySelector('.menu')");
    page.eval(
        "[...document.querySelectorAll('.menu [role=menuitem]')]
            .find(item => item.textContent.startsWith('Link with')).click()",
    );
    page.click("[data-server=Holiday]");
    page.wait("document.querySelector('[data-link=Holiday-Welsh]').textContent.includes('live')");
    page.click("[data-tab=Table]");
    page.choose("[aria-label='Do with Ball']", "6");
    page.wait("document.querySelector('.toast').textContent.includes('link Ball with')");
    page.eval(
        "[...document.querySelectorAll('.tables th button')]
            .find(name => name.textContent === 'Hamilton').click()",
    );
    page.wait("document.querySelector('[data-link=Ball-Hamilton]').textContent.includes('live')");
    page.click("[data-tab=Script]");
    page.eval(
        "[...document.querySelectorAll('.rows li')]
            .find(row => row.querySelector('.what').value === 'link Welsh-Holiday')
            .querySelector('[type=checkbox]').click()",
    );
    page.wait("document.querySelector('[data-link=Holiday-Welsh]').hidden");
    page.assert_quiet();
}
