//! The first part of the page: a run that plays, and the least that it takes. All that a person works
//! with is the second part, which is sent for while the first frames are painted and takes over where
//! this one has come to. It travels in a file of its own: the build cuts off whatever only [`page`]
//! reaches. So nothing here may use a component or a signal.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use herd_sim_wasm::view::{Frame, Stage};
use herd_sim_wasm::{LogLine, World};
use leptos::prelude::{document, window};
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use web_sys::{
    Element, Event, HtmlCanvasElement, HtmlElement, HtmlInputElement, HtmlTemplateElement,
};

use super::canvas::{paint_moving, paint_still, size};
use super::clock::{GAP_MAX, LOOK, virtual_ns};
use super::icons::Icon;
use super::state::{SPEED_FIRST, SPEEDS, STEPS};
use crate::detail::Detail;
use crate::geometry::{Camera, Geometry, Moved};
use crate::guide::PROMPTS;
use crate::palette::Palette;
use crate::presets::{self, FIRST};
use crate::sight::{self, Sight};
use crate::teller::Teller;
use crate::view::{Hidden, Picture, Sketch};

/// What the second part takes over: of the run no more than where it is, for it is the same again.
pub(crate) struct First {
    /// The instant, ns.
    pub(super) now: u64,
    /// The last instant that was shown, ns.
    pub(super) seen: u64,
    pub(super) playing: bool,
    pub(super) teller: Teller,
    /// What was told last.
    pub(super) caption: String,
}

/// The client of the first run.
const CLIENT: &str = "kiwi";

/// The first run, which has no history: to go back is to begin again.
struct Run {
    world: World,
    stage: Arc<Stage>,
    frame: Frame,
    log: Vec<LogLine>,
    /// The last instant that was shown, ns.
    seen: u64,
}

impl Run {
    /// At its beginning.
    fn new() -> Option<Self> {
        let mut world = World::of_talk(presets::first()).ok()?;
        world.record(true);
        let stage = world.stage();
        let frame = world.frame_on(&stage, &[CLIENT.as_bytes()]);
        Some(Self { world, stage, frame, log: Vec::new(), seen: 0 })
    }

    fn seek(&mut self, at: u64) {
        if at < self.world.now()
            && let Some(anew) = Self::new()
        {
            *self = Self { seen: self.seen, stage: Arc::clone(&self.stage), ..anew };
        }
        self.world.run_until(at);
        self.log.extend(self.world.take_log());
        self.frame = self.world.frame_on(&self.stage, &[CLIENT.as_bytes()]);
        self.seen = self.seen.max(at);
    }

    fn sight(&self) -> Sight<'_> {
        Sight { world: &self.world, frame: &self.frame, log: &self.log, client: CLIENT }
    }
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
    if let Some(guide) = find(".guide") {
        guide.remove();
    }
    if let Some(place) = find(".story h2").or_else(|| find("#loading")) {
        place.set_text_content(Some(
            "What you work with has not arrived. Load the page again to try again.",
        ));
    }
}

