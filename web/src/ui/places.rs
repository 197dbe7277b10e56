//! The clients' half of the herd: a map on which they are moved, and the very lines that go over the
//! wire.

use leptos::ev;
use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

use super::canvas::{Canvas, size};
use super::found::{Found, places_found};
use super::roam::{MapTools, Roam};
use super::state::Ui;
use super::transport::seconds;
use crate::geo::{self, HOME, Spot, Window};
use crate::paint::{Align, Fill, Ink, Painter, Point, Stroke, Type};
use crate::palette::Palette;
use crate::session::Talk;

/// Servers that a list offers; in a larger herd the others are chosen on the stage.
const SERVERS_MAX: u32 = 200;

/// The tab.
#[component]
pub(crate) fn Places(ui: Ui) -> impl IntoView {
    view! {
        <div class="places">
            <Map ui />
            <div class="talk">
                <Form ui />
                <Lines ui />
            </div>
        </div>
    }
}

/// A client as the map shows it.
#[derive(Clone, Debug, PartialEq)]
struct Pin {
    name: String,
    spot: Spot,
}

#[component]
fn Map(ui: Ui) -> impl IntoView {
    let canvas = NodeRef::<CanvasElement>::new();
    let roam = Roam::new();
    let was_own = StoredValue::new(false);
    let window = roam.window;
    let held = RwSignal::new(None::<Pin>);
    let pins = Memo::new(move |_| {
        ui.read(|session| {
            let mut pins: Vec<Pin> = session
                .clients()
                .into_iter()
                .map(|name| Pin { spot: session.spot(&name).unwrap_or(HOME), name })
                .collect();
            let own = ui.client.get();
            if pins.iter().all(|pin| pin.name != own) {
                pins.push(Pin { name: own, spot: HOME });
            }
            pins
        })
    });
    let found = Memo::new(move |_| {
        ui.client.with(|client| ui.read(|session| places_found(session, client)))
    });
    // The window follows the pins, except under the hand that moves one.
    Effect::new(move |_| {
        let Some((width, height)) = canvas.get().and_then(|canvas| size(&canvas)) else { return };
        // A look, ten times a second, notices whatever changed the size of the map.
        ui.read(|_| ());
        if held.with_untracked(Option::is_some) {
            return;
        }
        let mut spots: Vec<Spot> = pins.with(|pins| pins.iter().map(|pin| pin.spot).collect());
        spots.extend(found.get().iter().map(|place| place.spot));
        let fits = Window::around(&spots, width, height);
        let shown = window.get_untracked();
        let same_size = (shown.width, shown.height) == (width, height);
        let zoomed = !(0.4..1.7).contains(&(fits.span / shown.span));
        if roam.own.get() {
            was_own.set_value(true);
            if !same_size {
                window.update(|window| *window = Window { width, height, ..*window });
            }
            return;
        }
        let left = was_own.get_value();
        was_own.set_value(false);
        // A little change does not move the map under a person's eyes.
        if left || !same_size || zoomed || spots.iter().any(|spot| is_outside(&shown, *spot)) {
            window.set(fits);
        }
    });
    Effect::new(move |_| {
        let Some(mut canvas) = canvas.get().and_then(|canvas| Canvas::clear(&canvas)) else {
            return;
        };
        let palette = if ui.dark.get() { &Palette::DARK } else { &Palette::LIGHT };
        let window = window.get();
        geo::paint(&mut canvas, &window, palette);
        found.with(|found| paint_found(&mut canvas, found, &window, palette));
    });
    let shown = move || {
        let pins = pins.get();
        let held = held.get();
        pins.into_iter()
            .map(|pin| held.clone().filter(|held| held.name == pin.name).unwrap_or(pin))
            .collect::<Vec<_>>()
    };
    view! {
        <div class="map" role="group" aria-label="Where the clients are">
            <canvas node_ref=canvas aria-hidden="true"
                on:pointerdown=move |event| roam.down(&event)
                on:pointermove=move |event| roam.moved(&event)
                on:pointerup=move |_| roam.up()
                on:pointercancel=move |_| roam.up()
                on:wheel=move |event| roam.wheel(&event)></canvas>
            <For each=shown key=|pin| pin.name.clone() let(pin)>
                <PinButton ui pin=pin.name pins held window />
            </For>
            <p class="hint">"Drag a client: where it is dropped, it says so."</p>
            <MapTools roam />
        </div>
    }
}

