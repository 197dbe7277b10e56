//! The stage of a herd that runs: the canvases of the simulated one's kind, and buttons over them.

use std::sync::Arc;

use leptos::ev;
use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;

use herd_sim_wasm::view::{LinkState, ServerState};

use super::Attached;
use super::grip::Grip;
use crate::detail::{self, Detail};
use crate::geometry::{Camera, Geometry, Moved, Thing};
use crate::live::Live;
use crate::paint::Point;
use crate::palette::Palette;
use crate::ui::canvas::{paint_moving, paint_still, size};
use crate::ui::grip::wheel;
use crate::ui::icons::{Icon, Picture as Image};
use crate::ui::state::Ui;
use crate::ui::tools::Zoom;
use crate::view::{Hidden, Picture, Sketch};

/// The canvases, lowest first, and what each shows.
#[derive(Clone, Copy)]
pub(super) struct Layers {
    canvases: [NodeRef<CanvasElement>; 3],
    /// What the two lower ones show: changed by whatever changes the picture.
    prints: StoredValue<(u64, u64)>,
    detail: RwSignal<Detail>,
}

impl Layers {
    pub(super) fn new() -> Self {
        Self {
            canvases: [NodeRef::new(), NodeRef::new(), NodeRef::new()],
            prints: StoredValue::new((0, 0)),
            detail: RwSignal::new(Detail::Whole),
        }
    }

    /// Paints what has changed since the last time.
    pub(super) fn paint(self, live: Attached, ui: Ui) {
        let [Some(links), Some(servers), Some(messages)] =
            self.canvases.map(|canvas| canvas.get_untracked())
        else {
            // They come anew, and show nothing then.
            return self.prints.set_value((0, 0));
        };
        let Some((width, height)) = size(&messages) else { return };
        live.herd.with_value(|herd| {
            let frame = herd.frame();
            let camera = live.camera.get_untracked();
            let fits = live.geometry.with_untracked(|geometry| {
                (geometry.width, geometry.height, geometry.camera) == (width, height, camera)
                    && Arc::ptr_eq(&geometry.stage, &frame.stage)
            });
            if !fits {
                let moved = Moved::new();
                live.geometry.set(Geometry::new(&frame.stage, width, height, camera, &moved));
            }
            let hidden = Hidden::default();
            let detail = Detail::of(detail::rate(frame, hidden, 1.0), self.detail.get_untracked());
            if self.detail.get_untracked() != detail {
                self.detail.set(detail);
            }
            live.geometry.with_untracked(|geometry| {
                let picture = Picture {
                    frame,
                    geometry,
                    palette: if ui.dark.get_untracked() { &Palette::DARK } else { &Palette::LIGHT },
                    tree: &herd.tree(),
                    way: &[],
                    selected: live.selected.get_untracked(),
                    followed: herd.followed().map(|_| 0),
                    arrivals: &herd.arrivals(),
                    hidden,
                    ghosts: &[],
                    sketch: &Sketch::Nothing,
                    detail,
                    still: ui.still.get_untracked(),
                };
                let shown = self.prints.get_value();
                self.prints.set_value(paint_still(&picture, [&links, &servers], shown));
                paint_moving(&picture, &messages);
            });
        });
    }
}

/// The stage with its title and caption.
#[component]
pub(super) fn LiveStage(live: Attached) -> impl IntoView {
    let [links, servers, messages] = live.layers.canvases;
    let grip = Grip::new();
    let turn = move |event: ev::WheelEvent| {
        wheel(live.camera, live.geometry.with_untracked(Geometry::middle), &event);
    };
    let title = move || {
        live.read(|herd| match herd.servers().len() {
            0 => "A herd that runs".to_owned(),
            servers => format!("{}: {servers} servers, live", herd.about.cluster),
        })
    };
    let about = move || {
        live.read(|herd| {
            let about = &herd.about;
            let kept = if about.keeps { "on disks" } else { "in memory" };
            match about.preset.is_empty() {
                true => String::new(),
                false => format!("{}, trees {}, kept {kept}", about.preset, about.trees),
            }
        })
    };
    view! {
        <section class="stage" aria-label="The running herd's stage">
            <div class="layers"
                on:pointerdown=move |event| grip.down(&event)
                on:pointermove=move |event| grip.moved(live, &event)
                on:pointerup=move |event| grip.up(live, &event)
                on:pointercancel=move |event| grip.cancel(&event)
                on:wheel=turn
            >
                <canvas node_ref=links aria-hidden="true"></canvas>
                <canvas node_ref=servers aria-hidden="true"></canvas>
                <canvas node_ref=messages aria-hidden="true"></canvas>
            </div>
            <div class="story"><h2>{title}</h2><p>{about}</p></div>
            <View live />
            <Mirror live />
            <p class="caption">
                {move || live.caption.get().0}
                <small>{move || live.caption.get().1}</small>
                {move || live.layers.detail.get().words().map(|words| view! { <small>{words}</small> })}
            </p>
        </section>
    }
}

