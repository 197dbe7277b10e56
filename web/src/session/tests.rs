//! One run, taken back and changed.

use herd_core::Preset;
use herd_sim_wasm::{Condition, ServerId};

use super::*;
use crate::geometry::Thing;

const SECOND: u64 = 1000 * MILLISECOND;
const HOLIDAY: ServerId = ServerId(3);

fn five() -> Session {
    Session::open(PRESETS[0].script).expect("a preset is a script")
}

#[test]
fn the_first_preset_reaches_everyone() {
    let mut session = five();
    assert_eq!(session.preset(), Some("Five servers"));
    session.seek(1500 * MILLISECOND);
    assert_eq!(session.reach(), (5, 5));
    assert_eq!(session.flood_cost(), (6, Some(6)));
    assert_eq!(session.server(HOLIDAY.0).store[0].origin, "Alford");
    let talk = session.talk("kiwi");
    assert!(talk[0].line.starts_with("AT Alford +0.060000000 kiwi"), "{talk:?}");
    assert!(talk[1].line.starts_with("IAMAT kiwi"), "{talk:?}");
}

#[test]
fn an_answer_has_its_json() {
    let mut session = five();
    session.seek(2 * SECOND);
    let talk = session.talk("kiwi");
    assert!(talk[0].line.starts_with("AT Alford "), "{talk:?}");
    let json = talk[0].json.as_deref().expect("WHATSAT has JSON");
    assert!(json.starts_with('{') && json.ends_with('}'), "{json}");
}

#[test]
fn what_was_not_seen_yet_stays() {
    let mut session = five();
    session.seek(1200 * MILLISECOND);
    session.act(Command::Kill(HOLIDAY)).expect("Holiday can be killed");
    assert_eq!(session.script().entries().len(), 4);
    assert_eq!((session.branches(), session.preset()), (0, None));
    assert_eq!(session.server_state(HOLIDAY.0), ServerState::Down);
}

#[test]
fn acting_in_the_past_cuts_the_future_off_and_can_be_undone() {
    let mut session = five();
    session.seek(4 * SECOND);
    let digest = session.frame().digest;
    session.seek(1200 * MILLISECOND);
    session.act(Command::Kill(HOLIDAY)).expect("Holiday can be killed");
    assert_eq!((session.script().entries().len(), session.branches()), (2, 1));
    assert_eq!(session.seen(), session.now());
    session.undo();
    assert_eq!((session.preset(), session.seen()), (Some("Five servers"), 4 * SECOND));
    session.seek(4 * SECOND);
    assert_eq!(session.frame().digest, digest);
    session.redo();
    assert_eq!(session.script().entries().len(), 2);
    assert!(session.can_undo() && !session.can_redo());
}

#[test]
fn a_row_switched_off_changes_its_consequences() {
    let mut session = five();
    session.seek(4 * SECOND);
    let first = session.rows()[0].id;
    session.switch(first, false).expect("the row is there");
    assert_eq!(session.now(), 4 * SECOND);
    let talk = session.talk("kiwi");
    assert!(talk.iter().any(|talk| talk.refused), "nobody knew kiwi: {talk:?}");
    session.remove(first).expect("the row is there");
    assert!(session.remove(first).is_err());
}

#[test]
fn steps_go_from_event_to_event() {
    let mut session = five();
    session.seek(SECOND);
    session.step();
    assert_eq!(session.now(), 1060 * MILLISECOND);
    session.step();
    assert_eq!(session.now(), 1080 * MILLISECOND);
    session.step_back();
    assert_eq!(session.now(), 1060 * MILLISECOND);
    session.notable(true);
    assert_eq!(session.now(), 1700 * MILLISECOND);
}

#[test]
fn it_becomes_quiet() {
    let mut session = five();
    assert!(session.advance(SECOND));
    assert!(!session.advance(4 * SECOND));
}

#[test]
fn options_change_and_nonsense_does_not() {
    let mut session = five();
    session.set_seed("7").expect("a seed");
    session.set_protocol(Preset::Classic).expect("a protocol");
    assert!(session.script().to_string().starts_with("herd 1 seed=7 topology=places-2016 preset="));
    let before = session.script().to_string();
    assert!(session.set_seed("seven").is_err_and(|why| why.contains("seven")));
    assert!(session.act(Command::Kill(ServerId(99))).is_err());
    assert_eq!(session.script().to_string(), before);
}

#[test]
fn both_courses_are_kept_and_compared() {
    let mut session = five();
    session.seek(4 * SECOND);
    let digest = session.frame().digest;
    session.seek(1200 * MILLISECOND);
    session.act(Command::Kill(HOLIDAY)).expect("Holiday can be killed");
    session.seek(3 * SECOND);
    assert_eq!((session.branch_list().len(), session.current_branch()), (2, 1));
    assert_eq!(
        (session.branch_name(0), session.branch_name(1)),
        ("First run".into(), "kill Holiday".into())
    );
    let compared = session.compare([0, 1]).expect("two branches");
    let first = compared.divergence.expect("they differ");
    assert_eq!((first.at, first.what[1].as_deref()), (1200 * MILLISECOND, Some("kill Holiday")));
    assert_eq!(compared.counts[0].1, ["5 of 5", "4 of 5"].map(str::to_owned));
    session.switch_branch(0);
    assert_eq!((session.preset(), session.seen()), (Some("Five servers"), 4 * SECOND));
    session.seek(4 * SECOND);
    assert_eq!(session.frame().digest, digest);
    session.switch_branch(1);
    assert_eq!((session.now(), session.seen()), (3 * SECOND, 3 * SECOND));
}

