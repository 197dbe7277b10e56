//! What a server says on a connection, cut into answers and news.

use std::collections::VecDeque;

use herd_core::codec::{self, Command, sent_after, told_after};

/// Cuts what a server says into whole answers. They come in the order of the lines; only one that
/// was asked for places is longer than a line, so it has to be known what was asked.
#[derive(Debug, Default)]
pub(super) struct Answers {
    heard: Vec<u8>,
    /// The lines that wait for an answer: whether each asks for places.
    asked: VecDeque<bool>,
    /// Updates are told on this connection: its `AT` and `KEPT` lines are no answers.
    watches: bool,
}

impl Answers {
    /// Remembers that these lines are said; whether the last has no LF yet.
    pub(super) fn said(&mut self, lines: &[u8]) -> bool {
        let mut rest = lines;
        while !rest.is_empty() {
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                self.asked(rest);
                return true;
            };
            self.asked(&rest[..end]);
            let data = sent_after(&rest[..end]).ok().flatten().unwrap_or(0);
            rest = rest.get(end + 1 + data..).unwrap_or_default();
        }
        false
    }

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
        let is_news = self.watches && (is_record || self.heard.starts_with(b"KEPT "));
        let is_long = is_record && !is_news && self.asked.front() == Some(&true);
        let (size, end) = if is_long {
            let gap = self.heard.windows(2).position(|pair| pair == b"\n\n")?;
            (gap, gap + 2)
        } else {
            let gap = self.heard.iter().position(|byte| *byte == b'\n')?;
            let size = gap + told_after(&self.heard[..gap]).unwrap_or(0);
            (size, size + 1)
        };
        if end > self.heard.len() {
            return None;
        }
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
        let lines =
            "IAMAT k +1+1 1\n \nWHATSAT k 1 1\nFOO\nPUT d 1 3\n\nX\nGET d\nWATCH k\nWHATSAT k 1 1";
        let said = "AT A +0 k +1+1 1\nAT A +0 k +1+1 1\n{\n}\n\n? FOO\nKEPT A +0 d 1 3\n\
            DATA A +0 d 1 3\n\nX\n\nWATCHING 1\nAT A +0 k +1+1 1\nKEPT A +0 k 1 3\n\
            ? WHATSAT k 1 1\nAT A +0 k +2+2 2\n";
        for size in 1..said.len() {
            let mut answers = Answers::default();
            assert!(answers.said(lines.as_bytes()), "the last is to be ended");
            let mut cut = Vec::new();
            for piece in said.as_bytes().chunks(size) {
                answers.heard(piece);
                cut.extend(std::iter::from_fn(|| answers.next()));
            }
            let cut: Vec<_> = cut.iter().map(|answer| String::from_utf8_lossy(answer)).collect();
            let at = "AT A +0 k +1+1 1";
            let places = "AT A +0 k +1+1 1\n{\n}";
            let data = ["KEPT A +0 d 1 3", "DATA A +0 d 1 3\n\nX\n"];
            let news = ["KEPT A +0 k 1 3", "? WHATSAT k 1 1", "AT A +0 k +2+2 2"];
            let expected = [&[at, places, "? FOO"][..], &data, &["WATCHING 1", at], &news].concat();
            assert_eq!(cut, expected, "in pieces of {size}");
        }
    }
}
