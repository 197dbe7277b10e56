//! The door to JavaScript: what comes through it is what the simulator says.

use herd_sim_wasm::cause::Provenance;
use herd_sim_wasm::text::{parse_seconds, show_seconds};
use herd_sim_wasm::{History, Link, LogLine, Script, ServerId, World, scenarios};
use herd_tests::browser::{Media, Page};
use herd_tests::browser_server::serve;
use serde_json::{Value, json};

const SCRIPT: &str = "herd 1 seed=7 topology=places-2016\n\
    @1 say Alford IAMAT kiwi +34.068930-118.445127 1700000001.000000000\n\
    @2 kill Holiday\n\
    @3 say Ball IAMAT kiwi +34.1-118.5 1700000003.000000000\n\
    @4 restart Holiday\n\
    @5 say Holiday WHATSAT kiwi 10 5\n";

struct Door(Page);

impl Door {
    fn open() -> Self {
        Self(Page::open(&format!("{}embed/", serve()), Media::DESKTOP))
    }

    /// What some JavaScript returns that has the module as `H` and a run of [`SCRIPT`] as `run`.
    #[track_caller]
    fn returns(&mut self, body: &str) -> Value {
        let script = serde_json::to_string(SCRIPT).expect("text is JSON");
        self.0.eval(&format!(
            "(async () => {{
                const H = await import('/embed/herd_sim.js');
                await H.default();
                const run = new H.Run({script});
                const texts = (rows) => rows.map((row) => row.text);
                const said = [];
                const say = () => said.push([run.script, run.now, run.digest]);
                const refused = (call) => {{
                    try {{ call(); }} catch ({{ name, message, line, column, expected }}) {{
                        return [name, message, line, column, expected];
                    }}
                }};
                {body}
            }})()"
        ))
    }
}

fn run(at: &str) -> History {
    let mut run = History::new(SCRIPT.parse().expect("a script"));
    run.seek(parse_seconds(at).expect("an instant"));
    run
}

/// Every digest that was said is the one of its script at its instant; the instants.
#[track_caller]
fn is_so(said: &Value) -> Vec<String> {
    let each = said.as_array().expect("a list").iter().map(|said| {
        let script: Script = said[0].as_str().expect("a script").parse().expect("a script");
        let now = parse_seconds(&said[1].to_string()).expect("an instant");
        let mut world = World::new(script);
        world.run_until(now);
        assert_eq!(said[2], format!("{:016x}", world.digest()), "{said}");
        show_seconds(now)
    });
    each.collect()
}

fn texts<'a>(lines: impl IntoIterator<Item = &'a LogLine>) -> Vec<&'a str> {
    lines.into_iter().map(|line| &*line.text).collect()
}

#[test]
fn a_run_goes_on_and_back() {
    let mut door = Door::open();
    let answer = door.returns(
        "run.seek(3.25); say();
        run.seek(1.5); say();
        const met = [run.runUntil('fault', 10), run.now];
        met.push(run.runUntil('broken', 6.5)); say();
        met.push(run.runBackUntil('command'), run.now, run.stepBack(), run.step(), run.now);
        met.push(run.runUntil({ everyoneKnows: 'kiwi' }, 20), run.horizon, run.end);
        return [said, met];",
    );
    assert_eq!(is_so(&answer[0]), ["3.25", "1.5", "6.5"]);
    assert_eq!(answer[1], json!([true, 2.1, false, true, 5, true, true, 5, false, 20, 15]));
    door.0.assert_quiet();
}

