use super::*;

fn herd() -> Topology {
    Topology::named("places-2016", 1).expect("the default herd")
}

#[test]
fn text_both_ways() {
    for text in [
        "clock Welsh +1.5",
        "clock Welsh -0.000000001",
        "cut Ball-Welsh",
        "cut Welsh>Ball",
        "cut Ball-Welsh late 2s",
        "heal",
        "heal Ball-Welsh",
        "join Newton with Ball",
        "join n_1 with Ball,Welsh",
        "kill Holiday",
        "leave Holiday",
        "link Alford-Ball",
        "link Ball-Alford 10ms+40ms",
        "link Ball-Welsh",
        "latency Alford>Welsh 10ms+40ms",
        "pause Ball",
        "places silent",
        "restart Holiday",
        "restart Holiday empty",
        "resume Ball",
        "say Alford IAMAT kiwi +34.068930-118.445127 1520023934.918963997",
        "say Alford as nc IAMAT kiwi +34-118 1",
        "say Alford as nc as you like",
        "say Alford   spaces  in front and behind\\x20",
        "say Alford \\x00\\xff\\\\ \\n\\r\\t",
        "say Alford ",
        "send Alford IAMAT ki",
        "send Alford as me wi +34-118 1\\n",
        "send Alford as nc as",
        "hangup Alford as nc",
        "bandwidth Ball-Welsh 20000",
        "capacity Ball>Welsh 0",
        "clients",
        "clients skew=5s repeat=10% burst=2.5% future=1%",
        "clog Ball-Welsh 5s",
        "datagram all",
        "datagram Ball-Welsh loss=5% duplicate=2% corrupt=0.5% reorder=30ms",
        "disk Ball 200ms",
        "drift Welsh +200",
        "drift Welsh -1000000",
        "hold Ball>Welsh",
        "lag Ball>Welsh 200ms",
        "latency Ball-Welsh 20ms|300ms:10%",
        "partition size 2",
        "partition coin",
        "partition one-way isolate Ball",
        "partition bridge Welsh",
        "partition ring",
        "partition set Alford,Ball",
        "places error",
        "places garbage 30%",
        "places slow 4s..5s",
        "release",
        "release Ball-Welsh",
        "restart Ball unsynced",
        "restart Ball torn",
        "restart Ball older 3s",
        "slow Ball 5ms",
        "stream",
        "stream Ball-Welsh",
        "swizzle 3 200ms",
        "unlink Welsh-Ball",
        "wobble Welsh 300ms 10s",
    ] {
        let command =
            Command::parse(text, &herd()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(command.text(&herd()), text);
        assert_eq!(command.check(&herd()), Ok(()), "{text}");
    }
}

#[test]
fn servers_go_by_number_too() {
    let command = Command::parse("cut 1-4", &herd()).expect("neighbours");
    assert_eq!(command.text(&herd()), "cut Ball-Welsh");
}

#[test]
fn the_speaker_is_the_client_a_line_names() {
    for (line, who) in [
        ("IAMAT kiwi +34-118 1", "kiwi"),
        ("\t WHATSAT  plum 10 5", "plum"),
        ("IAMAT", "nc"),
        ("hello kiwi", "nc"),
        ("", "nc"),
    ] {
        assert_eq!(speaker(line.as_bytes()), who);
    }
    assert_eq!(speaker(b"IAMAT \xff 1"), "nc");
    assert_eq!(speaker("IAMAT a\u{a0}b 1".as_bytes()), "nc");
}

#[test]
fn errors_say_where_and_what() {
    for (text, column, expected) in [
        ("", 1, "a command"),
        ("  jump Ball", 3, "a command"),
        ("kill", 5, "a server: Alford, Ball"),
        ("kill Ball Welsh", 11, "the end"),
        ("kill Nobody", 6, "a server: Alford, Ball"),
        ("kill 5", 6, "a server"),
        ("cut Ball-Hamilton", 5, "two neighbours"),
        ("cut Ball-Welsh late soon", 21, "a duration"),
        ("clock Ball 1.5", 12, "+1.5"),
        ("latency Ball-Welsh -5ms", 20, "a latency"),
        ("places closed", 8, "ok, down"),
        ("say Ball as", 12, "a terminal"),
        ("hangup Ball", 12, "as and a terminal"),
        ("say Ball \\q", 10, "stands before"),
        ("drift Ball 200", 12, "such as +200"),
        ("wobble Ball 1s 0s", 16, "above 0s"),
        ("datagram Ball-Welsh loss=200%", 21, "loss=5%"),
        ("datagram", 9, "two neighbours"),
        ("clients pace=2s", 9, "skew=5s"),
        ("partition half", 11, "coin, isolate"),
        ("partition set Ball,Nobody", 15, "Alford,Ball"),
        ("places garbage often", 16, "a share"),
        ("restart Ball older", 19, "a duration"),
        ("bandwidth Ball-Welsh -1", 22, "bytes a second"),
        ("link Ball", 6, "two servers such as Alford-Ball"),
        ("link Ball-Nobody", 6, "two servers such as Alford-Ball"),
        ("link Alford-Ball soon", 18, "a latency"),
        ("unlink Ball-Hamilton", 8, "two neighbours"),
    ] {
        let error = Command::parse(text, &herd()).expect_err(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.expected.contains(expected), "{text}: {error}");
    }
}

#[test]
fn what_the_topology_lacks_cannot_be_done() {
    let far = Path { from: ServerId(0), to: ServerId(1), one_way: false };
    for command in [
        Command::Kill(ServerId(5)),
        Command::Heal(Some(far)),
        Command::Cut { path: Path { to: ServerId(9), ..far }, late: 0 },
        Command::Say { server: ServerId(0), terminal: "a b".into(), line: [].into() },
        Command::Hold(far),
        Command::Unlink(far),
        Command::Unlink(Path { from: ServerId(1), to: ServerId(4), one_way: true }),
        Command::Link { ends: Path { to: ServerId(9), ..far }, latency: None },
        Command::Link { ends: Path { to: ServerId(0), ..far }, latency: None },
        Command::Link { ends: Path { one_way: true, ..far }, latency: None },
        Command::Slow { server: ServerId(5), takes: 1 },
        Command::Partition { sides: Sides::Set([].into()), one_way: false },
        Command::Partition { sides: Sides::Bridge(ServerId(5)), one_way: false },
    ] {
        assert!(command.check(&herd()).is_err(), "{command:?}");
    }
}
