//! Measures the page in headless Chromium against its budgets: `cargo run --release -p herd-tests
//! --example frames`, or with `HERD_PAGE=http://…/` the page that is served there.
//!
//! *Work* is CPU time of the page's main thread, whoever else is busy; frames a second are of this
//! machine and this moment.
#![expect(clippy::print_stdout, reason = "it is a command")]

use herd_sim_wasm::text::{parse_seconds, show_seconds};
use herd_sim_wasm::{Script, World};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_page::run;
use herd_tests::browser_server::serve;
use herd_web::view::Hidden;
use serde_json::Value;

/// Herds that flood: what is claimed of each, its topology, and how many clients speak at once.
const FLOODS: [(&str, &str, u32); 3] = [
    ("200 servers, 600 messages: at most 2 ms of work a frame", "random:200:6", 1),
    ("1,000 servers, 2,000 messages: 60 frames a second", "random:1000:4", 2),
    ("10,000 servers, 20,000 messages: 30 frames a second", "random:10000:4", 2),
];
/// How long frames are watched, ms.
const WATCHED: u32 = 4_000;
/// Events of the run in which instants are looked for.
const EVENTS: u64 = 200_000;

fn main() {
    let address = serve();
    let mut page = Page::open(&address, Media::DESKTOP);
    for (claim, topology, clients) in FLOODS {
        let script = flood(topology, clients);
        let (at, most) = busiest(&script);
        page.go(&run(&address, &script, Some(&at)));
        page.wait("document.querySelector('[aria-label=Play]')");
        let before = page.cpu();
        let frames = page.eval(&watch());
        let work = (page.cpu() - before) * 1000.0;
        println!("{claim}\n  at most {most} in flight (at {at} s); {}", frame_line(&frames, work));
    }
    println!(
        "Seek anywhere in a run of {EVENTS} events: at most 50 ms\n  {}",
        seek(&mut page, &address)
    );
    println!("From a key to its effect: at most 100 ms\n  {}", effect(&mut page, &address));
    page.assert_quiet();
}

/// Several clients tell several servers at once where they are.
fn flood(topology: &str, clients: u32) -> String {
    let says = (0..clients).map(|client| {
        let server = client * 37;
        format!("@1 say s{server} IAMAT c{client} +34.068930-118.445127 1700000001.000000000\n")
    });
    format!("herd 1 seed=4 topology={topology} latency=80ms..120ms\n{}", says.collect::<String>())
}

/// When most messages are in flight, seconds, and how many.
fn busiest(script: &str) -> (String, usize) {
    let mut world = World::new(script.parse().expect("a script"));
    let hidden = Hidden::default();
    let instants = (100..300).map(|step| step * 10_000_000);
    let counts = instants.map(|at| {
        world.run_until(at);
        let messages = world.frame(&[]).messages;
        (messages.iter().filter(|message| !hidden.hides(message.kind)).count(), at)
    });
    let (most, at) = counts.max_by_key(|(count, at)| (*count, u64::MAX - at)).expect("instants");
    (show_seconds(at), most)
}

/// Plays, and watches how long the page works on each frame and how far frames are apart.
fn watch() -> String {
    format!(
        "new Promise((done) => {{
            const ask = window.requestAnimationFrame.bind(window);
            const at = [];
            window.requestAnimationFrame = (frame) => ask((now) => {{
                frame(now);
                at.push(now);
                if (now - at[0] < {WATCHED}) return;
                window.requestAnimationFrame = ask;
                const apart = at.slice(1).map((now, frame) => now - at[frame]);
                const part = (list, of) => list.sort((a, b) => a - b)[Math.floor(list.length * of)];
                done({{
                    frames: at.length,
                    fps: 1000 * apart.length / (at.at(-1) - at[0]),
                    apart95: part(apart, 0.95),
                    said: document.querySelector('.caption small')?.textContent ?? 'each as it is',
                }});
            }});
            document.querySelector('[aria-label=Play]').click();
        }})"
    )
}

fn frame_line(frames: &Value, work: f64) -> String {
    let number = |name: &str| frames[name].as_f64().expect("a number");
    format!(
        "work {:.2} ms a frame, {:.0} frames a second (p95 {:.1} ms apart): {}",
        work / number("frames"),
        number("fps"),
        number("apart95"),
        frames["said"].as_str().expect("words"),
    )
}

/// How long the strip takes to go to instants all over a long run, until they are shown; then beyond
/// its end, where nobody has been yet.
fn seek(page: &mut Page, address: &str) -> String {
    let text = "herd 1 seed=7 topology=random:40:4 latency=20ms..60ms clients=60 pace=500ms\n";
    let script: Script = text.parse().expect("a script");
    let mut world = World::new(script);
    let mut at = 0;
    while world.events() < EVENTS {
        at += parse_seconds("1").expect("a second");
        world.run_until(at);
    }
    page.go(&run(address, text, Some(&show_seconds(at))));
    page.wait("document.querySelector('[aria-label=Play]')");
    // The strip shows a little more than has been seen.
    let end = herd_web::sight::end(world.script(), at);
    let mut go = |part: u64| {
        let steps = [
            format!(
                "(() => {{
                    const strip = document.querySelector('.time input[type=range]');
                    strip.value = {part};
                    strip.dispatchEvent(new Event('input', {{ bubbles: true }}));
                }})()"
            ),
            "(async () => {
                await new Promise(requestAnimationFrame);
                await new Promise(requestAnimationFrame);
            })()"
                .to_owned(),
            "new Promise((done) => setTimeout(done, 300))".to_owned(),
        ];
        steps.map(|step| {
            let before = page.cpu();
            page.eval(&step);
            (page.cpu() - before) * 1000.0
        })
    };
    let parts = [990, 10, 500, 730, 120, 870, 333, 666, 50, 950, 410, 580];
    let mut times: Vec<[f64; 3]> = parts.map(|part| go(part * at / end)).into();
    let ahead = go(1_000)[0];
    let mut of = |step: usize| {
        times.sort_by(|a, b| a[step].total_cmp(&b[step]));
        let [middle, most] = [times.len() / 2, times.len() - 1].map(|place| times[place][step]);
        format!("{middle:.1} ms of work in the middle, {most:.1} ms at most")
    };
    format!(
        "{} events in {} s: {}\n  until two frames are painted after it: {}\n  the panels, where it \
         rests: {}\n  to the end of the strip, {} s on, for the first time: {ahead:.1} ms",
        world.events(),
        show_seconds(at),
        of(0),
        of(1),
        of(2),
        show_seconds(end - at),
    )
}

/// How long it takes from a key to the picture that shows what it does.
fn effect(page: &mut Page, address: &str) -> String {
    page.go(&herd_tests::browser_page::preset(address, "Five servers", "3"));
    page.wait("document.querySelector('[data-server=Ball]')");
    page.eval("document.querySelector('[data-server=Ball]').focus()");
    let mut times = Vec::new();
    for key in ["k", "k", "z", "z", "u"] {
        let before = page.cpu();
        page.eval(&format!(
            "(async () => {{
                document.activeElement.dispatchEvent(
                    new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true, cancelable: true }}));
                await new Promise(requestAnimationFrame);
            }})()"
        ));
        times.push((page.cpu() - before) * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    format!("{:.1} ms of work at most", times[times.len() - 1])
}