#[test]
fn every_change_is_a_row_and_can_be_undone() {
    let mut door = Door::open();
    let answer = door.returns(
        "run.seek(6); say();
        run.insert(2.5, 'cut Ball-Welsh'); say();
        const [, kill] = run.rows();
        run.toggle(kill.id, false); say();
        run.remove(run.rows()[0].id); say();
        const fork = run.fork();
        let undone = 0;
        while (run.undo()) { undone++; say(); }
        while (run.redo()) say();
        const same = [undone, run.digest === fork.digest, fork.script === run.script];
        run.rewrite(run.script.replace('seed=7', 'seed=8')); say();
        run.seek(2.25); run.act('kill Ball'); run.seek(4); say();
        run.seek(2); const branch = run.rows().map((row) => row.command);
        run.undo(); fork.act('kill Alford');
        return [said, same, branch, run.rows().length, fork.rows().at(-1)];",
    );
    let instants = is_so(&answer[0]);
    assert!(instants.iter().take(11).all(|at| at == "6") && instants.len() == 12, "{instants:?}");
    assert_eq!(answer[0][6], answer[0][0], "undone to the beginning");
    assert_eq!(answer[0][9], answer[0][3], "and done again");
    assert_eq!(answer[1], json!([3, true, true]));
    // Acting in the past leaves behind what was to come; undoing brings it back.
    assert_eq!(answer[2], json!(["kill Holiday", "kill Ball"]));
    assert_eq!(answer[3], 5);
    assert_eq!(answer[4]["command"], "kill Alford");
    assert_eq!(answer[4]["at"], 6);
    door.0.assert_quiet();
}

#[test]
fn it_says_what_happened_and_why() {
    let mut door = Door::open();
    let answer = door.returns(
        "run.seek(8);
        const last = run.log(0).findLast((row) => row.kind === 'learned').number;
        return {
            lines: run.log(0).map((row) => row.line), some: texts(run.log(30)), last,
            row: run.log(last)[0], answers: run.answers(0),
            causes: texts(run.causes(last)), effects: texts(run.effects(8)),
            command: run.commandOf(last), beginning: run.commandOf(0) ?? 'none',
            path: texts(run.path('kiwi', 'Alford')), none: run.path('emu', 'Alford'),
            checks: run.checks(), seen: run.sightings().filter((row) => row.count > 0),
        };",
    );
    let run = run("8");
    let topology = run.script().topology();
    let lines: Vec<String> = run.log().iter().map(|line| line.show(topology)).collect();
    assert_eq!(answer["lines"], json!(lines));
    assert_eq!(answer["some"], json!(texts(&run.log()[30..])));
    let last = answer["last"].as_u64().expect("a number");
    let row = &run.log()[usize::try_from(last).expect("a place")];
    let server = topology.name(ServerId(row.server.expect("a server")));
    assert_eq!(answer["row"]["text"], *row.text);
    assert_eq!(answer["row"]["server"], server);
    let causes = Provenance::of(run.script(), run.horizon());
    assert_eq!(answer["causes"], json!(texts(causes.causes(last).expect("a line"))));
    assert_eq!(answer["effects"], json!(texts(causes.effects(8).expect("a line"))));
    let command = causes.command_of(last).map(|id| id.0);
    assert_eq!(answer["command"]["id"].as_u64(), command.map(u64::from));
    assert_eq!(answer["beginning"], "none");
    let alford = topology.server("Alford").expect("a server");
    let path = texts(causes.path("kiwi", alford));
    assert!(path.len() > 1, "{path:?}");
    assert_eq!(answer["path"], json!(path));
    assert_eq!(answer["none"], json!([]));
    let heard = run.answers()[2].text.as_deref().expect("an answer");
    assert_eq!(answer["answers"][2]["text"], *String::from_utf8_lossy(heard));
    let lamps = run.world().lamps();
    assert_eq!(answer["checks"].as_array().map(Vec::len), Some(lamps.len()));
    assert!(lamps.iter().zip(0..).all(|(lamp, at)| answer["checks"][at]["tried"] == lamp.tried));
    let seen = run.world().sightings().iter().filter(|count| **count > 0).count();
    assert_eq!(answer["seen"].as_array().map(Vec::len), Some(seen));
    door.0.assert_quiet();
}

