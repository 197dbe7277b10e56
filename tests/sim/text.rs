//! Text to command to text, and script to text to script, for anything that can be said.

use herd_sim_wasm::{
    Bug, Command, Deed, DiskLoss, Habits, Latency, Lossy, Options, Path, PlacesMode, Script,
    ServerId, Share, Sides, Topology, Trees,
};
use proptest::prelude::*;

fn herd() -> Topology {
    Topology::named("ring:6", 1).expect("a ring")
}

fn command() -> impl Strategy<Value = Command> {
    let terminal = || "[^\\s\\p{C}]{1,12}".prop_map(Box::from);
    let bytes = || prop::collection::vec(any::<u8>(), 0..40).prop_map(Box::from);
    let said = prop_oneof![
        (server(), any::<i32>())
            .prop_map(|(server, offset)| Command::Clock { server, offset: offset.into() }),
        (path(), 0..1_000_000_000_000_u64).prop_map(|(path, late)| Command::Cut { path, late }),
        prop::option::of(path()).prop_map(Command::Heal),
        (server(), terminal()).prop_map(|(server, terminal)| Command::Hangup { server, terminal }),
        server().prop_map(Command::Kill),
        server().prop_map(Command::Leave),
        ("[a-z_]{3,9}", prop::collection::btree_set(server(), 1..4)).prop_map(|(name, set)| {
            Command::Join { name: name.into(), neighbours: set.into_iter().collect() }
        }),
        (path(), latency()).prop_map(|(path, latency)| Command::Latency { path, latency }),
        (server(), server(), prop::option::of(latency()))
            .prop_filter("two servers", |(from, to, _)| from != to)
            .prop_map(|(from, to, latency)| Command::Link {
                ends: Path { from, to, one_way: false },
                latency
            }),
        path().prop_map(|path| Command::Unlink(Path { one_way: false, ..path })),
        server().prop_map(Command::Pause),
        prop::sample::select(PlacesMode::ALL.as_slice()).prop_map(Command::Places),
        (server(), any::<bool>()).prop_map(|(server, store)| Command::Restart { server, store }),
        server().prop_map(Command::Resume),
        (server(), terminal(), bytes()).prop_map(|(server, terminal, line)| Command::Say {
            server,
            terminal,
            line
        }),
        (server(), terminal(), bytes()).prop_map(|(server, terminal, bytes)| Command::Send {
            server,
            terminal,
            bytes
        }),
    ];
    prop_oneof![said, fault()]
}

fn share() -> impl Strategy<Value = Share> {
    (0..=10_000_u16).prop_map(Share::new)
}

fn server() -> impl Strategy<Value = ServerId> {
    (0..6_u32).prop_map(ServerId)
}

fn path() -> impl Strategy<Value = Path> {
    (0..6_u32, any::<bool>(), any::<bool>()).prop_map(|(at, turned, one_way)| {
        let (a, b) = (ServerId(at), ServerId((at + 1) % 6));
        let (from, to) = if turned { (b, a) } else { (a, b) };
        Path { from, to, one_way }
    })
}