#[test]
fn a_key_means_one_thing_of_each() {
    let mut session = five();
    session.seek(1110 * MILLISECOND);
    let message =
        session.frame().messages.iter().find(|m| !m.kind.is_control()).expect("one flies");
    for thing in [Thing::Server(0), Thing::Link(0), Thing::Message(message.id)] {
        let actions = session.actions(thing);
        let keys: BTreeSet<&str> =
            actions.iter().map(|a| a.key).filter(|key| !key.is_empty()).collect();
        let keyed = actions.iter().filter(|action| !action.key.is_empty()).count();
        assert!(keyed >= 3 && keys.len() == keyed, "{thing:?}: {actions:?}");
    }
    let drop = session.action_of_key(Thing::Message(message.id), "D").expect("it can be dropped");
    let What::Do(command) = drop.what else { panic!("a command: {drop:?}") };
    assert!(command.text(session.script().topology()).starts_with("drop Alford>"));
}

#[test]
fn a_row_is_changed_in_place() {
    let mut session = five();
    session.seek(4 * SECOND);
    let first = session.rows()[0].id;
    session.edit(first, "1.25 s", "kill Ball").expect("a row");
    assert_eq!(
        (session.rows()[0].text.as_str(), session.rows()[0].at),
        ("kill Ball", 1250 * MILLISECOND)
    );
    let id = session.rows()[0].id;
    assert!(session.edit(id, "soon", "kill Ball").is_err_and(|why| why.contains("soon")));
    assert!(session.edit(id, "1", "kill Nobody").is_err_and(|why| why.contains("a server")));
    assert_eq!(session.rows()[0].text, "kill Ball", "what is wrong changes nothing");
    session.undo();
    assert_eq!(session.preset(), Some("Five servers"));
}

#[test]
fn it_goes_on_until_something_happens_or_stays() {
    let mut session = five();
    session.seek(SECOND);
    assert!(session.until(&Condition::EveryoneKnows(b"kiwi".as_slice().into()), false));
    assert_eq!((session.reach(), session.now()), ((5, 5), 1260 * MILLISECOND));
    assert!(!session.until(&Condition::Broken, false));
    assert_eq!(session.now(), 1260 * MILLISECOND);
    assert!(session.until(&Condition::Command, true));
    assert_eq!(session.now(), SECOND);
}

#[test]
fn an_update_costs_what_its_form_says_and_came_the_shortest_way() {
    let mut session = five();
    session.seek(1600 * MILLISECOND);
    let flood = session.floods().pop().expect("one update");
    assert_eq!((flood.messages, flood.reach.len()), (session.closed_forms().1, 5));
    let shortest = session.shortest(flood.server);
    for (server, took) in flood.reach {
        assert_eq!(shortest[server as usize], Some(took));
    }
    let way = session.way("kiwi", HOLIDAY.0);
    let way: Vec<(u32, &[u32])> = way.iter().map(|step| (step.server, &*step.also)).collect();
    // Ball told Holiday too, and too late.
    assert_eq!(way, [(0, &[][..]), (2, &[]), (3, &[1])]);
}

#[test]
fn figures_follow_the_links_of_the_moment() {
    let mut session = five();
    session.seek(3 * SECOND);
    let (alford, ball) = (0, 1);
    assert_eq!(session.closed_forms(), (4, 6));
    assert_eq!(session.shortest(alford)[1], Some(200 * MILLISECOND));
    session.act(session.link_between(alford, ball).expect("they are none yet")).expect("a link");
    session.advance(SECOND);
    assert_eq!(session.closed_forms(), (4, 8));
    assert_eq!(session.shortest(alford)[1], Some(100 * MILLISECOND));
    assert_eq!(session.flood_cost().1, None, "links came since the last update");
    let why = session.link_between(ball, alford).expect_err("they are neighbours");
    assert_eq!(why, "Ball and Alford are neighbours already.");
    let link = session.thing_named("Alford-Ball").expect("it has a name");
    let away = session.action_of_key(link, "Delete").expect("it can be taken away");
    let What::Do(command) = away.what else { panic!("a command: {away:?}") };
    session.act(command).expect("it is there");
    assert!(session.is_away(link));
    assert_eq!(session.closed_forms(), (4, 6));
    assert!(session.link_between(alford, ball).is_ok(), "it may come back");
    // A row that is changed keeps what is done to its link.
    let mut session =
        Session::open("herd 1 topology=line:3\n@1 link s0-s2\n@2 cut s0-s2\n").expect("a script");
    let first = session.rows()[0].id;
    session.edit(first, "1", "link s0-s2 40ms").expect("a row");
    let rows: Vec<String> = session.rows().into_iter().map(|row| row.text).collect();
    assert_eq!(rows, ["link s0-s2 40ms", "cut s0-s2"]);
}
