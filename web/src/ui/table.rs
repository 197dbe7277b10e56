//! The stage as tables, with all that can be done: for those who do not see it, or like to read.

use leptos::prelude::*;

use super::state::Ui;
use crate::geometry::Thing;
use crate::session::TableRow;

/// Rows of each table at most.
const ROWS: usize = 200;

/// The tab.
#[component]
pub(crate) fn Table(ui: Ui) -> impl IntoView {
    let tables = Memo::new(move |_| {
        ui.hidden.track();
        ui.read(|session| session.tables(ui.hidden.get_untracked(), ROWS))
    });
    let table = move |which: usize, name: &'static str, heads: [&'static str; 4]| {
        view! {
            <section>
                <h3 class="heading">{name}</h3>
                <table>
                    <thead>
                        <tr>{heads.map(|head| view! { <th scope="col">{head}</th> }).collect_view()}
                            <th scope="col" class="end">"Do"</th></tr>
                    </thead>
                    <tbody>
                        <For each=move || tables.with(|tables| tables[which].clone())
                            key=|row| row.clone() let(row)>
                            <Row ui row />
                        </For>
                    </tbody>
                </table>
            </section>
        }
    };
    view! {
        <div class="tables">
            {table(0, "Servers", ["Server", "State", "Knows", "Fed by"])}
            {table(1, "Links", ["Link", "State", "For the tree", "Messages"])}
            {table(2, "Messages in flight", ["Kind", "Way", "About", "Arrives"])}
        </div>
    }
}

#[component]
fn Row(ui: Ui, row: TableRow) -> impl IntoView {
    let TableRow { thing, cells, .. } = row;
    let name = cells[0].clone();
    let select = move |_| match thing {
        Thing::Server(server) => super::linking::choose(ui, server),
        Thing::Link(_) | Thing::Message(_) => super::select(ui, thing),
    };
    let first = cells[0].clone();
    let rest = cells.into_iter().skip(1);
    let head = match thing {
        Thing::Server(_) | Thing::Link(_) => {
            view! { <button class="plain" on:click=select>{first}</button> }.into_any()
        }
        Thing::Message(_) => view! { <span>{first}</span> }.into_any(),
    };
    let act = move |event| {
        let chosen = event_target_value(&event).parse::<usize>().ok();
        let action =
            ui.peek(|session| session.actions(thing)).into_iter().nth(chosen.unwrap_or(usize::MAX));
        if let Some(action) = action {
            super::menu::perform(ui, &action);
        }
    };
    let actions = ui.peek(|session| session.actions(thing));
    view! {
        <tr>
            <th scope="row">{head}</th>
            {rest.map(|cell| view! { <td>{cell}</td> }).collect_view()}
            <td class="end">
                <select aria-label=format!("Do with {name}") on:change=act>
                    <option value="" selected>"…"</option>
                    {actions
                        .into_iter()
                        .enumerate()
                        .map(|(at, action)| {
                            view! { <option value=at.to_string()>{action.label}</option> }
                        })
                        .collect_view()}
                </select>
            </td>
        </tr>
    }
}
