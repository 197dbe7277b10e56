//! Text to command to text, and script to text to script, for anything that can be said.

use herd_sim_wasm::{Bug, Command, Latency, Options, Path, PlacesMode, Script, ServerId, Topology};
use proptest::prelude::*;

fn herd() -> Topology {
    Topology::named("ring:6", 1).expect("a ring")
}

fn command() -> impl Strategy<Value = Command> {
    let server = || (0..6_u32).prop_map(ServerId);
    let terminal = || "[^\\s\\p{C}]{1,12}".prop_map(Box::from);
    let bytes = || prop::collection::vec(any::<u8>(), 0..40).prop_map(Box::from);
    let path = || {
        (0..6_u32, any::<bool>(), any::<bool>()).prop_map(|(at, turned, one_way)| {
            let (a, b) = (ServerId(at), ServerId((at + 1) % 6));
            let (from, to) = if turned { (b, a) } else { (a, b) };
            Path { from, to, one_way }
        })
    };
    prop_oneof![
        (server(), any::<i32>())
            .prop_map(|(server, offset)| Command::Clock { server, offset: offset.into() }),
        (path(), 0..1_000_000_000_000_u64).prop_map(|(path, late)| Command::Cut { path, late }),
        prop::option::of(path()).prop_map(Command::Heal),
        (server(), terminal()).prop_map(|(server, terminal)| Command::Hangup { server, terminal }),
        server().prop_map(Command::Kill),
        (path(), latency()).prop_map(|(path, latency)| Command::Latency { path, latency }),
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
    ]
}

fn latency() -> impl Strategy<Value = Latency> {
    let ns = || 0..1_000_000_000_000_u64;
    prop_oneof![
        ns().prop_map(Latency::Constant),
        (ns(), ns()).prop_map(|(a, b)| Latency::Uniform { low: a.min(b), high: a.max(b) }),
        (ns(), ns()).prop_map(|(floor, mean)| Latency::Exponential { floor, mean }),
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
