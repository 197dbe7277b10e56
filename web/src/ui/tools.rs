//! The tools of the stage: what the pointer does, undo and redo, and the camera.

use leptos::html::Div;
use leptos::prelude::*;

use super::icons::{Icon, Picture};
use super::state::{Tool, Ui};
use crate::geometry::{Camera, Geometry};
use crate::session::Session;

/// How much nearer one press comes.
pub(crate) const ZOOM: f64 = 1.4;

/// The bar of tools.
#[component]
pub(crate) fn Tools(ui: Ui, bar: NodeRef<Div>) -> impl IntoView {
    const TOOLS: [(Tool, Icon, &str); 5] = [
        (Tool::Hand, Icon::Hand, "Select and move (V)"),
        (Tool::Knife, Icon::Knife, "Knife: cut every link you cross (I)"),
        (Tool::Lasso, Icon::Lasso, "Lasso: isolate what you encircle (L)"),
        (Tool::Add, Icon::Add, "New server where you click (A)"),
        (Tool::Link, Icon::Link, "New link: drag from one server to another (J)"),
    ];
    view! {
        <div class="toolbar" node_ref=bar role="toolbar" aria-label="Tools" aria-orientation="vertical">
            {TOOLS
                .into_iter()
                .map(|(tool, icon, name)| {
                    view! {
                        <button class="icon plain" title=name aria-label=name
                            aria-pressed=move || (ui.tool.get() == tool).to_string()
                            on:click=move |_| ui.hold(tool)><Picture icon /></button>
                    }
                })
                .collect_view()}
            <hr />
            <button class="icon plain" title="Undo (Ctrl Z)" aria-label="Undo"
                disabled=move || !ui.read_edits(Session::can_undo)
                on:click=move |_| super::undo(ui)><Picture icon=Icon::Undo /></button>
            <button class="icon plain" title="Redo (Ctrl Y)" aria-label="Redo"
                disabled=move || !ui.read_edits(Session::can_redo)
                on:click=move |_| super::redo(ui)><Picture icon=Icon::Redo /></button>
        </div>
        <div class="zoombar" role="toolbar" aria-label="View">
            <Zoom
                fits=Signal::derive(move || {
                    ui.camera.with(Camera::fits) && ui.moved.with(|moved| moved.is_empty())
                })
                zoom=Callback::new(move |factor| zoom(ui, factor))
                fit=Callback::new(move |()| fit(ui))
            />
        </div>
    }
}

/// The buttons of a camera.
#[component]
pub(crate) fn Zoom(fits: Signal<bool>, zoom: Callback<f64>, fit: Callback<()>) -> impl IntoView {
    view! {
        <button class="icon plain" title="Farther (−)" aria-label="Farther"
            on:click=move |_| zoom.run(1.0 / ZOOM)><Picture icon=Icon::Remove /></button>
        <button class="icon plain" title="Show everything (0)" aria-label="Show everything"
            disabled=move || fits.get()
            on:click=move |_| fit.run(())><Picture icon=Icon::Fit /></button>
        <button class="icon plain" title="Nearer (+)" aria-label="Nearer"
            on:click=move |_| zoom.run(ZOOM)><Picture icon=Icon::Add /></button>
    }
}

/// Comes nearer to the middle of the stage.
pub(crate) fn zoom(ui: Ui, factor: f64) {
    let middle = ui.geometry.with_untracked(Geometry::middle);
    ui.camera.update(|camera| camera.zoom_at(factor, middle, middle));
}

/// Shows everything, each server where the layout puts it.
pub(crate) fn fit(ui: Ui) {
    ui.camera.set(Camera::default());
    ui.moved.update(|moved| moved.clear());
}
