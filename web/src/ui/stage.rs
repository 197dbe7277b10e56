//! The stage: three canvases, and buttons over them for keyboards and screen readers.

use std::sync::Arc;

use leptos::ev;
use leptos::html::{Canvas as CanvasElement, Div};
use leptos::prelude::*;
use web_sys::HtmlCanvasElement;

use herd_sim_wasm::view::{Frame, LinkState, MessageView};

use super::canvas::{paint_moving, paint_still, size};
use super::grip::{Grip, point, under, wheel};
use super::guide::Guide;
use super::menu::Menu;
use super::state::{Tool, Ui};
use super::tools::Tools;
use crate::geometry::{Geometry, Thing};
use crate::paint::Point;
use crate::palette::Palette;
use crate::session::{Session, Step};
use crate::view::Picture;

/// Servers that have buttons of their own; in a larger herd the canvas and the table serve.
const MIRROR_MAX: usize = 120;

/// The canvases, lowest first, and what each shows.
#[derive(Clone, Copy)]
pub(crate) struct Layers {
    links: NodeRef<CanvasElement>,
    servers: NodeRef<CanvasElement>,
    messages: NodeRef<CanvasElement>,
    story: NodeRef<Div>,
    tools: NodeRef<Div>,
    /// How far the story reaches to the right and down, and for what that was measured.
    text: StoredValue<([u64; 4], Point)>,
    shown: StoredValue<Shown>,
    /// What is to come, and of which look at the present.
    ghosts: StoredValue<(u64, Vec<MessageView>)>,
}

/// What the canvases show.
#[derive(Clone, Debug, Default)]
struct Shown {
    /// What the prints were made of.
    made_of: MadeOf,
    /// Of the two lower layers, see [`Picture::links_print`].
    prints: (u64, u64),
}

/// Looks at servers and links, and places, changed by whatever may change a print; until it is another
/// one, nobody needs to go through ten thousand servers to see that they are the same.
type MadeOf = (u64, u64, bool, Option<Thing>, Vec<Step>);

impl Layers {
    pub(crate) fn new() -> Self {
        Self {
            links: NodeRef::new(),
            servers: NodeRef::new(),
            messages: NodeRef::new(),
            story: NodeRef::new(),
            tools: NodeRef::new(),
            text: StoredValue::new(([u64::MAX; 4], Point::default())),
            shown: StoredValue::new(Shown::default()),
            ghosts: StoredValue::new((0, Vec::new())),
        }
    }

    /// Paints what has changed since the last time.
    pub(crate) fn paint(self, ui: Ui) {
        let canvases = (
            self.links.get_untracked(),
            self.servers.get_untracked(),
            self.messages.get_untracked(),
        );
        let (Some(links), Some(servers), Some(messages)) = canvases else { return };
        let Some((width, height)) = size(&messages) else { return };
        let way = ui.way.with_untracked(|(_, way)| way.clone());
        ui.peek(|session| {
            let frame = session.frame();
            self.fit(ui, frame, width, height);
            self.look_ahead(ui, session);
            ui.geometry.with_untracked(|geometry| {
                let arrivals = session.arrivals(super::speed(ui));
                let picture = Picture {
                    frame,
                    geometry,
                    palette: if ui.dark.get_untracked() { &Palette::DARK } else { &Palette::LIGHT },
                    tree: session.tree(),
                    way: &way,
                    selected: ui.selected.get_untracked(),
                    followed: session.followed(),
                    arrivals: &arrivals,
                    hidden: ui.hidden.get_untracked(),
                    ghosts: &self.ghosts.read_value().1,
                    sketch: &ui.sketch.get_untracked(),
                    detail: ui.detail.get_untracked(),
                    still: ui.still.get_untracked(),
                };
                self.paint_still(&picture, session.looks(), [&links, &servers]);
                paint_moving(&picture, &messages);
            });
        });
    }

    /// Sees what is to come, once each time that time stands still.
    fn look_ahead(self, ui: Ui, session: &Session) {
        let moves = ui.playing.get_untracked();
        let of = if moves { 0 } else { session.looks() };
        if self.ghosts.with_value(|(known, _)| *known != of) {
            self.ghosts.set_value((of, if moves { Vec::new() } else { session.ghosts() }));
        }
    }

    /// Paints the two lower layers, if they are to show something else.
    fn paint_still(self, picture: &Picture<'_>, looks: u64, canvases: [&HtmlCanvasElement; 2]) {
        let dark = *picture.palette == Palette::DARK;
        let made_of = (looks, picture.geometry.print, dark, picture.selected, picture.way.to_vec());
        let shown = self.shown.get_value();
        if shown.made_of == made_of {
            return;
        }
        let prints = paint_still(picture, canvases, shown.prints);
        self.shown.set_value(Shown { made_of, prints });
    }

