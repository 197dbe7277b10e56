//! Tapes of real servers, opened in the page: scrubbed, compared with what the servers held, gone on
//! with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use herd_sim_wasm::{History, Script, Tapes};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;
use herd_tests::tapes::five;

const HERD: &str = env!("CARGO_BIN_EXE_herd-under-test");
const DIGEST: &str = "document.querySelector('.seal code').textContent";
const TAPES: &str = "document.querySelector('.tapes').textContent";

/// Drops files of these names and bytes onto the page, all at once.
fn drop_files(page: &mut Page, files: &[(String, Vec<u8>)]) {
    page.eval("window.dropped = new DataTransfer()");
    for (name, bytes) in files {
        let (name, text) = (serde_json::to_string(name).expect("JSON"), STANDARD.encode(bytes));
        page.eval(&format!(
            "(() => {{
                const bytes = Uint8Array.from(atob('{text}'), letter => letter.charCodeAt(0));
                window.dropped.items.add(new File([bytes], {name}));
            }})()"
        ));
    }
    page.eval(
        "document.querySelector('.stage').dispatchEvent(new DragEvent('drop',
            { dataTransfer: window.dropped, bubbles: true, cancelable: true }))",
    );
}

/// Whether the map has a client there.
fn pin(client: &str, iso: &str) -> String {
    format!("document.querySelector('.pin[data-client={client}]')?.ariaLabel.includes('{iso}')")
}

#[test]
fn tapes_of_real_servers_are_scrubbed_and_gone_on_with() {
    let herd = five(HERD);
    let mut page = Page::open(&preset(&serve(), "Five servers", "0.5"), Media::DESKTOP);
    page.wait("parseFloat(document.querySelector('.clock').textContent) > 0");
    drop_files(&mut page, &herd.tapes);
    page.wait(&format!("{TAPES}.includes('Tapes of 5 servers')"));
    page.wait("document.querySelector('[data-server=Welsh]')");
    // The same, natively: when was the first update everywhere, and what did servers hold then?
    let tapes = Tapes::merge(&herd.tapes).expect("tapes");
    let mut run = History::new(Script::of_tapes(tapes).expect("a script"));
    run.seek(run.world().tapes_end().expect("tapes"));
    let of_kiwi = |line: &&herd_sim_wasm::LogLine| line.text.starts_with("learns kiwi");
    let all = run.log().iter().filter(of_kiwi).nth(3).expect("four learned it").at;
    let step = (all / 1_000_000 + 1) * 1_000_000;
    // To the end, and back to that instant, as marks and keys go.
    page.key("End");
    page.choose("[aria-label='Back until']", "delivery");
    // On the map clients are where the servers knew them.
    page.wait(&pin("kiwi", "+35.068930-118.445127"));
    page.wait(&pin("plum", "+01.000000+001.000000"));
    page.eval("document.querySelector('[data-tab=Table]').click()");
    page.key("Home");
    page.wait("document.querySelector('.clock').textContent === '0.000 s'");
    for _ in 0..5 {
        page.choose("[aria-label=Until]", "delivery");
    }
    run.seek(0);
    for _ in 0..5 {
        assert!(run.run_to(&herd_sim_wasm::Condition::Delivery, step));
    }
    let digest = format!("{:016x}", run.world().digest());
    page.wait(&format!("{DIGEST} === '{digest}'"));
    page.wait("document.querySelector('.counters').textContent.includes('5 of 5')");
    for (name, line) in &herd.first {
        page.eval(&format!("document.querySelector('[data-server={name}]').focus()"));
        page.wait(&format!("document.querySelector('.inspector h2').textContent === '{name}'"));
        assert!(line.contains("+34.068930-118.445127"), "{line}");
        page.wait(
            "document.querySelector('.inspector').textContent.includes('+34.0689 -118.4451')",
        );
    }
    page.click("[data-tab=Places]");
    page.wait(&pin("kiwi", "+34.068930-118.445127"));
    page.wait("!document.querySelector('.pin[data-client=plum]')");
    // What tapes do not say is not claimed: how long links take, and what the checks would need.
    assert_eq!(
        page.eval("document.querySelector('.counters').textContent.includes('shortest')"),
        false
    );
    page.wait("document.querySelector('.checks h2').textContent.includes('not judged')");
    // On from here: what is done now is done to these servers.
    page.click(".tapes .continue");
    page.wait(&format!("{TAPES}.includes('simulated since')"));
    page.wait("document.querySelector('.counters').textContent.includes('5 of 5')");
    page.assert_quiet();
}
