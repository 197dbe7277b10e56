//! A herd of real servers that was taped.

use std::fs;

use tempfile::TempDir;

use crate::tcp::{Server, free_address, until};

/// Five servers of which one was killed and came back.
#[derive(Debug)]
pub struct Five {
    /// Their tapes: names of files, and what is in them.
    pub tapes: Vec<(String, Vec<u8>)>,
    /// What each held when the first update was everywhere: its name, and its record of `kiwi`.
    pub first: Vec<(String, String)>,
}

/// The links, each from one end.
const LINKS: [(usize, usize); 5] = [(0, 2), (0, 4), (1, 3), (1, 4), (2, 3)];
const NAMES: [&str; 5] = ["Alford", "Ball", "Hamilton", "Holiday", "Welsh"];

/// Starts five servers that tape what they are told, has them learn of two clients, kills one, and
/// ends them all.
///
/// # Panics
/// If they do not learn what they are to learn.
#[must_use]
pub fn five(herd: &str) -> Five {
    let folder = TempDir::new().expect("a temporary folder");
    let tapes = folder.path().join("tapes");
    let tapes_text = tapes.to_str().expect("a path of letters");
    let addresses = NAMES.map(|_| free_address());
    let mut servers: Vec<Server> = Vec::new();
    for (at, name) in NAMES.iter().enumerate() {
        let mut more = vec!["--log".to_owned(), "events".to_owned()];
        more.extend(["--tape".to_owned(), tapes_text.to_owned()]);
        for (a, b) in LINKS.iter().filter(|(a, b)| *a == at || *b == at) {
            let other = if *a == at { *b } else { *a };
            more.extend(["--peer".to_owned(), format!("{}={}", NAMES[other], addresses[other])]);
        }
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        servers.push(Server::new(herd, name, addresses[at], folder.path(), &more));
    }
    servers.iter_mut().for_each(Server::start);
    for (a, b) in LINKS {
        servers[a].linked(NAMES[b]);
        servers[b].linked(NAMES[a]);
    }
    servers[0].exchange("IAMAT kiwi +34.068930-118.445127 1.5\n");
    let held = |server: &Server| (server.name.clone(), server.knows("kiwi"));
    let first = servers.iter().map(held).collect();
    until("what Welsh was told is on its tape", || {
        let tape = fs::read(tapes.join("Welsh.tape")).unwrap_or_default();
        tape.windows(9).any(|window| window == b"AT Alford").then_some(())
    });
    servers[4].kill();
    servers[1].exchange("IAMAT plum +1+1 2.5\n");
    for server in &servers[..4] {
        server.knows("plum");
    }
    servers[4].start();
    servers[4].linked("Ball");
    servers[4].knows("plum");
    servers[2].exchange("IAMAT kiwi +35.068930-118.445127 3.5\n");
    for server in &servers {
        until("all know the last place", || {
            server.exchange("IAMAT kiwi +0+0 0\n").contains("+35.068930").then_some(())
        });
    }
    for server in &mut servers {
        server.process().terminate();
        server.process().ended();
    }
    let files = fs::read_dir(&tapes).expect("the tapes").map(|file| file.expect("a file").path());
    let tapes = files.map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, fs::read(&path).expect("a tape"))
    });
    Five { tapes: tapes.collect(), first }
}
