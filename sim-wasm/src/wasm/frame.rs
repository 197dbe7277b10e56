//! What can be seen at one instant, as typed arrays.

use js_sys::{Float32Array, Float64Array, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use super::run::Run;
use super::seconds;
use crate::view;

/// What can be seen at one instant: flat arrays, refilled by `take`. No object is made per server,
/// link or message.
///
/// The arrays lie in the module's own memory. They are valid until anything else of the module is
/// called: ask for them anew after every `take`, and copy (`slice()`) what is to stay.
///
/// An *endpoint* is a number: a server's place in `Run.servers`, or the number of servers plus the
/// place of a client in `clientNames`.
#[wasm_bindgen(js_name = Frame)]
#[derive(Clone, Debug, Default)]
pub struct JsFrame {
    time: f64,
    server_places: Vec<f32>,
    server_states: Vec<u8>,
    server_away: Vec<u8>,
    server_stores: Vec<u32>,
    server_knows: Vec<u8>,
    link_ends: Vec<u32>,
    link_states: Vec<u8>,
    message_ends: Vec<u32>,
    message_kinds: Vec<u8>,
    message_fractions: Vec<f32>,
    message_subjects: Vec<u32>,
    lost_ends: Vec<u32>,
    lost_kinds: Vec<u8>,
    lost_fractions: Vec<f32>,
    lost_ages: Vec<f32>,
    client_servers: Vec<u32>,
    client_places: Vec<f64>,
    client_names: Vec<std::sync::Arc<str>>,
    subjects: Vec<std::sync::Arc<[u8]>>,
}

/// A typed array over a `Vec` of ours.
macro_rules! view {
    ($array:ident, $numbers:expr) => {{
        #[expect(
            unsafe_code,
            reason = "as every view it ends when the memory grows; the type's documentation says \
                      how long to hold it, and a stale one is empty, not wild"
        )]
        // SAFETY: the vector is neither moved nor changed before the next call into the module, and
        // the engine detaches the view when the memory is replaced.
        unsafe {
            $array::view($numbers)
        }
    }};
}

#[wasm_bindgen(js_class = Frame)]
impl JsFrame {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what can be seen of a run now. `client` is the one whose records `serverKnows` is
    /// about.
    pub fn take(&mut self, run: &Run, client: Option<String>) {
        let watched = client.unwrap_or_default();
        let frame = run.history.frame(&[watched.as_bytes()]);
        self.time = seconds(frame.time);
        self.take_servers(&frame);
        self.take_messages(&frame);
        let clients = frame.clients.iter();
        refill(&mut self.client_servers, clients.clone().map(|client| client.server));
        refill(&mut self.client_places, clients.flat_map(place));
        self.client_names = frame.client_names;
        self.subjects = frame.subjects;
    }

    fn take_servers(&mut self, frame: &view::Frame) {
        let servers = frame.servers.iter();
        refill(&mut self.server_places, servers.clone().flat_map(|server| [server.x, server.y]));
        refill(&mut self.server_states, servers.clone().map(|server| server.state as u8));
        refill(&mut self.server_away, servers.clone().map(|server| u8::from(server.away)));
        refill(&mut self.server_stores, servers.map(|server| server.store));
        let knows = |known: &view::Knowledge| match (known.version, known.newest) {
            (0, _) => 0,
            (_, false) => 1,
            (_, true) => 2,
        };
        refill(&mut self.server_knows, frame.knowledge.iter().map(knows));
        refill(&mut self.link_ends, frame.links.iter().flat_map(|link| [link.a, link.b]));
        refill(&mut self.link_states, frame.links.iter().map(|link| link.state as u8));
    }

    fn take_messages(&mut self, frame: &view::Frame) {
        let messages = frame.messages.iter();
        refill(&mut self.message_ends, messages.clone().flat_map(|of| [of.from, of.to]));
        refill(&mut self.message_kinds, messages.clone().map(|of| of.kind as u8));
        refill(&mut self.message_fractions, messages.clone().map(|of| of.fraction));
        refill(&mut self.message_subjects, messages.map(|of| of.subject));
        let lost = frame.deaths.iter();
        refill(&mut self.lost_ends, lost.clone().flat_map(|of| [of.from, of.to]));
        refill(&mut self.lost_kinds, lost.clone().map(|of| of.kind as u8));
        refill(&mut self.lost_fractions, lost.clone().map(|of| of.fraction));
        let age = |of: &view::DeathView| {
            frame.time.saturating_sub(of.at) as f32 / view::DEATH_SHOWN as f32
        };
        refill(&mut self.lost_ages, lost.map(age));
    }

    /// The instant, seconds.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Where to draw each server: x, y, x, y, … from 0 to 1.
    #[wasm_bindgen(getter, js_name = serverPlaces)]
    #[must_use]
    pub fn server_places(&self) -> Float32Array {
        view!(Float32Array, &self.server_places)
    }

