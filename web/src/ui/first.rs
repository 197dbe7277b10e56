//! The first part of the page: a run that plays, and the least that it takes. All that a person works
//! with is the second part, which is sent for while the first frames are painted and takes over where
//! this one has come to. It travels in a file of its own: the build cuts off whatever only [`page`]
//! reaches. So nothing here may use a component or a signal.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::{document, window};
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use web_sys::{Element, Event, HtmlCanvasElement, HtmlInputElement, HtmlTemplateElement};

use super::canvas::{Canvas, size};
use super::clock::{GAP_MAX, LOOK, virtual_ns};
use super::state::{SPEED_FIRST, SPEEDS, STEPS};
use crate::detail::Detail;
use crate::geometry::{Camera, Geometry, Moved};
use crate::palette::Palette;
use crate::presets::FIRST;
use crate::session::Session;
use crate::teller::Teller;
use crate::timeline;
use crate::view::{Hidden, Picture, Sketch};

/// What the second part takes over.
pub(crate) struct First {
    pub(super) session: Session,
    pub(super) playing: bool,
    pub(super) teller: Teller,
    /// What was told last.
    pub(super) caption: String,
}

/// The second part: it takes over, or opens the run of the address.
#[wasm_split(page, wasm_split_path = leptos::wasm_split, fallible)]
fn page() -> Result<fn(Option<First>), SplitLoaderError> {
    Ok(super::mount)
}

/// Starts the page: at once for a newcomer; who brings a run along needs the second part to read it.
pub fn start() {
    std::panic::set_hook(Box::new(|why| super::crash::say(&why.to_string())));
    let scene = Rc::new(RefCell::new(None));
    if window().location().hash().is_ok_and(|hash| hash.len() < 2) {
        scene.replace(Scene::new());
        if scene.borrow().is_some() {
            play(&scene);
        }
    }
    wasm_bindgen_futures::spawn_local(async move {
        match page().await {
            Ok(page) => page(scene.take().map(Scene::end)),
            Err(_) => fail(),
        }
    });
}

/// Says that the second part has not arrived.
fn fail() {
    let find = |what: &str| document().query_selector(what).ok().flatten();
    if let Some(place) = find(".story p").or_else(|| find("#loading")) {
        place.set_text_content(Some(
            "What you work with has not arrived. Load the page again to try again.",
        ));
    }
}

/// The stage and the time, and how far they have come.
struct Scene {
    first: First,
    app: Element,
    /// Links, servers, messages.
    layers: [HtmlCanvasElement; 3],
    strip: HtmlCanvasElement,
    range: HtmlInputElement,
    clock: Element,
    caption: Element,
    button: Element,
    palette: &'static Palette,
    still: bool,
    geometry: Geometry,
    /// What the two lower layers show, see [`Picture::links_print`].
    prints: (u64, u64),
    /// When the last frame was, and when texts and strip followed last, ms.
    last: Option<f64>,
    looked: f64,
    /// What the handlers hold is let go with them.
    _handlers: Vec<Closure<dyn FnMut(Event)>>,
}

impl Scene {
    /// The first run, just before the first thing happens. `None` where `index.html` is another one.
    fn new() -> Option<Self> {
        let template = document().query_selector("#beginning").ok()??;
        let template: HtmlTemplateElement = template.dyn_into().ok()?;
        let app = template.content().first_element_child()?;
        document().body()?.append_child(&app).ok()?;
        let find = |what: &str| app.query_selector(what).ok().flatten();
        let canvas = |what: &str| find(what)?.dyn_into::<HtmlCanvasElement>().ok();
        let mut session = Session::open(FIRST.script).expect("a preset is a script");
        session.skip_greetings();
        super::crash::keep(FIRST.script);
        find(".story h2")?.set_text_content(Some(FIRST.name));
        find(".story p")?.set_text_content(Some(FIRST.story));
        let dark = super::actions::is_dark();
        super::actions::show_theme(dark);
        let still = super::actions::matches("(prefers-reduced-motion: reduce)");
        Some(Self {
            layers: [
                canvas(".layers :nth-child(1)")?,
                canvas(".layers :nth-child(2)")?,
                canvas(".layers :nth-child(3)")?,
            ],
            strip: canvas(".strip canvas")?,
            range: find(".strip input")?.dyn_into().ok()?,
            clock: find(".clock")?,
            caption: find(".caption")?,
            button: find(".play")?,
            first: First {
                session,
                playing: !still,
                teller: Teller::default(),
                caption: String::new(),
            },
            palette: if dark { &Palette::DARK } else { &Palette::LIGHT },
            still,
            geometry: Geometry::default(),
            prints: (0, 0),
            last: None,
            looked: 0.0,
            _handlers: Vec::new(),
            app,
        })
    }