/// The stage and the time, and how far they have come.
struct Scene {
    run: Run,
    playing: bool,
    teller: Teller,
    app: Element,
    /// Links, servers, messages.
    layers: [HtmlCanvasElement; 3],
    story: HtmlElement,
    range: HtmlInputElement,
    clock: Element,
    caption: Element,
    button: Element,
    /// The picture on it.
    icon: Element,
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
        let find = |what: &str| app.query_selector(what).ok().flatten();
        let canvas = |what: &str| find(what)?.dyn_into::<HtmlCanvasElement>().ok();
        let mut run = Run::new()?;
        run.seek(sight::begins(run.world.script())?);
        super::crash::keep(FIRST.script);
        find(".story h2")?.set_text_content(Some(FIRST.name));
        find(".story p")?.set_text_content(Some(FIRST.story));
        let guide = find(".guide")?;
        if super::guide::is_wanted() {
            find(".guide strong")?.set_text_content(Some(PROMPTS[0].text));
            find(".guide .note")?.set_text_content(Some(PROMPTS[0].how));
        } else {
            guide.remove();
        }
        let dark = super::actions::is_dark();
        super::actions::show_theme(dark);
        let still = super::actions::matches("(prefers-reduced-motion: reduce)");
        let scene = Self {
            layers: [
                canvas(".layers :nth-child(1)")?,
                canvas(".layers :nth-child(2)")?,
                canvas(".layers :nth-child(3)")?,
            ],
            story: find(".story")?.dyn_into().ok()?,
            range: find(".strip input")?.dyn_into().ok()?,
            clock: find(".clock")?,
            caption: find(".caption")?,
            button: find(".play")?,
            icon: find(".play path")?,
            run,
            playing: !still,
            teller: Teller::default(),
            palette: if dark { &Palette::DARK } else { &Palette::LIGHT },
            still,
            geometry: Geometry::default(),
            prints: (0, 0),
            last: None,
            looked: 0.0,
            _handlers: Vec::new(),
            app,
        };
        // Only a scene that is whole is shown.
        document().body()?.append_child(&scene.app).ok()?;
        Some(scene)
    }

    /// What goes on elsewhere.
    fn end(self) -> First {
        self.app.remove();
        First {
            now: self.run.world.now(),
            seen: self.run.seen,
            playing: self.playing,
            teller: self.teller,
            caption: self.caption.text_content().unwrap_or_default(),
        }
    }

    fn frame(&mut self, at: f64) {
        let passed = self.last.map_or(0.0, |last| at - last);
        self.last = Some(at);
        if self.playing && passed < GAP_MAX {
            self.run.seek(self.run.world.now() + virtual_ns(passed, SPEEDS[SPEED_FIRST].0));
        }
        self.paint();
        if at - self.looked >= LOOK {
            self.look(at);
        }
    }

    fn paint(&mut self) {
        let Some((width, height)) = size(&self.layers[2]) else { return };
        let sight = self.run.sight();
        let frame = sight.frame;
        let fits = (self.geometry.width, self.geometry.height) == (width, height);
        if !fits || !Arc::ptr_eq(&self.geometry.stage, &frame.stage) {
            let (text, moved) = (super::stage::reach(&self.story), Moved::new());
            let camera = Camera::default();
            self.geometry = Geometry::beside(text, &frame.stage, (width, height), camera, &moved);
        }
        let arrivals = sight.arrivals(SPEEDS[SPEED_FIRST].0);
        let picture = Picture {
            frame,
            geometry: &self.geometry,
            palette: self.palette,
            tree: &sight.tree(None),
            way: &[],
            selected: None,
            followed: sight.followed(),
            arrivals: &arrivals,
            hidden: Hidden::default(),
            ghosts: &[],
            sketch: &Sketch::Nothing,
            detail: Detail::Whole,
            still: self.still,
        };
        let [links, servers, messages] = &self.layers;
        self.prints = paint_still(&picture, [links, servers], self.prints);
        paint_moving(&picture, messages);
    }

    /// Texts and strip follow.
    fn look(&mut self, at: f64) {
        self.looked = at;
        let (now, end) = (self.run.world.now(), self.end_of_strip());
        self.clock.set_text_content(Some(&super::transport::seconds(now)));
        self.range.set_value_as_number(now as f64 / end as f64 * STEPS);
        if let Some(told) = self.teller.tell(&self.run.sight(), self.playing, at) {
            self.caption.set_text_content(Some(&told));
        }
        let (word, icon) = if self.playing { ("Pause", Icon::Pause) } else { ("Play", Icon::Play) };
        // The elements are there, and so are the attributes.
        drop(self.button.set_attribute("aria-label", word));
        drop(self.icon.set_attribute("d", icon.path().0));
    }

    /// The last instant of the strip, ns.
    fn end_of_strip(&self) -> u64 {
        sight::end(self.run.world.script(), self.run.seen)
    }

    fn toggle(&mut self) {
        self.playing = !self.playing;
        self.looked = 0.0;
    }

    fn scrub(&mut self) {
        let part = self.range.value_as_number() / STEPS;
        self.playing = false;
        self.run.seek(super::transport::part_of(self.end_of_strip(), part));
        self.looked = 0.0;
    }
}

/// A scene for as long as there is one.
type Shared = Rc<RefCell<Option<Scene>>>;

/// Paints frame by frame, and hears what a person does, until the scene is over.
fn play(scene: &Shared) {
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
