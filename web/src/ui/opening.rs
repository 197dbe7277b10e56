//! Other runs: from the address, from the Lab, from a file. What is no run says so, and the present
//! one stays.

use js_sys::Uint8Array;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File, FileList, HtmlInputElement};

use herd_sim_wasm::pack::TEXT_MAX;
use herd_sim_wasm::tape::{BYTES_MAX, is_tape};

use super::looks;
use super::state::Ui;
use crate::link::{self, Link, View};
use crate::live::attach::Attach;
use crate::presets::FIRST;
use crate::session::Session;

/// What the address is called where it is no run.
const ADDRESS: &str = "This link";

/// The run with which the page begins, at its beginning.
pub(super) fn preset() -> Session {
    Session::open(FIRST.script).expect("a preset is a script")
}

/// The run of the address, or the first preset and what was wrong with the address.
pub(super) fn of_address() -> Ui {
    let hash = window().location().hash().unwrap_or_default();
    // A herd that runs comes on top of the first preset.
    let own = if Attach::decode(&hash).is_some() { Ok(None) } else { link::decode(&hash) };
    let opened = own.and_then(|link| {
        link.map(|link| Ok((Session::open(&link.script)?, link.at, link.view))).transpose()
    });
    let (mut session, at, view, problem) = match opened {
        Ok(Some((session, at, view))) => (session, at, view, None),
        Ok(None) => (preset(), None, View::default(), None),
        Err(why) => (preset(), None, View::default(), Some(no_run(ADDRESS, &why))),
    };
    match at {
        Some(at) => session.seek(at),
        None => session.skip_greetings(),
    }
    let ui = Ui::new(session);
    if at.is_some() {
        ui.playing.set(false);
    }
    looks::look(ui, &view);
    ui.toast.set(problem.map(|why| (why, false)));
    ui
}

/// The herd that runs of the address, if it names one.
pub(super) fn live() -> Option<Attach> {
    Attach::decode(&window().location().hash().unwrap_or_default())
}

/// Begins the run of a script or a link, or says what is wrong with it; `what` is what it stands in.
pub(super) fn open_text(ui: Ui, what: &str, text: &str) {
    open(ui, what, link::read(text));
}

/// Somebody typed or pasted another address: its run begins, or it is said what is wrong with it.
pub(super) fn follow_address(ui: Ui) {
    let hash = window().location().hash().unwrap_or_default();
    if let Some(to) = Attach::decode(&hash) {
        return super::live::attach(ui, to);
    }
    match link::decode(&hash) {
        Ok(None) => {}
        Ok(Some(link)) => open(ui, ADDRESS, Ok(link)),
        Err(why) => open(ui, ADDRESS, Err(why)),
    }
}

fn open(ui: Ui, what: &str, link: Result<Link, String>) {
    let opened = link.and_then(|link| Ok((Session::open(&link.script)?, link)));
    match opened {
        Ok((mut session, link)) => {
            if let Some(at) = link.at {
                session.seek(at);
            }
            ui.open(session);
            if link.at.is_some() {
                ui.playing.set(false);
            }
            // A script and the Lab's links say nothing of how they are looked at: that stays. An
            // address is seen as it was shared.
            if what == ADDRESS || link.view != View::default() {
                looks::look(ui, &link.view);
            }
        }
        Err(why) => ui.toast.set(Some((no_run(what, &why), false))),
    }
}

fn no_run(what: &str, why: &str) -> String {
    format!("{what} is no run, so this one stays. {why}")
}

/// Puts a run into the address without loading the page anew.
pub(super) fn write_address(link: &Link) {
    let hash = link::encode(link);
    let history = window().history();
    let written =
        history.and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&hash)));
    if let Err(why) = written {
        // Some browsers refuse very long addresses; the run goes on without.
        leptos::logging::debug_warn!("the address holds no such run: {why:?}");
    }
}

/// Takes files and texts that are dropped onto the page, for as long as it is open.
pub(super) fn listen(ui: Ui) {
    let over = window_event_listener(ev::dragover, move |event| {
        // Whoever does not say so here is not dropped upon.
        event.prevent_default();
    });
    let dropped = window_event_listener(ev::drop, move |event| {
        event.prevent_default();
        if let Some(data) = event.data_transfer() {
            take(ui, &data);
        }
    });
    on_cleanup(move || {
        over.remove();
        dropped.remove();
    });
}

fn take(ui: Ui, data: &DataTransfer) {
    if let Some(files) = data.files().filter(|files| files.length() > 0) {
        read_files(ui, &files);
        return;
    }
    match data.get_data("text/plain") {
        Ok(text) if !text.trim().is_empty() => open_text(ui, "What was dropped", &text),
        _ => ui.toast.set(Some((
            "Nothing here can be read. Drop a file with a script or a link.".to_owned(),
            false,
        ))),
    }
}

/// Opens the file that was chosen in a field.
pub(super) fn chosen(ui: Ui, event: &ev::Event) {
    let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    let Some(field) = field else { return };
    if let Some(files) = field.files() {
        read_files(ui, &files);
    }
    // The same file can be chosen again.
    field.set_value("");
}

/// Opens the first of several files; tapes all together.
fn read_files(ui: Ui, files: &FileList) {
    let files: Vec<File> = (0..files.length()).filter_map(|at| files.get(at)).collect();
    if files.iter().any(|file| is_tape(&file.name())) {
        read_tapes(ui, files);
    } else if let Some(file) = files.into_iter().next() {
        read_file(ui, file);
    }
}

fn read_tapes(ui: Ui, files: Vec<File>) {
    let size: f64 = files.iter().map(|file| file.size()).sum();
    if size > BYTES_MAX as f64 {
        let why = format!("They are larger than tapes may be: {} MiB at most.", BYTES_MAX >> 20);
        ui.toast.set(Some((no_run("What was dropped", &why), false)));
        return;
    }
    spawn_local(async move {
        let mut tapes = Vec::new();
        for file in files {
            let Ok(bytes) = JsFuture::from(file.array_buffer()).await else {
                ui.toast.set(Some((no_run(&file.name(), "The browser cannot read it."), false)));
                return;
            };
            tapes.push((file.name(), Uint8Array::new(&bytes).to_vec()));
        }
        match Session::open_tapes(&tapes) {
            Ok(session) => {
                ui.open(session);
                ui.playing.set(false);
            }
            Err(why) => ui.toast.set(Some((no_run("What was opened", &why), false))),
        }
    });
}

fn read_file(ui: Ui, file: File) {
    let what = format!("“{}”", file.name());
    if file.size() > TEXT_MAX as f64 {
        let why = format!("It is larger than any run: {} MiB at most.", TEXT_MAX >> 20);
        ui.toast.set(Some((no_run(&what, &why), false)));
        return;
    }
    spawn_local(async move {
        match JsFuture::from(file.text()).await.map(|text| text.as_string()) {
            Ok(Some(text)) => open_text(ui, &what, &text),
            Ok(None) | Err(_) => {
                ui.toast.set(Some((no_run(&what, "The browser cannot read it."), false)));
            }
        }
    });
}
