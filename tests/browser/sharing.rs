//! A run taken along in every form, and opened again: the same instant, the same digest, seen the same.

use std::io::Write;
use std::process::{Command, Stdio};

use herd_native_node::page;
use herd_sim_wasm::text::parse_seconds;
use herd_sim_wasm::{Link, World};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::preset;
use herd_tests::browser_server::serve;
use herd_web::link;
use serde_json::Value;

const DIGEST: &str = "document.querySelector('.seal code').textContent";
const CLOCK: &str = "document.querySelector('.clock').textContent";
const TOAST: &str = "document.querySelector('.toast').textContent";

/// "Holiday is down" at an instant in the middle, looked at in a way of its own.
fn looked_at(address: &str) -> Page {
    let mut page = Page::open(&preset(address, "Holiday is down", "1.95"), Media::DESKTOP);
    page.wait(&format!("{CLOCK} === '1.950 s'"));
    page.choose("[aria-label=Speed]", "3");
    page.click("[data-tab=Events]");
    page.write(".events .field", "learns");
    page.click(".legend .kind[aria-pressed=true]");
    page.click("[aria-label=Nearer]");
    page.eval("document.querySelector('[data-server=Hamilton]').focus()");
    page.wait("document.querySelector('.inspector h2').textContent === 'Hamilton'");
    page.settle();
    page
}

/// What the sheet shows of a form.
#[track_caller]
fn shared(page: &mut Page, form: &str) -> String {
    page.wait("document.querySelector('dialog.share').open || document.querySelector('.bar .share-run').click()");
    page.click(&format!("[data-form='{form}']"));
    page.wait(&format!("document.querySelector('.share textarea').ariaLabel === '{form}'"));
    page.text("document.querySelector('.share textarea').value")
}

/// How the run is looked at, as the page says it.
fn looks(page: &mut Page) -> Value {
    page.eval(
        "[document.querySelector('.inspector h2').textContent,
            document.querySelector('[role=tab][aria-selected=true]').dataset.tab,
            document.querySelector('[aria-label=Speed]').value,
            document.querySelector('.events .field').value,
            [...document.querySelectorAll('.legend .kind')].map(kind => kind.ariaPressed),
            document.querySelector('[data-server=Holiday]').style.cssText,
            document.querySelector('[data-server=Alford]').style.cssText]",
    )
}

#[test]
fn a_link_opens_the_same_instant_with_the_same_digest_seen_the_same() {
    let address = serve();
    let mut page = looked_at(&address);
    let (digest, before) = (page.text(DIGEST), looks(&mut page));
    for form in ["Link", "Short link"] {
        let link = shared(&mut page, form);
        page.go(&link);
        page.wait(&format!("{CLOCK} === '1.950 s'"));
        page.wait("document.querySelector('.inspector h2').textContent === 'Hamilton'");
        page.settle();
        assert_eq!(page.text(DIGEST), digest, "{link}");
        assert_eq!(looks(&mut page), before, "{link}");
        // Natively, by the same text.
        let opened = Link::parse(&link).expect("a link");
        let mut world = World::new(opened.script);
        world.run_until(opened.at.expect("an instant"));
        assert_eq!(format!("{:016x}", world.digest()), digest, "{link}");
    }
    page.assert_quiet();
}

#[test]
fn the_link_is_copied_and_the_file_is_what_is_shown() {
    let address = serve();
    let mut page = looked_at(&address);
    page.allow_clipboard(&address);
    let link = shared(&mut page, "Link");
    page.click(".share .copy");
    page.wait("document.querySelector('.share [role=status]').textContent === 'Copied.'");
    assert_eq!(page.text("navigator.clipboard.readText()"), link);
    let download = "document.querySelector('.share a[download]')";
    for (form, file) in
        [("Script", "herd-run.txt"), ("Rust test", "herd_run.rs"), ("Short link", "herd-link.txt")]
    {
        let text = shared(&mut page, form);
        assert_eq!(page.text(&format!("{download}.download")), file);
        assert_eq!(page.text(&format!("fetch({download}.href).then(file => file.text())")), text);
    }
    page.click("[data-form='Picture']");
    page.wait("document.querySelector('.share img').naturalWidth === 1200");
    let picture = page.text(&format!("fetch({download}.href).then(file => file.text())"));
    assert!(picture.contains(">Holiday</text>"), "{picture}");
    page.key("Escape");
    page.wait("!document.querySelector('dialog.share').open");
    page.assert_quiet();
}

