//! Every key with what is held beside it, and every way to do a thing: gesture, menu and key, each one
//! row of the script.

use herd_tests::browser::{Media, Page};
use herd_tests::browser_hands::Held::{self, Ctrl, CtrlShift, Nothing, Shift};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;

/// A page with the first preset, standing at an instant.
fn five(at: &str) -> Page {
    let mut page = Page::open(&preset(&serve(), "Five servers", at), Media::DESKTOP);
    page.wait(&format!("document.querySelector('.clock').textContent.startsWith('{at}')"));
    page.settle();
    page
}

/// Whether the script has so many rows of that text.
fn rows(text: &str, count: usize) -> String {
    format!("decodeURIComponent(location.hash).split('{text}').length - 1 === {count}")
}

/// Whether the clock shows that.
fn clock(shown: &str) -> String {
    format!("document.querySelector('.clock').textContent === '{shown} s'")
}

/// Whether the pointer has that tool.
fn tool(name: &str) -> String {
    format!("document.querySelector('.toolbar [aria-pressed=true]').ariaLabel.startsWith('{name}')")
}

#[track_caller]
fn check(page: &mut Page, held: Held, key: &str, expected: &str) {
    page.chord(held, key);
    page.wait(expected);
}

#[test]
fn time_goes_by_key_near_and_far() {
    let mut page = five("1.5");
    check(&mut page, Nothing, "Home", &clock("0.000"));
    check(&mut page, Nothing, "ArrowRight", &clock("0.010"));
    check(&mut page, Shift, "ArrowRight", &clock("0.110"));
    check(&mut page, Shift, "ArrowLeft", &clock("0.010"));
    check(&mut page, Nothing, "ArrowLeft", &clock("0.000"));
    check(&mut page, Nothing, "End", &clock("1.500"));
    // On a server that has the focus Space is time's, as anywhere on the stage.
    page.eval("document.querySelector('[data-server=Ball]').focus()");
    check(&mut page, Nothing, " ", "document.querySelector('[aria-label=Pause]')");
    check(&mut page, Nothing, " ", "document.querySelector('[aria-label=Play]')");
    page.assert_quiet();
}

#[test]
fn tools_and_camera_go_by_key() {
    let mut page = five("1.5");
    for (key, name) in [("i", "Knife"), ("l", "Lasso"), ("a", "New server"), ("j", "New link")] {
        check(&mut page, Nothing, key, &tool(name));
    }
    check(&mut page, Nothing, "v", &tool("Select"));
    check(&mut page, Nothing, "i", &tool("Knife"));
    check(&mut page, Nothing, "Escape", &tool("Select"));
    let fits = "document.querySelector('[aria-label=\"Show everything\"]').disabled";
    for key in ["+", "-"] {
        check(&mut page, Nothing, key, &format!("!{fits}"));
        check(&mut page, Nothing, "0", fits);
    }
    page.assert_quiet();
}

#[test]
fn what_is_done_by_key_is_one_row_and_taken_back_by_key() {
    let mut page = five("1.5");
    for (thing, held, key, row) in [
        ("[data-server=Ball]", Shift, "K", "restart+Ball+empty"),
        ("[data-server=Ball]", Nothing, "w", "slow+Ball+50ms"),
        ("[data-server=Ball]", Nothing, "Delete", "leave+Ball"),
        ("[data-link=Alford-Hamilton]", Shift, "X", "cut+Alford>Hamilton"),
        ("[data-link=Alford-Hamilton]", Nothing, "h", "hold+Alford-Hamilton"),
        ("[data-link=Alford-Hamilton]", Shift, "H", "release+Alford-Hamilton"),
        ("[data-link=Alford-Hamilton]", Nothing, "Delete", "unlink+Alford-Hamilton"),
    ] {
        page.eval(&format!("document.querySelector('{thing}').focus()"));
        check(&mut page, held, key, &rows(row, 1));
        check(&mut page, Ctrl, "z", &rows(row, 0));
        check(&mut page, Ctrl, "y", &rows(row, 1));
        check(&mut page, Ctrl, "z", &rows(row, 0));
        check(&mut page, CtrlShift, "Z", &rows(row, 1));
        check(&mut page, Ctrl, "z", &rows(row, 0));
    }
    page.assert_quiet();
}

