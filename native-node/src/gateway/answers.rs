//! What a server says on a connection, cut into answers and news.

use std::collections::VecDeque;

use herd_core::codec::{self, Command};

/// Cuts what a server says into whole answers. They come in the order of the lines; only one that
/// was asked for places is longer than a line, so it has to be known what was asked.
#[derive(Debug, Default)]
pub(super) struct Answers {
    heard: Vec<u8>,
    /// The lines that wait for an answer: whether each asks for places.
    asked: VecDeque<bool>,
    /// Updates are told on this connection: its `AT` lines are no answers.
    watches: bool,
}

impl Answers {
    /// Remembers that a line (without LF) is said.
    pub(super) fn asked(&mut self, line: &[u8]) {
        match codec::parse(line) {
            Ok(None) => {}
            Ok(Some(command)) => self.asked.push_back(matches!(command, Command::WhatsAt(_))),
            Err(_) => self.asked.push_back(false),
        }
    }

    /// Takes in what was heard.
    pub(super) fn heard(&mut self, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
    }

    /// The next whole answer or piece of news, without what ends it.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let is_record = self.heard.starts_with(b"AT ");
        let is_news = is_record && self.watches;
        let is_long = is_record && !is_news && self.asked.front() == Some(&true);
        let (size, end) = if is_long {
            let gap = self.heard.windows(2).position(|pair| pair == b"\n\n")?;
            (gap, gap + 2)
        } else {
            let gap = self.heard.iter().position(|byte| *byte == b'\n')?;
            (gap, gap + 1)
        };
        let mut answer: Vec<u8> = self.heard.drain(..end).collect();
        answer.truncate(size);
        if !is_news {
            self.asked.pop_front();
            self.watches |= answer.starts_with(b"WATCHING ");
        }
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;

    #[test]
    fn answers_are_cut_whatever_pieces_they_come_in() {
        let lines = ["IAMAT k +1+1 1", " ", "WHATSAT k 1 1", "FOO", "WATCH k", "WHATSAT k 1 1"];
        let said = "AT A +0 k +1+1 1\nAT A +0 k +1+1 1\n{\n}\n\n? FOO\nWATCHING 1\nAT A +0 k +1+1 1\n\
            ? WHATSAT k 1 1\nAT A +0 k +2+2 2\n";
        for size in 1..said.len() {
            let mut answers = Answers::default();
            lines.iter().for_each(|line| answers.asked(line.as_bytes()));
            let mut cut = Vec::new();
            for piece in said.as_bytes().chunks(size) {
                answers.heard(piece);
                cut.extend(std::iter::from_fn(|| answers.next()));
            }
            let cut: Vec<_> = cut.iter().map(|answer| String::from_utf8_lossy(answer)).collect();
            let at = "AT A +0 k +1+1 1";
            let places = "AT A +0 k +1+1 1\n{\n}";
            let expected =
                [at, places, "? FOO", "WATCHING 1", at, "? WHATSAT k 1 1", "AT A +0 k +2+2 2"];
            assert_eq!(cut, expected, "in pieces of {size}");
        }
    }
}
