//! The screen of `herd top`. Nothing of it is left when it ends.

use std::io;
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Row, Table};

use super::sight::{DOWN, RATES, Sight};
use crate::clock::Clock;

/// Shows what servers do until a key ends it.
///
/// # Errors
/// What the terminal says.
pub(super) fn show(
    addresses: &[String],
    first: Sight,
    every: Duration,
    clock: Clock,
) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let shown = follow(&mut terminal, addresses, first, every, clock);
    ratatui::restore();
    shown
}

fn follow(
    terminal: &mut ratatui::DefaultTerminal,
    addresses: &[String],
    first: Sight,
    every: Duration,
    clock: Clock,
) -> io::Result<()> {
    let (mut before, mut now) = (Sight { at: 0.0, servers: Vec::new(), silent: Vec::new() }, first);
    loop {
        terminal.draw(|frame| draw(frame, &before, &now))?;
        let next = clock.elapsed() + every;
        // Keys are heard at once, whatever else there is to wait for.
        while let Some(left) = next.checked_sub(clock.elapsed()) {
            if !event::poll(left)? {
                break;
            }
            let event = event::read()?;
            if ends(&event) {
                return Ok(());
            }
            if matches!(event, Event::Resize(..)) {
                terminal.draw(|frame| draw(frame, &before, &now))?;
            }
        }
        before = std::mem::replace(&mut now, Sight::of(addresses, clock));
    }
}

/// Whether a key says that it is enough.
fn ends(event: &Event) -> bool {
    let Event::Key(key) = event else { return false };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind == KeyEventKind::Press
        && (matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
            || control && key.code == KeyCode::Char('c'))
}

fn draw(frame: &mut Frame<'_>, before: &Sight, now: &Sight) {
    let [head, table, foot] =
        Layout::vertical([Constraint::Length(2), Constraint::Min(1), Constraint::Length(1)])
            .areas(frame.area());
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let dim = Style::new().add_modifier(Modifier::DIM);
    let servers = now.servers.len();
    let s = if servers == 1 { "" } else { "s" };
    frame.render_widget(Line::styled(format!("herd: {servers} server{s}"), bold), head);
    let seconds = if before.servers.is_empty() { f64::INFINITY } else { now.at - before.at };
    let rows = now.servers.iter().map(|server| {
        let row = server.rates(before, seconds);
        // A link that is down is what to look at first.
        let (up, all) = row[2].split_once('/').unwrap_or_default();
        let style = match () {
            () if row[2] == DOWN => Style::new().fg(Color::Red),
            () if up != all => Style::new().fg(Color::Yellow),
            () => Style::new(),
        };
        Row::new(row).style(style)
    });
    let widths = [14, 7, 5, 6, 6, 7, 7, 7, 7, 6].map(Constraint::Length);
    frame.render_widget(Table::new(rows, widths).header(Row::new(RATES).style(bold)), table);
    let silent = now.silent.iter().map(|(at, why)| format!("{at} does not answer: {why}"));
    let silent = silent.collect::<Vec<_>>().join("; ");
    let line = if silent.is_empty() {
        Line::styled("q ends it", dim)
    } else {
        Line::styled(silent, Style::new().fg(Color::Red))
    };
    frame.render_widget(line, foot);
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::draw;
    use crate::cli::top::sight::Sight;

    #[test]
    fn it_fits_eighty_columns() {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a screen in memory");
        let nothing = || Sight { at: 0.0, servers: Vec::new(), silent: Vec::new() };
        let silent = vec![("127.0.0.1:1".to_owned(), "refused".to_owned())];
        let now = Sight { silent, ..nothing() };
        terminal.draw(|frame| draw(frame, &nothing(), &now)).expect("it is drawn");
        let text = terminal.backend().to_string();
        assert!(text.contains("delay"), "the last column is there:\n{text}");
        assert!(text.contains("127.0.0.1:1 does not answer: refused"), "{text}");
    }
}