/// Whether the picture moves, and from where it is looked at.
#[component]
fn View(live: Attached) -> impl IntoView {
    let held = Memo::new(move |_| live.read(Live::is_held));
    let word = move || if held.get() { "Let the picture go on" } else { "Hold the picture" };
    let icon = Signal::derive(move || if held.get() { Icon::Play } else { Icon::Pause });
    let zoom = move |factor| {
        let middle = live.geometry.with_untracked(Geometry::middle);
        live.camera.update(|camera| camera.zoom_at(factor, middle, middle));
    };
    view! {
        <div class="zoombar" role="toolbar" aria-label="View">
            <button class="icon plain hold" title=word aria-label=word
                aria-pressed=move || held.get().to_string()
                on:click=move |_| live.hold(!held.get_untracked())><Image icon /></button>
            <Zoom
                fits=Signal::derive(move || live.camera.with(Camera::fits))
                zoom=Callback::new(zoom)
                fit=Callback::new(move |()| live.camera.set(Camera::default()))
            />
        </div>
    }
}

/// A button for every server and link, where it stands: the stage for keyboards and screen readers.
#[component]
fn Mirror(live: Attached) -> impl IntoView {
    let servers = Memo::new(move |_| {
        live.geometry.track();
        live.read(|herd| herd.servers().iter().map(|s| s.name.clone()).collect::<Vec<_>>())
    });
    let links = Memo::new(move |_| {
        live.geometry.track();
        live.read(|herd| u32::try_from(herd.frame().links.len()).unwrap_or(0))
    });
    let place = move |thing: Thing| {
        let at = live.geometry.with(|geometry| match thing {
            Thing::Server(server) => geometry.servers.get(server as usize).copied(),
            Thing::Link(link) => geometry.middle_of(&geometry.stage, link),
            Thing::Message(_) => None,
        });
        let Point { x, y } = at.unwrap_or_default();
        format!("left:{x:.1}px;top:{y:.1}px")
    };
    let pressed = move |thing: Thing| (live.selected.get() == Some(thing)).to_string();
    view! {
        <div class="mirror" role="group" aria-label="Servers and links">
            {move || {
                (0_u32..)
                    .zip(servers.get())
                    .map(|(index, name)| {
                        let thing = Thing::Server(index);
                        let state = move || {
                            let state = live.read(|herd| {
                                herd.frame().servers.get(index as usize).map(|server| server.state)
                            });
                            word(state)
                        };
                        view! {
                            <button data-server=name data-state=state
                                style=move || place(thing)
                                aria-pressed=move || pressed(thing)
                                on:click=move |_| live.selected.set(Some(thing))
                                on:focus=move |_| live.selected.set(Some(thing))>
                                {name.clone()}", "{state}
                            </button>
                        }
                    })
                    .collect_view()
            }}
            {move || {
                (0..links.get())
                    .map(|index| {
                        let thing = Thing::Link(index);
                        let name = live.herd.with_value(|herd| link_name(herd, index));
                        let state = move || {
                            live.read(|herd| herd.frame().links.get(index as usize).map(|l| l.state))
                        };
                        view! {
                            <button class="link" data-link=name
                                data-state=move || link_word(state())
                                style=move || place(thing)
                                aria-pressed=move || pressed(thing)
                                on:click=move |_| live.selected.set(Some(thing))
                                on:focus=move |_| live.selected.set(Some(thing))>
                                {name.clone()}", "{move || link_word(state())}
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}

/// Both ends of a link.
pub(super) fn link_name(herd: &Live, link: u32) -> String {
    let stage = &herd.frame().stage;
    let name = |at: usize| stage.names.get(at).map_or("?", |name| &**name);
    stage.edges.get(link as usize).map_or_else(String::new, |edge| {
        format!("{}-{}", name(edge.a.index()), name(edge.b.index()))
    })
}

/// What a server does, as a word.
pub(super) const fn word(state: Option<ServerState>) -> &'static str {
    match state {
        Some(ServerState::Up) => "up",
        Some(ServerState::Paused) => "silent",
        Some(ServerState::Down) | None => "down",
    }
}

/// What a link is, as a word.
pub(super) const fn link_word(state: Option<LinkState>) -> &'static str {
    match state {
        Some(LinkState::Live) => "live",
        Some(LinkState::Cut) => "cut",
        Some(LinkState::Down) => "an end is down",
        Some(LinkState::Opening | LinkState::Away) | None => "not linked",
    }
}