#[test]
fn it_shows_what_servers_hold_and_what_is_on_its_way() {
    let mut door = Door::open();
    let answer = door.returns(
        "run.seek(3.15);
        const frame = new H.Frame();
        frame.take(run, 'kiwi');
        const later = run.fork();
        later.seek(3.25);
        const list = (array) => [...array];
        const away = async () => {
            const run = new H.Run('herd 1\\n@1 join new with Ball,Welsh\\n@3 leave Ball');
            const seen = [];
            for (const at of [0, 2, 4]) {
                run.seek(at);
                frame.take(run);
                seen.push(list(frame.serverAway));
            }
            return [run.servers.at(-1), seen];
        };
        return {
            servers: run.servers, store: run.store('Alford'), down: run.store('Holiday'),
            neighbours: run.neighbours('Ball'), deadline: later.deadline('Ball'),
            time: frame.time, states: list(frame.serverStates), knows: list(frame.serverKnows),
            stores: list(frame.serverStores), places: list(frame.serverPlaces),
            links: list(frame.linkStates), linkEnds: list(frame.linkEnds),
            kinds: list(frame.messageKinds), ends: list(frame.messageEnds),
            fractions: list(frame.messageFractions), subjects: list(frame.messageSubjects),
            names: frame.clientNames, about: frame.subjects, at: list(frame.clientServers),
            where: list(frame.clientPlaces), lost: frame.lostFractions.length,
            down_is: H.ServerState.Down, update_is: H.MessageKind.Update, away: await away(),
        };",
    );
    let deadline = run("3.25").world().deadline_of(ServerId(1)).expect("Ball dials Holiday again");
    let run = run("3.15");
    let frame = run.frame(&[b"kiwi"]);
    assert_eq!(answer["servers"], json!(frame.stage.names));
    assert_eq!(
        answer["store"][0]["line"],
        *String::from_utf8_lossy(&run.world().store_of(ServerId(0))[0].line)
    );
    assert_eq!(answer["down"], json!([]));
    let rows = run.world().links_of(ServerId(1));
    assert_eq!(answer["neighbours"].as_array().map(Vec::len), Some(rows.len()));
    assert_eq!(answer["neighbours"][0]["state"], rows[0].state);
    assert_eq!(answer["deadline"]["why"], deadline.why);
    assert_eq!(answer["time"], 3.15);
    assert_eq!(answer["down_is"], herd_sim_wasm::view::ServerState::Down as u8);
    assert_eq!(answer["update_is"], herd_sim_wasm::view::MessageKind::Update as u8);
    let [before, joined, left] = [[0, 0, 0, 0, 0, 1], [0; 6], [0, 1, 0, 0, 0, 0]];
    assert_eq!(answer["away"], json!(["new", [before, joined, left]]));
    let states: Vec<u8> = frame.servers.iter().map(|server| server.state as u8).collect();
    assert_eq!(answer["states"], json!(states));
    let stores: Vec<u32> = frame.servers.iter().map(|server| server.store).collect();
    assert_eq!(answer["stores"], json!(stores));
    let links: Vec<u8> = frame.links.iter().map(|link| link.state as u8).collect();
    assert_eq!(answer["links"], json!(links));
    let ends: Vec<u32> = frame.links.iter().flat_map(|link| [link.a, link.b]).collect();
    assert_eq!(answer["linkEnds"], json!(ends));
    let kinds: Vec<u8> = frame.messages.iter().map(|of| of.kind as u8).collect();
    assert!(kinds.len() > 1, "something is on its way");
    assert_eq!(answer["kinds"], json!(kinds));
    let ends: Vec<u32> = frame.messages.iter().flat_map(|of| [of.from, of.to]).collect();
    assert_eq!(answer["ends"], json!(ends));
    let subjects: Vec<u32> = frame.messages.iter().map(|of| of.subject).collect();
    assert_eq!(answer["subjects"], json!(subjects));
    for (at, message) in frame.messages.iter().enumerate() {
        assert_eq!(answer["fractions"][at].as_f64(), Some(f64::from(message.fraction)));
    }
    let x = answer["places"][0].as_f64();
    assert_eq!(x, Some(f64::from(frame.stage.positions[0].0)));
    assert_eq!((&answer["names"], &answer["about"]), (&json!(["kiwi"]), &json!(["kiwi"])));
    assert_eq!(answer["where"], json!([34.1, -118.5]));
    let knows: Vec<u64> =
        answer["knows"].as_array().expect("a list").iter().filter_map(Value::as_u64).collect();
    let newest = frame.knowledge.iter().filter(|of| of.newest).count();
    assert_eq!(knows.iter().filter(|knows| **knows == 2).count(), newest);
    assert!(knows.contains(&1), "somebody knows the older place: {knows:?}");
    door.0.assert_quiet();
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let mut door = Door::open();
    let answer = door.returns(
        "run.seek(3); say();
        const all = [
            () => new H.Run('herd 1\\n@1 kill Nobody'),
            () => new H.Run('herd1.AAAA'),
            () => new H.Run('herd9.AAAA'),
            () => run.act('kil Ball'),
            () => run.act('cut Alford-Ball'),
            () => run.insert(-1, 'kill Ball'),
            () => run.insert(1e9, 'kill Ball'),
            () => run.toggle(99, true),
            () => run.remove(99),
            () => run.rewrite('herd 1 seed=x'),
            () => run.seek(NaN),
            () => run.runUntil('whenever', 9),
            () => run.store('Nobody'),
            () => run.causes(9999),
            () => run.commandOf(9999),
            () => H.draw(0.5),
            () => H.judge('heard'),
            () => new H.Swarm({ seeds: -1 }),
        ].map(refused);
        say();
        return [said, all];",
    );
    is_so(&answer[0]);
    assert_eq!(answer[0][0], answer[0][1]);
    let expected = [
        "a server",
        "a whole link",
        "a newer program",
        "a command",
        "a link",
        "an instant",
        "an instant",
        "no row 99",
        "no row 99",
        "a seed",
        "an instant",
        "a condition",
        "no server is called Nobody",
        "no line 9999",
        "no line 9999",
        "a whole number",
        "herd",
        "a whole number",
    ];
    assert_eq!(answer[1].as_array().map(Vec::len), Some(expected.len()));
    for (at, expected) in expected.into_iter().enumerate() {
        let [name, message] = [0, 1].map(|of| answer[1][at][of].as_str().unwrap_or_default());
        assert_eq!(name, "HerdError", "{at}: {}", answer[1][at]);
        assert!(message.contains(expected), "{at}: {message}");
    }
    assert_eq!(answer[1][0].as_array().map(|said| &said[2..4]), Some(&[json!(2), json!(9)][..]));
    assert_eq!(answer[1][3].as_array().map(|said| &said[2..4]), Some(&[json!(1), json!(1)][..]));
    door.0.assert_quiet();
}

