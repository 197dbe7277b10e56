//! What the page itself remembers: camera, selection, playback. Never protocol state.

use leptos::prelude::*;

use super::lab::Lab;
use super::live::Attached;
use super::third::Third;
use crate::detail::Detail;
use crate::geometry::{Camera, Geometry, Moved, Thing};
use crate::guide::Progress;
use crate::paint::Point;
use crate::session::{Session, Step};
use crate::view::{Hidden, Sketch};

/// Playback speeds: virtual seconds for one real one, as a fraction.
pub(crate) const SPEEDS: [(f64, &str); 11] = [
    (0.001, "1/1000×"),
    (0.003, "1/300×"),
    (0.01, "1/100×"),
    (0.02, "1/50×"),
    (0.05, "1/20×"),
    (0.1, "1/10×"),
    (0.2, "1/5×"),
    (0.5, "1/2×"),
    (1.0, "1×"),
    (2.0, "2×"),
    (10.0, "10×"),
];
/// A link of 100 ms then takes a second.
pub(crate) const SPEED_FIRST: usize = 5;

/// Steps of the strip, whatever the length of the run.
pub(crate) const STEPS: f64 = 1000.0;

/// Handles to all of it; copied into every component.
#[derive(Clone, Copy)]
pub(crate) struct Ui {
    session: StoredValue<Session, LocalStorage>,
    /// The third part of the page, once it is here.
    pub(crate) third: RwSignal<Option<&'static Third>>,
    /// Counts what panels have to show anew.
    ticks: RwSignal<u64>,
    /// Counts changes of the script, which the address follows.
    pub(crate) edits: RwSignal<u64>,
    /// Counts changes of the window's size.
    pub(crate) resizes: RwSignal<u64>,
    /// Where the servers stand, for whoever lays things over the stage.
    pub(crate) geometry: RwSignal<Geometry>,
    /// From where the stage is looked at.
    pub(crate) camera: RwSignal<Camera>,
    /// Servers that were dragged elsewhere.
    pub(crate) moved: RwSignal<Moved>,
    /// The fact whose way is shown, about which client, and that way.
    pub(crate) way: RwSignal<(String, Vec<Step>)>,
    /// What a newcomer has tried; none once that is over.
    pub(crate) guide: RwSignal<Option<Progress>>,
    /// What is looked for in what happened.
    pub(crate) search: RwSignal<String>,
    /// Whether somebody has just asked to look for something.
    pub(crate) finding: RwSignal<bool>,
    /// What the pointer does on the stage.
    pub(crate) tool: RwSignal<Tool>,
    /// From which server a link is being laid.
    pub(crate) linking: RwSignal<Option<u32>>,
    /// What is being drawn on it.
    pub(crate) sketch: RwSignal<Sketch>,
    /// Where a menu is open, and for what.
    pub(crate) menu: RwSignal<Option<(Point, Option<Thing>)>>,
    /// Where the mouse rests on the stage, if it holds nothing.
    pub(crate) pointer: RwSignal<Option<Point>>,
    /// Whether it is near a message: then time passes slowly, so that it can be caught.
    pub(crate) near: RwSignal<bool>,
    /// What is selected.
    pub(crate) selected: RwSignal<Option<Thing>>,
    /// Whether time passes.
    pub(crate) playing: RwSignal<bool>,
    /// Whether playing ends by itself once nothing is left to happen.
    pub(crate) until_quiet: RwSignal<bool>,
    /// Which of [`SPEEDS`].
    pub(crate) speed: RwSignal<usize>,
    /// The sentence under the stage.
    pub(crate) caption: RwSignal<String>,
    /// The same for the ear, which takes its time.
    pub(crate) spoken: RwSignal<String>,
    /// How messages are drawn just now.
    pub(crate) detail: RwSignal<Detail>,
    /// The client that the Places tab is about.
    pub(crate) client: RwSignal<String>,
    /// Which tab is open.
    pub(crate) tab: RwSignal<Tab>,
    /// Kinds of messages that are not shown.
    pub(crate) hidden: RwSignal<Hidden>,
    /// Whether it is night.
    pub(crate) dark: RwSignal<bool>,
    /// Whether the person asked for less motion.
    pub(crate) still: RwSignal<bool>,
    /// What a short message says, and whether it offers to undo.
    pub(crate) toast: RwSignal<Option<(String, bool)>>,
    /// Whether the sheet of keys is open.
    pub(crate) help: RwSignal<bool>,
    /// Whether the sheet is open on which a run is taken along.
    pub(crate) sharing: RwSignal<bool>,
    /// Where a link has the camera look: how near, and how far shifted, in parts of the stage.
    pub(crate) aim: RwSignal<Option<[f64; 3]>>,
    /// The searches.
    pub(crate) lab: Lab,
    /// A herd that runs, if the page is attached to one.
    pub(crate) live: Attached,
}