    /// How far the story reaches; measured again when it, what it has a newcomer try, or the stage is
    /// another.
    fn text(self, ui: Ui, width: f64, height: f64) -> Point {
        let tried = ui
            .guide
            .with_untracked(|guide| guide.as_ref().map_or(0, |progress| 1 + progress.print()));
        let of = [ui.edits.get_untracked(), tried, width.to_bits(), height.to_bits()];
        if self.text.with_value(|(known, _)| *known != of)
            && let Some(story) = self.story.get_untracked()
        {
            let tools = self.tools.get_untracked().filter(|t| t.offset_width() > t.offset_height());
            // Tools that lie above the stage have its whole width to themselves.
            let text =
                tools.map_or_else(|| reach(&story), |tools| Point::new(width, reach(&tools).y));
            self.text.set_value((of, text));
        }
        self.text.with_value(|(_, text)| *text)
    }

    /// Computes anew where everything stands, if the stage or its size is another.
    fn fit(self, ui: Ui, frame: &Frame, width: f64, height: f64) {
        let camera = ui.camera.get_untracked();
        let text = self.text(ui, width, height);
        let fits = ui.geometry.with_untracked(|geometry| {
            (geometry.width, geometry.height, geometry.camera) == (width, height, camera)
                && geometry.text == text
                && Arc::ptr_eq(&geometry.stage, &frame.stage)
                && ui.moved.with_untracked(|moved| geometry.moved == *moved)
        });
        if !fits {
            let moved = ui.moved.get_untracked();
            let geometry = Geometry::beside(text, &frame.stage, (width, height), camera, &moved);
            ui.geometry.set(geometry);
        }
    }
}

/// How far an element of the stage reaches to the right and down.
pub(super) fn reach(box_: &web_sys::HtmlElement) -> Point {
    Point::new(
        f64::from(box_.offset_left() + box_.offset_width()),
        f64::from(box_.offset_top() + box_.offset_height()),
    )
}

/// The stage with its title, counters and caption.
#[component]
pub(crate) fn Stage(ui: Ui, layers: Layers) -> impl IntoView {
    let tip = RwSignal::new(None::<(Point, String)>);
    let hovers = RwSignal::new(false);
    let grip = Grip::new();
    let hover = move |event: ev::PointerEvent| {
        grip.moved(ui, &event);
        let at = point(&event);
        let points = !grip.holds() && event.pointer_type() == "mouse";
        ui.pointer.set(points.then_some(at));
        let thing = under(ui, at).filter(|_| points);
        let text = thing.and_then(|thing| Some((at, ui.peek(|session| tip_text(session, thing))?)));
        if hovers.get_untracked() != text.is_some() {
            hovers.set(text.is_some());
        }
        if tip.with_untracked(|tip| *tip != text) {
            tip.set(text);
        }
    };
    let leave = move |_| {
        tip.set(None);
        ui.pointer.set(None);
    };
    let menu = move |event: ev::MouseEvent| {
        event.prevent_default();
        tip.set(None);
        super::menu::open(ui, point(&event), under(ui, point(&event)));
    };
    let twice = move |event: ev::MouseEvent| {
        if let Some(Thing::Server(server)) = under(ui, point(&event)) {
            super::send_here(ui, server);
        }
    };
    let cursor = move || match (ui.tool.get(), hovers.get()) {
        (Tool::Knife | Tool::Lasso | Tool::Link, _) => "crosshair",
        (Tool::Add, false) => "copy",
        (_, true) => "pointer",
        (Tool::Hand, false) => "grab",
    };
    view! {
        <section class="stage" aria-label="The herd">
            <div
                class="layers"
                class:drawing=move || ui.tool.get() != Tool::Hand
                style:cursor=cursor
                on:pointerdown=move |event| grip.down(ui, &event)
                on:pointermove=hover
                on:pointerup=move |event| grip.up(ui, &event)
                on:pointercancel=move |event| grip.cancel(ui, &event)
                on:pointerleave=leave
                on:wheel=move |event| {
                    let middle = ui.geometry.with_untracked(Geometry::middle);
                    wheel(ui.camera, middle, &event);
                }
                on:contextmenu=menu
                on:dblclick=twice
            >
                <canvas node_ref=layers.links aria-hidden="true"></canvas>
                <canvas node_ref=layers.servers aria-hidden="true"></canvas>
                <canvas node_ref=layers.messages aria-hidden="true"></canvas>
            </div>
            <div class="story" node_ref=layers.story>
                <h2>{move || ui.read_edits(|session| session.title())}</h2>
                <p>{move || ui.read_edits(|session| session.story())}</p>
                <Guide ui />
            </div>
            <Counters ui />
            <Tools ui bar=layers.tools />
            <Mirror ui />
            <p class="caption">
                {move || ui.caption.get()}
                {move || ui.detail.get().words().map(|words| view! { <small>{words}</small> })}
            </p>
            {move || {
                tip.get()
                    .map(|(at, text)| {
                        view! {
                            <div
                                class="tip"
                                style:left=format!("{}px", at.x)
                                style:top=format!("{}px", at.y)
                            >
                                {text}
                            </div>
                        }
                    })
            }}
            <Menu ui />
        </section>
    }
}

