//! Two branches at one instant, side by side, and the first thing in which they differ.

use leptos::html::Canvas as CanvasElement;
use leptos::prelude::*;

use super::canvas::{Canvas, size};
use super::state::Ui;
use super::transport::seconds;
use crate::detail::Detail;
use crate::geometry::{Camera, Geometry, Moved, Thing};
use crate::palette::Palette;
use crate::session::{Comparison, Session};
use crate::view::{Hidden, Picture, Sketch};

/// The tab.
#[component]
pub(crate) fn Compare(ui: Ui) -> impl IntoView {
    let current = ui.peek(Session::current_branch);
    let parent = ui.peek(|session| session.branch_list()[current].parent);
    let chosen = RwSignal::new([parent.unwrap_or(0), current]);
    let names = Memo::new(move |_| {
        ui.read(|session| {
            (0..session.branch_list().len()).map(|at| session.branch_name(at)).collect::<Vec<_>>()
        })
    });
    let canvases = [NodeRef::<CanvasElement>::new(), NodeRef::<CanvasElement>::new()];
    let comparison = StoredValue::new_local(None::<Comparison>);
    let told = Memo::new(move |_| {
        ui.edits.track();
        let made = ui.read(|session| session.compare(chosen.get()));
        let told = made.as_ref().map(|made| (made.divergence.clone(), made.counts.clone()));
        comparison.set_value(made);
        told
    });
    Effect::new(move |_| {
        told.track();
        ui.read(|_| ());
        let palette = if ui.dark.get() { &Palette::DARK } else { &Palette::LIGHT };
        comparison.with_value(|made| {
            let Some(made) = made else { return };
            for (side, (session, canvas)) in made.sides.iter().zip(canvases).enumerate() {
                let server = made.divergence.as_ref().and_then(|first| first.server[side]);
                paint(session, canvas, palette, server);
            }
        });
    });
    let list = move |side: usize| {
        view! {
            <select aria-label=format!("Branch {}", side + 1) on:change=move |event| {
                if let Ok(number) = event_target_value(&event).parse() {
                    chosen.update(|chosen| chosen[side] = number);
                }
            }>
                {move || {
                    names
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(number, name)| {
                            let is_it = move || chosen.get()[side] == number;
                            view! { <option value=number.to_string() selected=is_it>{name}</option> }
                        })
                        .collect_view()
                }}
            </select>
        }
    };
    view! {
        <div class="comparison">
            <Show when=move || { names.with(|names| names.len() > 1) } fallback=|| view! {
                <p class="empty">
                    "There is one course so far. Go back in time and do something else: \
                     then the two can be compared here."
                </p>
            }>
                <div class="side-a">{list(0)}<canvas node_ref=canvases[0] aria-hidden="true"></canvas></div>
                <div class="differences">
                    <First ui told />
                    <table>
                        <tbody>
                            {move || {
                                let counts = told.get().map(|(_, counts)| counts).unwrap_or_default();
                                counts
                                    .into_iter()
                                    .map(|(name, [a, b])| {
                                        let class = if a == b { "same" } else { "differs" };
                                        view! {
                                            <tr class=class>
                                                <td>{a}</td><th scope="row">{name}</th><td>{b}</td>
                                            </tr>
                                        }
                                    })
                                    .collect_view()
                            }}
                        </tbody>
                    </table>
                </div>
                <div class="side-b">{list(1)}<canvas node_ref=canvases[1] aria-hidden="true"></canvas></div>
            </Show>
        </div>
    }
}

type Told = Option<(Option<crate::session::Divergence>, Vec<(&'static str, [String; 2])>)>;

/// Where the two part.
#[component]
fn First(ui: Ui, told: Memo<Told>) -> impl IntoView {
    view! {
        {move || match told.get().and_then(|(first, _)| first) {
            None => view! { <p class="note">"Up to this instant both are the same."</p> }.into_any(),
            Some(first) => {
                let at = first.at;
                let words = |what: &Option<String>| {
                    what.clone().unwrap_or_else(|| "nothing more happens".to_owned())
                };
                view! {
                    <p class="first">
                        "They part at "
                        <button class="plain" on:click=move |_| ui.travel(|session| session.seek(at))>
                            {seconds(at)}
                        </button>
                    </p>
                    <p class="parts"><span>{words(&first.what[0])}</span><span>{words(&first.what[1])}</span></p>
                }
                    .into_any()
            }
        }}
    }
}

/// One side, small; the server at which it parts from the other is ringed.
fn paint(
    session: &Session,
    canvas: NodeRef<CanvasElement>,
    palette: &Palette,
    server: Option<u32>,
) {
    let Some(element) = canvas.get_untracked() else { return };
    let Some((width, height)) = size(&element) else { return };
    let frame = session.frame();
    let geometry = Geometry::new(&frame.stage, width, height, Camera::default(), &Moved::new());
    let picture = Picture {
        frame,
        geometry: &geometry,
        palette,
        tree: session.tree(),
        way: &[],
        selected: server.map(Thing::Server),
        followed: session.followed(),
        arrivals: &[],
        hidden: Hidden::default(),
        ghosts: &[],
        sketch: &Sketch::Nothing,
        detail: Detail::Whole,
        still: true,
    };
    if let Some(mut painter) = Canvas::clear(&element) {
        picture.paint_links(&mut painter);
        picture.paint_servers(&mut painter);
        picture.paint_messages(&mut painter);
    }
}