/// What the pointer does on the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Selects, moves servers, pans.
    Hand,
    /// Cuts every link it crosses.
    Knife,
    /// Isolates what it encircles.
    Lasso,
    /// Puts a new server on the stage.
    Add,
    /// Makes neighbours of two servers.
    Link,
}

/// The tabs below the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    /// The clients' map and what they say.
    Places,
    /// The run as text.
    Script,
    /// A row for every server, a line for every message.
    SpaceTime,
    /// All as tables, with all that can be done.
    Table,
    /// What updates cost, and what was seen.
    Charts,
    /// What happened.
    Events,
    /// Two branches side by side.
    Compare,
    /// Many seeds at once.
    Lab,
}

/// The tabs, in order, and what they are called.
pub(crate) const TABS: [(Tab, &str); 8] = [
    (Tab::Places, "Places"),
    (Tab::SpaceTime, "Space-time"),
    (Tab::Script, "Script"),
    (Tab::Events, "Events"),
    (Tab::Table, "Table"),
    (Tab::Charts, "Charts"),
    (Tab::Compare, "Compare"),
    (Tab::Lab, "Lab"),
];
/// The tab that is open at first.
pub(crate) const TAB_FIRST: Tab = Tab::Places;

impl Ui {
    pub(crate) fn new(session: Session) -> Self {
        let still = super::actions::matches("(prefers-reduced-motion: reduce)");
        let client = session.clients().into_iter().next().unwrap_or_else(|| "kiwi".into());
        Self {
            session: StoredValue::new_local(session),
            third: RwSignal::new(None),
            ticks: RwSignal::new(0),
            edits: RwSignal::new(0),
            resizes: RwSignal::new(0),
            geometry: RwSignal::new(Geometry::default()),
            camera: RwSignal::new(Camera::default()),
            moved: RwSignal::new(Moved::new()),
            way: RwSignal::new((String::new(), Vec::new())),
            guide: RwSignal::new(super::guide::is_wanted().then(Progress::default)),
            search: RwSignal::new(String::new()),
            finding: RwSignal::new(false),
            tool: RwSignal::new(Tool::Hand),
            linking: RwSignal::new(None),
            sketch: RwSignal::new(Sketch::Nothing),
            menu: RwSignal::new(None),
            pointer: RwSignal::new(None),
            near: RwSignal::new(false),
            selected: RwSignal::new(None),
            playing: RwSignal::new(!still),
            until_quiet: RwSignal::new(true),
            speed: RwSignal::new(SPEED_FIRST),
            caption: RwSignal::new(String::new()),
            spoken: RwSignal::new(String::new()),
            detail: RwSignal::new(Detail::Whole),
            client: RwSignal::new(client),
            tab: RwSignal::new(TAB_FIRST),
            hidden: RwSignal::new(Hidden::default()),
            dark: RwSignal::new(super::actions::is_dark()),
            still: RwSignal::new(still),
            toast: RwSignal::new(None),
            help: RwSignal::new(false),
            sharing: RwSignal::new(false),
            aim: RwSignal::new(None),
            lab: Lab::new(),
            live: Attached::new(),
        }
    }

    /// Reads the session, and again with every tick.
    pub(crate) fn read<T>(self, read: impl FnOnce(&Session) -> T) -> T {
        self.ticks.track();
        self.session.with_value(read)
    }