/// What can be done with a message in flight: as its button and menu say it, its key, and the row.
const DEEDS: [(&str, &str, &str); 4] = [
    ("Drop", "d", "drop+Alford>Welsh+1"),
    ("Hold", "h", "keep+Alford>Welsh+1"),
    ("Duplicate", "2", "copy+Alford>Welsh+1"),
    ("Delay by 200 ms", "r", "delay+Alford>Welsh+1+200ms"),
];

/// Catches the message that is half way from Alford to Welsh; where it is.
#[track_caller]
fn catch(page: &mut Page) -> (f64, f64) {
    page.settle();
    let (alford, welsh) = (page.middle("[data-server=Alford]"), page.middle("[data-server=Welsh]"));
    let at = (f64::midpoint(alford.0, welsh.0), f64::midpoint(alford.1, welsh.1));
    page.click_at(at);
    page.wait("document.querySelector('.inspector .way').textContent === 'Alford → Welsh'");
    at
}

#[test]
fn a_message_in_flight_is_in_hand_by_button_by_menu_and_by_key() {
    let mut page = five("1.11");
    let named = |what: &str, label: &str| {
        format!(
            "[...document.querySelectorAll('{what}')]
                .find(button => button.textContent.startsWith('{label}'))"
        )
    };
    for (label, key, row) in DEEDS {
        for way in ["button", "menu", "key"] {
            let at = catch(&mut page);
            match way {
                "button" => {
                    page.eval(&format!("{}.click()", named(".inspector .actions button", label)));
                }
                "menu" => {
                    page.right_click(at);
                    page.wait(&named(".menu button", label));
                    page.eval(&format!("{}.click()", named(".menu button", label)));
                }
                _ => page.key(key),
            }
            page.wait(&rows(row, 1));
            // It is as if nothing had been done, at the instant at which it was.
            page.click("[aria-label=Undo]");
            page.wait(&rows(row, 0));
            page.click("[aria-label=Pause]");
            page.key("Home");
            page.wait(&clock("0.000"));
            for _ in 0..11 {
                page.chord(Shift, "ArrowRight");
            }
            page.key("ArrowRight");
            page.wait(&clock("1.110"));
        }
    }
    page.assert_quiet();
}

#[test]
fn what_is_hidden_by_the_legend_is_not_in_the_way_of_the_hand() {
    let mut page = five("1.11");
    let at = catch(&mut page);
    page.key("Escape");
    page.click(".legend .kind");
    page.wait("document.querySelector('.legend .kind').ariaPressed === 'false'");
    // Where the update is, only its link is left to be taken.
    page.click_at(at);
    page.wait(&rows("cut+Alford-Welsh", 1));
    page.assert_quiet();
}

#[test]
fn any_client_speaks_to_any_server() {
    let mut page = five("1.5");
    page.choose("[aria-label=Client]", "");
    let name = page.text("document.querySelector('[aria-label=Client]').value");
    assert_ne!(name, "kiwi");
    page.choose("[aria-label=Server]", "4");
    page.click(".talk .say");
    page.wait(&rows(&format!("say+Welsh+IAMAT+{name}"), 1));
    page.choose("[aria-label=Client]", "kiwi");
    page.choose("[aria-label=Server]", "2");
    page.click(".talk .ask");
    page.wait(&rows("say+Hamilton+WHATSAT+kiwi+10+5", 1));
    page.assert_quiet();
}

#[test]
fn tabs_go_by_arrow_and_tab_reaches_one() {
    let mut page = five("1.5");
    let open = |name: &str| {
        format!(
            "document.activeElement.dataset.tab === '{name}' && \
             document.activeElement.ariaSelected === 'true' && \
             document.querySelectorAll('[role=tab][tabindex=\"0\"]').length === 1 && \
             document.querySelector('[role=tab][tabindex=\"0\"]') === document.activeElement"
        )
    };
    page.eval("document.querySelector('[data-tab=Places]').focus()");
    check(&mut page, Nothing, "ArrowRight", &open("SpaceTime"));
    check(&mut page, Nothing, "ArrowLeft", &open("Places"));
    check(&mut page, Nothing, "ArrowLeft", &open("Lab"));
    check(&mut page, Nothing, "ArrowRight", &open("Places"));
    check(&mut page, Nothing, "End", &open("Lab"));
    check(&mut page, Nothing, "Home", &open("Places"));
    // Time has not gone by: these keys were the tabs'.
    page.wait(&clock("1.500"));
    page.assert_quiet();
}