#[test]
fn links_go_both_ways_and_the_catalog_is_whole() {
    let mut door = Door::open();
    let answer = door.returns(
        "run.seek(2.5);
        const again = new H.Run('https://example.org/#' + run.link() + '&more');
        const { scenarios, faults } = H.catalog();
        const opened = scenarios.map(({ script }) => new H.Run(script).end);
        return [run.link(), again.now, again.digest === run.digest, again.warning ?? 'none',
            scenarios.map(({ name }) => name), opened.every((end) => end >= 10), faults.length,
            H.draw(7), H.panicked() ?? 'none'];",
    );
    let run = run("2.5");
    let link = Link::new(run.script().clone(), Some(run.now())).to_string();
    assert_eq!(answer[0], link);
    assert_eq!(answer[1], 2.5);
    assert_eq!((&answer[2], &answer[3]), (&json!(true), &json!("none")));
    let names: Vec<&str> = scenarios::SCENARIOS.iter().map(|scenario| scenario.name).collect();
    assert_eq!((&answer[4], &answer[5]), (&json!(names), &json!(true)));
    assert_eq!(answer[6], herd_sim_wasm::nemesis::Kind::ALL.len());
    let drawn = herd_sim_wasm::nemesis::draw(7, &Default::default()).expect("a run");
    assert_eq!((&answer[7], &answer[8]), (&json!(drawn.to_string()), &json!("none")));
    door.0.assert_quiet();
}