    /// Reads the session once.
    pub(crate) fn peek<T>(self, read: impl FnOnce(&Session) -> T) -> T {
        self.session.with_value(read)
    }

    /// Reads the session again only after its script has changed.
    pub(crate) fn read_edits<T>(self, read: impl FnOnce(&Session) -> T) -> T {
        self.edits.track();
        self.session.with_value(read)
    }

    /// Lets time pass without a tick: the clock ticks ten times a second.
    pub(crate) fn pass<T>(self, pass: impl FnOnce(&mut Session) -> T) -> T {
        self.session.try_update_value(pass).expect("the session lives as long as the page")
    }

    /// Has every panel show what is now.
    pub(crate) fn tick(self) {
        self.ticks.update(|ticks| *ticks += 1);
    }

    /// Takes a tool in hand; what the last one had begun is nothing.
    pub(crate) fn hold(self, tool: Tool) {
        self.tool.set(tool);
        self.linking.set(None);
        self.sketch.set(Sketch::Nothing);
    }

    /// Goes to another instant.
    pub(crate) fn travel(self, go: impl FnOnce(&mut Session)) {
        self.playing.set(false);
        self.pass(go);
        self.tick();
    }

    /// Goes to another instant while a hand holds the strip: the stage follows at once, and the panels as
    /// soon as it rests.
    pub(crate) fn scrub(self, go: impl FnOnce(&mut Session)) {
        self.playing.set(false);
        self.pass(go);
    }

    /// Does something to the run, and says what went wrong, or that it can be undone.
    pub(crate) fn edit(self, edit: impl FnOnce(&mut Session) -> Result<(), String>) -> bool {
        let before = self.pass(|session| session.branches());
        let done = self.pass(edit);
        let branched = self.pass(|session| session.branches()) > before;
        match &done {
            Ok(()) if branched => {
                let text = "You changed the past; what followed stays as a branch.".to_owned();
                self.toast.set(Some((text, true)));
            }
            Ok(()) => self.toast.set(None),
            Err(why) => self.toast.set(Some((why.clone(), false))),
        }
        self.way.update(|(_, way)| way.clear());
        self.edits.update(|edits| *edits += 1);
        self.tick();
        done.is_ok()
    }

    /// Does a command now, and lets time pass so that its consequences can be seen.
    pub(crate) fn act(self, command: herd_sim_wasm::Command) {
        self.act_all(vec![command]);
    }

    /// Does several commands now, as one step to take back.
    pub(crate) fn act_all(self, commands: Vec<herd_sim_wasm::Command>) {
        // Should the simulation stop over it, that is what somebody will want to know.
        super::crash::keep(&self.peek(|session| session.with_now(&commands)));
        if self.edit(|session| session.act_all(commands)) && !self.still.get_untracked() {
            self.until_quiet.set(true);
            self.playing.set(true);
        }
    }

    /// Does what a person has written.
    pub(crate) fn say(self, text: &str) {
        match self.peek(|session| session.read(text)) {
            Ok(command) => self.act(command),
            Err(why) => self.toast.set(Some((format!("Not done: {why}"), false))),
        }
    }

    /// Begins another run, where it is begun to be shown.
    pub(crate) fn open(self, mut session: Session) {
        if self.live.on.get_untracked() {
            // Else it would lie under the herd that runs.
            super::live::leave(self);
        }
        if session.now() == 0 {
            session.skip_greetings();
        }
        let followed = session.tapes().is_some().then(|| session.followed_name().to_owned());
        let client = followed.filter(|name| !name.is_empty());
        let client = client.or_else(|| session.clients().into_iter().next());
        let client = client.unwrap_or_else(|| "kiwi".into());
        self.session.set_value(session);
        self.client.set(client);
        self.camera.set(Camera::default());
        self.moved.update(Moved::clear);
        self.selected.set(None);
        self.toast.set(None);
        self.caption.set(String::new());
        self.until_quiet.set(true);
        self.playing.set(!self.still.get_untracked());
        self.edits.update(|edits| *edits += 1);
        self.tick();
    }
}