fn tip_text(session: &Session, thing: Thing) -> Option<String> {
    let frame = session.frame();
    let name = |index: u32| frame.stage.names.get(index as usize).map_or("", |name| &**name);
    Some(match thing {
        Thing::Server(server) => format!("{} · click to look inside", name(server)),
        Thing::Link(index) => {
            let link = frame.links.get(index as usize)?;
            let act = if link.state == LinkState::Cut { "heal" } else { "cut" };
            format!("{} – {} · click to {act}", name(link.a), name(link.b))
        }
        Thing::Message(id) => {
            let message = session.message(id)?;
            format!("{} {} · click to catch", message.kind, message.way)
        }
    })
}

#[component]
fn Counters(ui: Ui) -> impl IntoView {
    let reach = move || ui.read(|session| session.reach());
    let cost = move || ui.read(|session| session.flood_cost());
    view! {
        <dl class="counters">
            <dt>"know"<span>" the newest"</span></dt>
            <dd>{move || { let (know, all) = reach(); format!("{know} of {all}") }}</dd>
            <dt>"messages"<span>" of the last flood"</span></dt>
            <dd>
                {move || match cost() {
                    (sent, Some(whole)) => format!("{sent} of {whole}"),
                    (sent, None) => sent.to_string(),
                }}
            </dd>
            {move || {
                ui.read(Session::over_shortest).map(|times| {
                    view! { <dt><span>"of the "</span>"shortest"<span>" way"</span></dt><dd>{format!("{times:.2}×")}</dd> }
                })
            }}
        </dl>
    }
}

/// A button for every server and link, where it stands: the stage for keyboards and screen readers.
#[component]
fn Mirror(ui: Ui) -> impl IntoView {
    let servers = move || {
        ui.geometry.track();
        ui.read_edits(|session| {
            let names = &session.frame().stage.names;
            let shown = if names.len() <= MIRROR_MAX { names.len() } else { 0 };
            (0_u32..).zip(names.iter().take(shown).cloned()).collect::<Vec<_>>()
        })
    };
    let links = move || {
        ui.geometry.track();
        ui.read_edits(|session| {
            let frame = session.frame();
            let shown = if frame.stage.names.len() <= MIRROR_MAX { frame.links.len() } else { 0 };
            (0_u32..).zip(&frame.links).take(shown).map(|(index, _)| index).collect::<Vec<_>>()
        })
    };
    view! {
        <div class="mirror" role="group" aria-label="Servers and links">
            <For each=servers key=|(index, name)| (*index, name.clone()) let((index, name))>
                <button
                    data-server=name.to_string()
                    style=move || place(ui, Thing::Server(index))
                    hidden=move || ui.read(|session| session.is_away(Thing::Server(index)))
                    aria-pressed=move || {
                        (ui.selected.get() == Some(Thing::Server(index))).to_string()
                    }
                    on:focus=move |_| super::select(ui, Thing::Server(index))
                    on:contextmenu=move |event| open_menu(ui, &event, Thing::Server(index))
                    on:click=move |_| super::linking::choose(ui, index)
                >
                    {move || {
                        let state = ui.read(|session| session.state_words(index));
                        format!("{}, {state}", session_name(ui, index))
                    }}
                </button>
            </For>
            <For each=links key=|index| *index let(index)>
                <button
                    class="link"
                    data-link=move || ui.peek(|session| session.link_name(index))
                    style=move || place(ui, Thing::Link(index))
                    hidden=move || ui.read(|session| session.is_away(Thing::Link(index)))
                    aria-pressed=move || {
                        (ui.selected.get() == Some(Thing::Link(index))).to_string()
                    }
                    on:focus=move |_| super::select(ui, Thing::Link(index))
                    on:contextmenu=move |event| open_menu(ui, &event, Thing::Link(index))
                    on:click=move |_| super::toggle_link(ui, index)
                >
                    {move || ui.read(|session| session.link_sentence(index))}
                </button>
            </For>
        </div>
    }
}

fn session_name(ui: Ui, server: u32) -> String {
    ui.peek(|session| session.server_name(server).to_owned())
}

/// The menu of a thing that has the focus, at the thing.
fn open_menu(ui: Ui, event: &ev::MouseEvent, thing: Thing) {
    event.prevent_default();
    super::menu::open(ui, stand(ui, thing), Some(thing));
}

fn place(ui: Ui, thing: Thing) -> String {
    let at = stand(ui, thing);
    format!("left:{:.1}px;top:{:.1}px", at.x, at.y)
}

fn stand(ui: Ui, thing: Thing) -> Point {
    let at = ui.geometry.with(|geometry| match thing {
        Thing::Server(server) => geometry.servers.get(server as usize).copied(),
        Thing::Link(link) => ui.peek(|session| geometry.middle_of(&session.frame().stage, link)),
        Thing::Message(_) => None,
    });
    at.unwrap_or_default()
}