fn is_outside(window: &Window, spot: Spot) -> bool {
    let at = window.point(spot);
    !(12.0..window.width - 12.0).contains(&at.x) || !(30.0..window.height - 4.0).contains(&at.y)
}

/// A client: dragged by pointer, moved by arrow keys and dropped with Enter.
#[component]
fn PinButton(
    ui: Ui,
    pin: String,
    pins: Memo<Vec<Pin>>,
    held: RwSignal<Option<Pin>>,
    window: RwSignal<Window>,
) -> impl IntoView {
    let name = StoredValue::new(pin);
    let own = move || name.get_value();
    let spot = move || {
        let here = held
            .get()
            .filter(|held| held.name == own())
            .or_else(|| pins.with(|pins| pins.iter().find(|pin| pin.name == own()).cloned()));
        here.map_or(HOME, |pin| pin.spot)
    };
    let at = move || window.with(|window| window.point(spot()));
    let grab = StoredValue::new(None::<(Point, Point)>);
    let pointer = |event: &ev::PointerEvent| {
        Point::new(f64::from(event.client_x()), f64::from(event.client_y()))
    };
    let down = move |event: ev::PointerEvent| {
        if let Some(element) =
            event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok())
        {
            // Without capture a fast hand loses the pin; a pointer that is gone already has none.
            drop(element.set_pointer_capture(event.pointer_id()));
        }
        ui.client.set(own());
        grab.set_value(Some((pointer(&event), at())));
    };
    let moved = move |event: ev::PointerEvent| {
        let Some((from, start)) = grab.get_value() else { return };
        let now = pointer(&event);
        if now.distance(from) < 3.0 && held.with_untracked(Option::is_none) {
            return;
        }
        let to = start.plus(now.x - from.x, now.y - from.y);
        let spot = window.with_untracked(|window| {
            let kept =
                Point::new(to.x.clamp(8.0, window.width - 8.0), to.y.clamp(16.0, window.height));
            window.spot(kept)
        });
        held.set(Some(Pin { name: own(), spot }));
    };
    let drop_it = move || {
        grab.set_value(None);
        if let Some(pin) = held.get_untracked() {
            super::say_place(ui, &pin.name, pin.spot);
            held.set(None);
        }
    };
    let key = move |event: ev::KeyboardEvent| {
        let (x, y) = match &*event.key() {
            "ArrowLeft" => (-12.0, 0.0),
            "ArrowRight" => (12.0, 0.0),
            "ArrowUp" => (0.0, -12.0),
            "ArrowDown" => (0.0, 12.0),
            "Enter" => {
                event.prevent_default();
                drop_it();
                return;
            }
            "Escape" => {
                held.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        ui.client.set(own());
        let spot = window.with_untracked(|window| window.spot(at().plus(x, y)));
        held.set(Some(Pin { name: own(), spot }));
    };
    let label = move || {
        let held = held.with(|held| held.as_ref().is_some_and(|held| held.name == own()));
        let then = if held { "; Enter sends it" } else { "; arrow keys move it" };
        format!("{} at {}{then}", own(), spot().iso())
    };
    view! {
        <button class="pin" data-client=own() aria-label=label title=label
            aria-pressed=move || (ui.client.get() == own()).to_string()
            style:left=move || format!("{:.1}px", at().x)
            style:top=move || format!("{:.1}px", at().y)
            on:pointerdown=down on:pointermove=moved
            on:pointerup=move |_| drop_it()
            on:pointercancel=move |_| { grab.set_value(None); held.set(None); }
            on:keydown=key>
            <span>{own().chars().next().unwrap_or('?').to_string()}</span>
        </button>
    }
}

/// The places of the last answer: a dot each, and a name where it hides no other.
fn paint_found(painter: &mut impl Painter, found: &[Found], window: &Window, palette: &Palette) {
    let rim = Stroke::new(Ink::new(palette.paper), 1.5);
    let dot = Fill::solid(Ink::new(palette.question)).with(rim);
    let points: Vec<Point> = found.iter().map(|place| window.point(place.spot)).collect();
    painter.circles(&points, 4.5, dot);
    let letters = Type {
        size: 11.0,
        weight: 500,
        ink: Ink::new(palette.ink),
        align: Align::Left,
        halo: None,
    };
    let mut named: Vec<Point> = Vec::new();
    for (at, place) in points.into_iter().zip(found) {
        let hides = |other: &Point| (other.y - at.y).abs() < 13.0 && (other.x - at.x).abs() < 110.0;
        if !named.iter().any(hides) {
            painter.text(at.plus(8.0, 0.0), &place.name, letters);
            named.push(at);
        }
    }
}

/// Which client, which server, and what to say.
#[component]
fn Form(ui: Ui) -> impl IntoView {
    let radius = RwSignal::new("10".to_owned());
    let bound = RwSignal::new("5".to_owned());
    let names = move || {
        ui.read(|session| {
            let mut names = session.clients();
            let own = ui.client.get();
            if !names.contains(&own) {
                names.push(own);
            }
            names
        })
    };
    let server = Memo::new(move |_| ui.read(|session| session.server_of(&ui.client.get())));
    let servers = Memo::new(move |_| {
        let chosen = server.get();
        ui.read_edits(|session| {
            let names = (0_u32..).zip(session.frame().stage.names.iter().cloned());
            let shown = |(at, _): &(u32, Box<str>)| *at < SERVERS_MAX || *at == chosen;
            names.filter(shown).collect::<Vec<_>>()
        })
    });
    view! {
        <div class="form">
            <select aria-label="Client" on:change=move |event| {
                let picked = event_target_value(&event);
                ui.client.set(if picked.is_empty() { ui.peek(|s| s.new_client()) } else { picked });
            }>
                {move || {
                    names()
                        .into_iter()
                        .map(|name| {
                            let chosen = ui.client.get() == name;
                            view! { <option value=name selected=chosen>{name.clone()}</option> }
                        })
                        .collect_view()
                }}
                <option value="">"a new client"</option>
            </select>
            <span class="note">"at"</span>
            <select aria-label="Server" on:change=move |event| {
                if let Ok(server) = event_target_value(&event).parse() {
                    let client = ui.client.get_untracked();
                    ui.pass(|session| session.move_to(&client, server));
                    ui.tick();
                }
            }>
                {move || {
                    let chosen = server.get();
                    servers
                        .get()
                        .into_iter()
                        .map(|(index, name)| {
                            view! {
                                <option value=index.to_string() selected=index == chosen>
                                    {name.to_string()}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
            <button class="say" on:click=move |_| super::send_here(ui, server.get_untracked())>"I am here"</button>
            <button class="main ask" on:click=move |_| {
                let (radius, bound) = (radius.get_untracked(), bound.get_untracked());
                super::ask(ui, server.get_untracked(), &radius, &bound);
            }>"What is near?"</button>
            <label class="note">
                "km " <input class="field" inputmode="decimal" prop:value=radius
                    on:input=move |event| radius.set(event_target_value(&event)) />
            </label>
            <label class="note">
                "at most " <input class="field" inputmode="numeric" prop:value=bound
                    on:input=move |event| bound.set(event_target_value(&event)) />
            </label>
        </div>
    }
}

/// The lines of a client, as they went over the wire, newest first.
#[component]
fn Lines(ui: Ui) -> impl IntoView {
    let lines =
        Memo::new(move |_| ui.client.with(|client| ui.read(|session| session.talk(client))));
    view! {
        <ol class="lines" tabindex="0" aria-label="Lines sent and answered, newest first">
            {move || {
                if lines.with(Vec::is_empty) {
                    return view! {
                        <li class="empty">
                            "Nothing said yet. Drag the pin, or ask what is near."
                        </li>
                    }
                        .into_any();
                }
                lines.get().into_iter().map(line).collect_view().into_any()
            }}
        </ol>
    }
}

fn line(talk: Talk) -> impl IntoView {
    let (class, arrow) = match (talk.said, talk.refused) {
        (true, _) => ("said", "→"),
        (false, true) => ("refused", "←"),
        (false, false) => ("heard", "←"),
    };
    view! {
        <li>
            <time>{seconds(talk.at).trim_end_matches(" s").to_owned()}</time>
            <span class=class>{arrow}</span>
            <div class="text">
                <span title=talk.server>{talk.line}</span>
                {talk.json.map(|json| view! { <pre tabindex="0">{json}</pre> })}
            </div>
        </li>
    }
}