    /// What each server does: a `ServerState`.
    #[wasm_bindgen(getter, js_name = serverStates)]
    #[must_use]
    pub fn server_states(&self) -> Uint8Array {
        view!(Uint8Array, &self.server_states)
    }

    /// Whether each server has not joined yet, or has left: 0 or 1.
    #[wasm_bindgen(getter, js_name = serverAway)]
    #[must_use]
    pub fn server_away(&self) -> Uint8Array {
        view!(Uint8Array, &self.server_away)
    }

    /// How many records each server holds.
    #[wasm_bindgen(getter, js_name = serverStores)]
    #[must_use]
    pub fn server_stores(&self) -> Uint32Array {
        view!(Uint32Array, &self.server_stores)
    }

    /// What each server knows of the client that `take` was told: 0 nothing, 1 an older record, 2
    /// the newest there is.
    #[wasm_bindgen(getter, js_name = serverKnows)]
    #[must_use]
    pub fn server_knows(&self) -> Uint8Array {
        view!(Uint8Array, &self.server_knows)
    }

    /// The two servers of each link: a, b, a, b, …
    #[wasm_bindgen(getter, js_name = linkEnds)]
    #[must_use]
    pub fn link_ends(&self) -> Uint32Array {
        view!(Uint32Array, &self.link_ends)
    }

    /// What each link is: a `LinkState`.
    #[wasm_bindgen(getter, js_name = linkStates)]
    #[must_use]
    pub fn link_states(&self) -> Uint8Array {
        view!(Uint8Array, &self.link_states)
    }

    /// The endpoints of each message on its way: from, to, from, to, …
    #[wasm_bindgen(getter, js_name = messageEnds)]
    #[must_use]
    pub fn message_ends(&self) -> Uint32Array {
        view!(Uint32Array, &self.message_ends)
    }

    /// What each message is: a `MessageKind`.
    #[wasm_bindgen(getter, js_name = messageKinds)]
    #[must_use]
    pub fn message_kinds(&self) -> Uint8Array {
        view!(Uint8Array, &self.message_kinds)
    }

    /// How far each message is, 0 to 1.
    #[wasm_bindgen(getter, js_name = messageFractions)]
    #[must_use]
    pub fn message_fractions(&self) -> Float32Array {
        view!(Float32Array, &self.message_fractions)
    }

    /// Which client each message is about: a place in `subjects`, or 4294967295 for none.
    #[wasm_bindgen(getter, js_name = messageSubjects)]
    #[must_use]
    pub fn message_subjects(&self) -> Uint32Array {
        view!(Uint32Array, &self.message_subjects)
    }

    /// The endpoints of each message that was lost just now.
    #[wasm_bindgen(getter, js_name = lostEnds)]
    #[must_use]
    pub fn lost_ends(&self) -> Uint32Array {
        view!(Uint32Array, &self.lost_ends)
    }

    /// What each of them was: a `MessageKind`.
    #[wasm_bindgen(getter, js_name = lostKinds)]
    #[must_use]
    pub fn lost_kinds(&self) -> Uint8Array {
        view!(Uint8Array, &self.lost_kinds)
    }

    /// How far each of them had come, 0 to 1.
    #[wasm_bindgen(getter, js_name = lostFractions)]
    #[must_use]
    pub fn lost_fractions(&self) -> Float32Array {
        view!(Float32Array, &self.lost_fractions)
    }

    /// How much of the time for which each of them is shown is over, 0 to 1.
    #[wasm_bindgen(getter, js_name = lostAges)]
    #[must_use]
    pub fn lost_ages(&self) -> Float32Array {
        view!(Float32Array, &self.lost_ages)
    }

    /// The server that each client last spoke to.
    #[wasm_bindgen(getter, js_name = clientServers)]
    #[must_use]
    pub fn client_servers(&self) -> Uint32Array {
        view!(Uint32Array, &self.client_servers)
    }

    /// Where each client said it is: latitude, longitude, … in degrees; NaN if it did not say.
    #[wasm_bindgen(getter, js_name = clientPlaces)]
    #[must_use]
    pub fn client_places(&self) -> Float64Array {
        view!(Float64Array, &self.client_places)
    }

    /// The clients' names. Made anew at every call: ask when their number has changed.
    #[wasm_bindgen(getter, js_name = clientNames)]
    #[must_use]
    pub fn client_names(&self) -> Vec<String> {
        self.client_names.iter().map(ToString::to_string).collect()
    }

    /// The clients that servers have records of, as `messageSubjects` counts them. Made anew at
    /// every call.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn subjects(&self) -> Vec<String> {
        self.subjects.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }
}

fn place(client: &view::ClientView) -> [f64; 2] {
    let degrees = |nano: i64| if client.placed { nano as f64 / super::NANO } else { f64::NAN };
    [degrees(client.lat), degrees(client.lon)]
}

fn refill<T>(numbers: &mut Vec<T>, with: impl Iterator<Item = T>) {
    numbers.clear();
    numbers.extend(with);
}