/// Drops a file of this name and text onto the page.
fn drop_file(page: &mut Page, name: &str, text: &str) {
    let [name, text] = [name, text].map(|text| serde_json::to_string(text).expect("JSON"));
    page.eval(&format!(
        "(() => {{
            const data = new DataTransfer();
            data.items.add(new File([{text}], {name}, {{ type: 'text/plain' }}));
            const drop = new DragEvent('drop', {{ dataTransfer: data, bubbles: true, cancelable: true }});
            document.querySelector('.stage').dispatchEvent(drop);
        }})()"
    ));
}

#[test]
fn a_file_that_is_dropped_opens_and_one_that_is_no_run_says_what_is_wrong() {
    let address = serve();
    let mut page = looked_at(&address);
    let (digest, script) = (page.text(DIGEST), shared(&mut page, "Script"));
    let link = shared(&mut page, "Link");
    page.key("Escape");
    let broken = script.replace("kill Holiday", "kill Nobody");
    let long = "x".repeat((8 << 20) + 1);
    for (name, text, said) in [
        (
            "broken.txt",
            &*broken,
            &["“broken.txt” is no run", "line 2", "column", "expected a server"][..],
        ),
        ("seed.txt", "herd 1 seed=x", &["line 1", "expected a seed"]),
        ("link.txt", "herd1.AAAA", &["expected a whole link"]),
        ("address.txt", "http://127.0.0.1/#run=herd%2", &["two hexadecimal digits"]),
        ("long.txt", &*long, &["larger than any run"]),
    ] {
        drop_file(&mut page, name, text);
        for said in said {
            page.wait(&format!("{TOAST}.includes('{said}')"));
        }
        assert_eq!(page.text(DIGEST), digest, "the present run stays");
        page.click(".toast button:last-child");
    }
    drop_file(&mut page, "other.txt", "herd 1 seed=5 topology=ring:8\n@1 kill s3\n");
    page.wait("document.querySelector('[data-server=s7]')");
    drop_file(&mut page, "link.txt", &link);
    page.wait(&format!("{CLOCK} === '1.950 s'"));
    page.wait(&format!("{DIGEST} === '{digest}'"));
    page.assert_quiet();
}

#[test]
fn a_broken_address_keeps_the_present_run() {
    let mut page = looked_at(&serve());
    let digest = page.text(DIGEST);
    for (hash, said) in [
        ("#run=herd+1+seed=7%0A@1+kill+Nobody", "line 2, column 9: expected a server"),
        ("#run=herd+1&at=soon", "at=1.25"),
        ("#herd27.AAAA", "begins with #run="),
        ("#hello", "#hello"),
    ] {
        page.eval(&format!("location.hash = '{hash}'"));
        page.wait(&format!("{TOAST}.includes('{said}')"));
        assert_eq!(page.text(DIGEST), digest, "{hash}");
        page.click(".toast button:last-child");
    }
    page.assert_quiet();
}

/// Opens a link with the module that `herd embed` writes, and prints its digest and instant.
const IN_NODE: &str = "
    import { readFileSync } from 'node:fs';
    const { default: init, Run } = await import(`${process.argv[2]}/herd_sim.js`);
    await init({ module_or_path: readFileSync(`${process.argv[2]}/herd_sim_bg.wasm`) });
    for (const link of process.argv.slice(3)) {
      const run = new Run(link);
      console.log(run.digest, run.now);
    }
";

#[test]
fn node_opens_the_same_link_to_the_same_digest() {
    if Command::new("node").arg("--version").stdout(Stdio::null()).status().is_err() {
        // Without Node.js the same module is tried in the browser: see `determinism`.
        return;
    }
    let address = serve();
    let mut page = looked_at(&address);
    let digest = page.text(DIGEST);
    let links = ["Link", "Short link"].map(|form| shared(&mut page, form));
    let folder = tempfile::tempdir().expect("a folder");
    for (name, asset) in page::below("embed") {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, asset.plain().expect("a file")).expect("a file");
    }
    let program = folder.path().join("open.mjs");
    let mut file = std::fs::File::create(&program).expect("a file");
    file.write_all(IN_NODE.as_bytes()).expect("a file");
    let said = Command::new("node").arg(&program).arg(folder.path()).args(&links).output();
    let said = said.expect("Node.js runs");
    let told = String::from_utf8_lossy(&said.stdout);
    let expected = format!("{digest} 1.95\n");
    assert_eq!(told, expected.repeat(2), "{}", String::from_utf8_lossy(&said.stderr));
    assert_eq!(parse_seconds("1.95"), link::read(&links[0]).expect("a link").at);
    page.assert_quiet();
}
