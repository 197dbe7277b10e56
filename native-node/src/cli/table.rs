//! Tables and colours. Colours show on a terminal only, and not where `NO_COLOR` is set.

use anstyle::{AnsiColor, Style};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GREEN: Style = AnsiColor::Green.on_default().bold();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const BLUE: Style = AnsiColor::Cyan.on_default();

/// The rows in columns as wide as their widest cell, each line indented; the first is the head.
pub(super) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::from(" ");
        for (cell, width) in row.iter().zip(&widths) {
            let gap = width - cell.chars().count();
            line.push(' ');
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', gap + 1));
        }
        let line = line.trim_end();
        if index == 0 {
            text.push_str(&format!("{BOLD}{line}{BOLD:#}\n"));
        } else {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::aligned;

    #[test]
    fn columns_are_as_wide_as_needed() {
        let rows = [["a", "bb"], ["long", "c"], ["ö", "d"]].map(|row| row.map(str::to_owned));
        let text = aligned(&rows).replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        assert_eq!(text, "  a     bb\n  long  c\n  ö     d\n");
    }
}
