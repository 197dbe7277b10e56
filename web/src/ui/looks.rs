//! How the run is looked at, as a link says it: selection, camera, tab, speed, kinds, client.

use leptos::prelude::*;

use super::state::{SPEED_FIRST, SPEEDS, TAB_FIRST, TABS, Ui};
use crate::geometry::Camera;
use crate::link::View;
use crate::paint::Point;
use crate::palette::Palette;
use crate::share::Looks;
use crate::view::Hidden;

/// All that goes along with a run.
pub(super) fn looks(ui: Ui) -> Looks {
    let address = window().location().href().unwrap_or_default();
    Looks {
        page: address.split('#').next().unwrap_or_default().to_owned(),
        view: view(ui),
        hidden: ui.hidden.get_untracked(),
        palette: if ui.dark.get_untracked() { &Palette::DARK } else { &Palette::LIGHT },
    }
}

/// How it is looked at now; what is as at first is left out.
fn view(ui: Ui) -> View {
    let selected = ui.selected.get_untracked();
    let tab = ui.tab.get_untracked();
    let client = ui.client.get_untracked();
    let first = ui.peek(|session| session.clients().into_iter().next());
    let find = ui.search.get_untracked();
    let hidden = ui.hidden.get_untracked();
    let size = ui.geometry.with_untracked(|geometry| (geometry.width, geometry.height));
    let camera = ui.camera.get_untracked();
    let parts = || {
        let Point { x, y } = camera.shift;
        [camera.zoom, x / size.0.max(1.0), y / size.1.max(1.0)]
    };
    let speed = SPEEDS.get(ui.speed.get_untracked()).map_or("", |(_, name)| *name);
    View {
        on: selected.map(|thing| ui.peek(|session| session.thing_name(thing))),
        camera: (!camera.fits()).then(parts),
        tab: (tab != TAB_FIRST).then(|| format!("{tab:?}")),
        speed: (speed != SPEEDS[SPEED_FIRST].1).then(|| plain(speed).to_owned()),
        kinds: (hidden != Hidden::default()).then(|| hidden.shown()),
        client: Some(client).filter(|client| first.as_ref() != Some(client)),
        find: Some(find).filter(|find| !find.is_empty()),
    }
}

/// Looks at the run as a link says; what it does not say is as at first, and what is not there is
/// left out.
pub(super) fn look(ui: Ui, view: &View) {
    let tab = TABS.into_iter().find(|(tab, _)| view.tab.as_deref() == Some(&*format!("{tab:?}")));
    if let Some((tab, _)) = tab {
        ui.tab.set(tab);
    }
    let named = |name: &str| SPEEDS.iter().position(|(_, known)| plain(known) == plain(name));
    ui.speed.set(view.speed.as_deref().and_then(named).unwrap_or(SPEED_FIRST));
    ui.hidden.set(view.kinds.as_deref().map_or_else(Hidden::default, Hidden::but));
    if let Some(client) = &view.client {
        ui.client.set(client.clone());
    }
    ui.search.set(view.find.clone().unwrap_or_default());
    ui.selected.set(view.on.as_deref().and_then(|on| ui.peek(|session| session.thing_named(on))));
    ui.aim.set(view.camera);
}

/// Points the camera where a link says, once the stage has a size.
pub(super) fn aim(ui: Ui) {
    Effect::new(move |_| {
        let Some([zoom, x, y]) = ui.aim.get() else { return };
        let (width, height) = ui.geometry.with(|geometry| (geometry.width, geometry.height));
        if width > 0.0 {
            // A link may say anything: the camera's own limits hold.
            let mut camera = Camera::default();
            let middle = Point::new(width / 2.0, height / 2.0);
            camera.zoom_at(zoom, middle, middle);
            camera.shift = Point::new(x * width, y * height);
            ui.aim.set(None);
            ui.camera.set(camera);
        }
    });
}

/// A speed without its sign.
fn plain(speed: &str) -> &str {
    speed.trim_end_matches('×')
}