fn fault() -> impl Strategy<Value = Command> {
    let ns = || 0..1_000_000_000_000_u64;
    let lossy =
        (share(), share(), share(), ns()).prop_map(|(loss, duplicate, corrupt, reorder)| Lossy {
            loss,
            duplicate,
            corrupt,
            reorder,
        });
    let habits = (ns(), share(), share(), share())
        .prop_map(|(skew, repeat, burst, future)| Habits { skew, repeat, burst, future });
    let loss =
        prop_oneof![Just(DiskLoss::Unsynced), Just(DiskLoss::Torn), ns().prop_map(DiskLoss::Older)];
    let mode = prop::sample::select(PlacesMode::ALL.as_slice());
    let links = prop_oneof![
        (path(), any::<u64>()).prop_map(|(path, rate)| Command::Bandwidth { path, rate }),
        (path(), any::<u64>()).prop_map(|(path, bytes)| Command::Capacity { path, bytes }),
        (path(), ns()).prop_map(|(path, lasts)| Command::Clog { path, lasts }),
        (prop::option::of(path()), lossy)
            .prop_map(|(path, lossy)| Command::Datagram { path, lossy }),
        path().prop_map(Command::Hold),
        (path(), 1..u32::MAX, deed()).prop_map(|(path, nth, deed)| Command::Meddle {
            path: Path { one_way: true, ..path },
            nth,
            deed
        }),
        (path(), ns()).prop_map(|(path, extra)| Command::Lag { path, extra }),
        (sides(), any::<bool>()).prop_map(|(sides, one_way)| Command::Partition { sides, one_way }),
        prop::option::of(path()).prop_map(Command::Release),
        prop::option::of(path()).prop_map(Command::Stream),
        (any::<u32>(), ns()).prop_map(|(links, spacing)| Command::Swizzle { links, spacing }),
    ];
    prop_oneof![
        links,
        habits.prop_map(Command::Clients),
        (server(), ns()).prop_map(|(server, sync)| Command::Disk { server, sync }),
        (server(), -1_000_000..=1_000_000_i64)
            .prop_map(|(server, ppm)| Command::Drift { server, ppm }),
        (mode, share()).prop_map(|(mode, share)| Command::PlacesSome(mode, share)),
        latency().prop_map(Command::PlacesSlow),
        (server(), loss).prop_map(|(server, loss)| Command::RestartLossy { server, loss }),
        (server(), "[^ \t\r\n\x0b\x0c]{1,12}", any::<bool>()).prop_map(
            |(server, client, damaged)| {
                Command::Lose { server, client: client.into_bytes().into(), damaged }
            }
        ),
        (server(), ns()).prop_map(|(server, takes)| Command::Slow { server, takes }),
        (server(), ns(), 1..1_000_000_000_000_u64)
            .prop_map(|(server, swing, period)| Command::Wobble { server, swing, period }),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let delay = (0..1_000_000_000_000_u64).prop_map(Deed::Delay);
    prop_oneof![Just(Deed::Copy), delay, Just(Deed::Drop), Just(Deed::Keep)]
}

fn sides() -> impl Strategy<Value = Sides> {
    prop_oneof![
        any::<u32>().prop_map(Sides::Size),
        Just(Sides::Coin),
        server().prop_map(Sides::Isolate),
        server().prop_map(Sides::Bridge),
        Just(Sides::Ring),
        prop::collection::vec(server(), 1..4).prop_map(|set| Sides::Set(set.into())),
    ]
}

fn latency() -> impl Strategy<Value = Latency> {
    let ns = || 0..1_000_000_000_000_u64;
    prop_oneof![
        ns().prop_map(Latency::Constant),
        (ns(), ns()).prop_map(|(a, b)| Latency::Uniform { low: a.min(b), high: a.max(b) }),
        (ns(), ns()).prop_map(|(floor, mean)| Latency::Exponential { floor, mean }),
        (ns(), ns(), share()).prop_map(|(usual, rare, share)| Latency::Bimodal {
            usual,
            rare,
            share
        }),
    ]
}

fn options() -> impl Strategy<Value = Options> {
    (any::<u64>(), latency(), 0..1_000_000_u64, 0..9_u32, any::<bool>(), 0..Bug::ALL.len())
        .prop_map(|(seed, latency, ns, clients, classic, bug)| Options {
            seed,
            topology: "ring:6".into(),
            latency,
            jitter: ns,
            client_latency: latency,
            skew: ns * 7,
            clients,
            window: ns,
            trees: Trees::ALL[(seed % 2) as usize],
            classic: if classic { vec!["s1".into(), "s4".into()] } else { Vec::new() },
            bug: Bug::ALL[bug],
            ..Options::default()
        })
}

proptest! {
    #[test]
    fn a_command_survives_its_text(command in command()) {
        let text = command.text(&herd());
        prop_assert!(!text.contains('\n'));
        prop_assert_eq!(Command::parse(&text, &herd()), Ok(command));
    }

    #[test]
    fn a_script_survives_its_text(
        options in options(),
        said in prop::collection::vec((0..1_000_000_000_000_u64, any::<bool>(), command()), 0..12),
    ) {
        let mut script = Script::new(options).expect("they make sense");
        for (at, on, command) in said {
            let id = script.add(at, command).expect("it can be done");
            script.switch(id, on);
        }
        let text = script.to_string();
        let read: Script = text.parse().map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        prop_assert_eq!(read.to_string(), text);
        prop_assert_eq!(read, script);
    }

    #[test]
    fn nonsense_is_an_error_and_never_a_panic(text in "(herd 1( seed=1)?\n)?(@[0-9.]{1,4} )?\\PC{0,60}") {
        let _ = text.parse::<Script>();
        let _ = Command::parse(&text, &herd());
    }
}