    /// What goes on elsewhere.
    fn end(self) -> First {
        self.app.remove();
        self.first
    }

    fn frame(&mut self, at: f64) {
        let passed = self.last.map_or(0.0, |last| at - last);
        self.last = Some(at);
        if self.first.playing && passed < GAP_MAX {
            self.first.session.advance(virtual_ns(passed, SPEEDS[SPEED_FIRST].0));
        }
        self.paint();
        if at - self.looked >= LOOK {
            self.look(at);
        }
    }

    fn paint(&mut self) {
        let Some((width, height)) = size(&self.layers[2]) else { return };
        let session = &self.first.session;
        let frame = session.frame();
        let fits = (self.geometry.width, self.geometry.height) == (width, height);
        if !fits || !Arc::ptr_eq(&self.geometry.stage, &frame.stage) {
            let moved = Moved::new();
            self.geometry = Geometry::new(&frame.stage, width, height, Camera::default(), &moved);
        }
        let arrivals = session.arrivals(SPEEDS[SPEED_FIRST].0);
        let picture = Picture {
            frame,
            geometry: &self.geometry,
            palette: self.palette,
            tree: session.tree(),
            way: &[],
            selected: None,
            followed: session.followed(),
            arrivals: &arrivals,
            hidden: Hidden::default(),
            ghosts: &[],
            sketch: &Sketch::Nothing,
            detail: Detail::Whole,
            still: self.still,
        };
        let prints = (picture.links_print(), picture.servers_print());
        let [links, servers, messages] = &self.layers;
        if prints.0 != self.prints.0
            && let Some(mut canvas) = Canvas::clear(links)
        {
            picture.paint_links(&mut canvas);
        }
        if prints.1 != self.prints.1
            && let Some(mut canvas) = Canvas::clear(servers)
        {
            picture.paint_servers(&mut canvas);
        }
        if let Some(mut canvas) = Canvas::clear(messages) {
            picture.paint_messages(&mut canvas);
        }
        self.prints = prints;
    }

    /// Texts and strip follow.
    fn look(&mut self, at: f64) {
        self.looked = at;
        let First { session, playing, teller, caption } = &mut self.first;
        let (now, end) = (session.now(), session.end());
        self.clock.set_text_content(Some(&super::transport::seconds(now)));
        self.range.set_value_as_number(now as f64 / end.max(1) as f64 * STEPS);
        if let Some(mut canvas) = Canvas::clear(&self.strip) {
            let (width, height) = (canvas.width, canvas.height);
            timeline::paint(&mut canvas, &session.strip(), self.palette, width, height);
        }
        if let Some(told) = teller.tell(session, *playing, at) {
            *caption = told;
            self.caption.set_text_content(Some(caption));
        }
        let word = if *playing { "Pause" } else { "Play" };
        // The element is there, and so is the attribute.
        drop(self.button.set_attribute("aria-label", word));
    }

    fn toggle(&mut self) {
        self.first.playing = !self.first.playing;
        self.looked = 0.0;
    }

    fn scrub(&mut self) {
        let part = (self.range.value_as_number() / STEPS).clamp(0.0, 1.0);
        let end = self.first.session.end();
        self.first.playing = false;
        self.first.session.seek(super::transport::part_of(end, part));
        self.looked = 0.0;
    }
}

/// A scene for as long as there is one.
type Stage = Rc<RefCell<Option<Scene>>>;

/// Paints frame by frame, and hears what a person does, until the scene is over.
fn play(scene: &Stage) {
    let hear = |does: fn(&mut Scene)| {
        let scene = Rc::clone(scene);
        Closure::new(move |_: Event| {
            if let Some(scene) = &mut *scene.borrow_mut() {
                does(scene);
            }
        })
    };
    let (pressed, moved) = (hear(Scene::toggle), hear(Scene::scrub));
    if let Some(scene) = &mut *scene.borrow_mut() {
        let targets = [(&scene.button, "click", &pressed), (scene.range.as_ref(), "input", &moved)];
        for (target, what, heard) in targets {
            // Refused only to who is no function.
            drop(target.add_event_listener_with_callback(what, heard.as_ref().unchecked_ref()));
        }
        scene._handlers = vec![pressed, moved];
    }
    let again: Rc<RefCell<Option<super::clock::OnFrame>>> = Rc::default();
    let (scene, next) = (Rc::clone(scene), Rc::clone(&again));
    *again.borrow_mut() = Some(Closure::new(move |at: f64| {
        if let Some(scene) = &mut *scene.borrow_mut() {
            scene.frame(at);
            super::clock::request(next.borrow().as_ref());
        }
    }));
    super::clock::request(again.borrow().as_ref());
}
