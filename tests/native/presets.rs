//! Every way of spreading updates, between real servers, and all of them in one herd.

use herd_core::Preset;
use herd_tests::tcp::Server;

use crate::{servers, servers_with};

/// Each server, once linked to its neighbours, is told of a client of its own; all come to know all.
#[track_caller]
fn all_come_to_know_all(herd: &mut [Server], lists: &[(&str, &[&str])]) {
    herd.iter_mut().for_each(Server::start);
    for (server, (_, neighbours)) in herd.iter().zip(lists) {
        neighbours.iter().for_each(|neighbour| server.linked(neighbour));
    }
    let tell = |server: &Server| {
        let client = format!("of-{}", server.name);
        let answer = server.exchange(format!("IAMAT {client} +34.068930-118.445127 1\n"));
        (client, answer.trim_end().to_owned())
    };
    let told: Vec<(String, String)> = herd.iter().map(tell).collect();
    for server in herd.iter() {
        for (client, line) in &told {
            assert_eq!(server.knows(client), *line, "at {}", server.name);
        }
    }
}

#[test]
fn every_preset_spreads_over_tcp() {
    let line: [(&str, &[&str]); 3] =
        [("Alford", &["Ball"]), ("Ball", &["Alford", "Welsh"]), ("Welsh", &["Ball"])];
    for preset in Preset::ALL {
        let mut more = vec!["--preset", preset.name()];
        if preset == Preset::GroveBatch {
            more.extend(["--root", "Ball"]);
        }
        let (mut herd, _folder) = servers_with(&line, &more);
        all_come_to_know_all(&mut herd, &line);
    }
}

#[test]
fn neighbours_of_different_presets_agree() {
    // A prototype's rule does not tell equal stamps apart, so nobody has to agree with it.
    let presets: Vec<Preset> =
        Preset::ALL.into_iter().filter(|preset| *preset != Preset::Classic).collect();
    let names: Vec<String> = (0..presets.len()).map(|n| format!("s{n}")).collect();
    let around = |n: usize| &*names[n % names.len()];
    let lists: Vec<[&str; 2]> =
        (0..names.len()).map(|n| [around(n + 1), around(n + names.len() - 1)]).collect();
    let ring: Vec<(&str, &[&str])> =
        names.iter().map(|name| &**name).zip(lists.iter().map(|list| &list[..])).collect();
    let (mut herd, _folder) = servers(&ring);
    for (server, preset) in herd.iter_mut().zip(presets) {
        server.set("--preset", preset.name());
    }
    all_come_to_know_all(&mut herd, &ring);
}
