//! Nodes that talk to each other in this process: who says what, and what is answered.

use herd_core::Wall;
use herd_core::time::{MILLISECOND, SECOND};

use super::*;

const SETTINGS: Settings = Settings {
    preset: Preset::Grove,
    planned: true,
    shape: None,
    batch: None,
    digest: 500 * MILLISECOND,
    incarnation: 1,
    hash_seed: 0,
};

fn now(ms: u64) -> Now {
    let ns = ms * MILLISECOND;
    Now { mono: Instant(ns), wall: Wall(ns.cast_signed() + SECOND.cast_signed()) }
}

fn says(adapter: &mut Adapter, ms: u64, line: &Value) -> Vec<Value> {
    let lines = adapter.hear(now(ms), line.to_string().as_bytes());
    lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn request(to: &str, body: &Value) -> Value {
    json!({"id": 9, "src": "c1", "dest": to, "body": body})
}

fn init(name: &str, nodes: &[&str]) -> Value {
    let body = json!({"type": "init", "msg_id": 1, "node_id": name, "node_ids": nodes});
    request(name, &body)
}

/// Nodes in a line, each told its name and the topology.
fn line_of(names: &[&str], settings: Settings) -> Vec<Adapter> {
    let topology: BTreeMap<&str, Vec<&str>> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let before = at.checked_sub(1).map(|before| names[before]);
            (*name, before.into_iter().chain(names.get(at + 1).copied()).collect())
        })
        .collect();
    let told = json!({"type": "topology", "msg_id": 2, "topology": topology});
    let node = |name: &&str| {
        let mut node = Adapter::new(settings);
        let answers = says(&mut node, 0, &init(name, names));
        assert_eq!(
            answers,
            [json!({"src": name, "dest": "c1", "body": {"type": "init_ok", "in_reply_to": 1}})]
        );
        let answers = says(&mut node, 0, &request(name, &told));
        assert_eq!(answers.len(), 1, "no message is spent on greetings: {answers:?}");
        assert_eq!(answers[0]["body"], json!({"type": "topology_ok", "in_reply_to": 2}));
        node
    };
    names.iter().map(node).collect()
}

/// Delivers what nodes tell each other until nothing is left; how many messages that took.
fn deliver(nodes: &mut [Adapter], ms: u64, mut messages: Vec<Value>) -> usize {
    let mut count = 0;
    while let Some(message) = messages.pop() {
        let dest = message["dest"].as_str().expect("a name").to_owned();
        if dest.starts_with('c') {
            continue;
        }
        count += 1;
        let to = nodes
            .iter_mut()
            .find(|node| node.server.as_ref().is_some_and(|server| server.name == dest));
        messages.extend(says(to.expect("a node"), ms, &message));
    }
    count
}

fn read(node: &mut Adapter, ms: u64) -> Value {
    let answers = says(node, ms, &request("n1", &json!({"type": "read", "msg_id": 3})));
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["body"]["type"], "read_ok");
    answers[0]["body"]["messages"].clone()
}

fn broadcast(value: &Value) -> Value {
    request("n1", &json!({"type": "broadcast", "msg_id": 4, "message": value}))
}

#[test]
fn what_is_broadcast_is_read_everywhere() {
    let mut nodes = line_of(&["n1", "n2", "n3"], SETTINGS);
    for (ms, value) in [(1, json!(7)), (2, json!("seven")), (3, json!(8))] {
        let said = says(&mut nodes[0], ms, &broadcast(&value));
        assert_eq!(said[0]["body"], json!({"type": "broadcast_ok", "in_reply_to": 4}));
        assert_eq!(said.len(), 2, "one message to the one neighbour: {said:?}");
        assert_eq!(deliver(&mut nodes, ms, said), 2);
    }
    for node in &mut nodes {
        assert_eq!(read(node, 5), json!([7, "seven", 8]));
    }
}

#[test]
fn what_vanished_is_repaired_after_a_digest() {
    let mut nodes = line_of(&["n1", "n2"], SETTINGS);
    // Nobody hears of this one.
    let said = says(&mut nodes[0], 1, &broadcast(&json!(1)));
    assert_eq!(said.len(), 2);
    for ms in (0..3_000).step_by(50) {
        for at in 0..nodes.len() {
            if nodes[at].deadline().is_some_and(|deadline| deadline <= now(ms).mono) {
                let lines = nodes[at].wake(now(ms));
                let messages = lines.iter().map(|line| serde_json::from_str(line).expect("JSON"));
                deliver(&mut nodes, ms, messages.collect());
            }
        }
    }
    assert_eq!(read(&mut nodes[1], 3_000), json!([1]));
    assert!(nodes.iter_mut().all(|node| node.complaints().is_empty()));
}

#[test]
fn a_shape_stands_in_for_the_topology() {
    let settings = Settings { shape: Some(Shape::Star), ..SETTINGS };
    let mut nodes = line_of(&["n1", "n2", "n3", "n4"], settings);
    let said = says(&mut nodes[3], 1, &broadcast(&json!(1)));
    assert_eq!(said[1]["dest"], "n1");
    assert_eq!(deliver(&mut nodes, 1, said), 3);
    assert_eq!(read(&mut nodes[1], 2), json!([1]));
}

#[test]
fn what_is_gathered_goes_as_one_message() {
    let settings = Settings {
        preset: Preset::GroveBatch,
        shape: Some(Shape::Star),
        batch: Some(200 * MILLISECOND),
        digest: 10 * SECOND,
        ..SETTINGS
    };
    let mut nodes = line_of(&["n1", "n2", "n3"], settings);
    // The first leaves at once, the others together when the window is over.
    let mut messages = Vec::new();
    for number in 1..=5 {
        messages.extend(says(&mut nodes[1], number, &broadcast(&json!(number))));
    }
    let mut count = 0;
    for ms in (10..1_500).step_by(10) {
        count += deliver(&mut nodes, ms, std::mem::take(&mut messages));
        for node in &mut nodes {
            if node.deadline().is_some_and(|at| at <= now(ms).mono) {
                let lines = node.wake(now(ms));
                messages.extend(lines.iter().map(|l| serde_json::from_str(l).expect("JSON")));
            }
        }
    }
    assert_eq!(read(&mut nodes[2], 1_500), json!([1, 2, 3, 4, 5]));
    // Two to the root: the first, and the rest. Three from it, for the first of the rest does not
    // wait for what comes with it.
    assert_eq!(count, 5);
}

#[test]
fn a_topology_may_change() {
    let mut nodes = line_of(&["n1", "n2", "n3"], SETTINGS);
    let topology = json!({"n1": ["n3"], "n2": ["n3"]});
    for node in &mut nodes {
        let told = json!({"type": "topology", "topology": topology});
        let answers = says(node, 1, &request("n1", &told));
        assert_eq!(answers[0]["body"], json!({"type": "topology_ok"}));
    }
    let said = says(&mut nodes[0], 2, &broadcast(&json!(1)));
    let to: Vec<&Value> = said.iter().map(|message| &message["dest"]).collect();
    assert_eq!(to, ["c1", "n3"]);
    deliver(&mut nodes, 2, said);
    assert_eq!(read(&mut nodes[1], 2), json!([1]));
}

#[test]
fn what_cannot_be_done_is_answered_with_a_number_and_a_reason() {
    let mut node = Adapter::new(SETTINGS);
    let code = |node: &mut Adapter, line: &str| {
        let lines = node.hear(now(1), line.as_bytes());
        let answer = lines.first().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        answer.map(|answer| {
            assert_eq!((&answer["dest"], &answer["body"]["type"]), (&json!("c1"), &json!("error")));
            assert!(answer["body"]["text"].as_str().is_some_and(|text| text.len() > 5));
            (answer["body"]["code"].clone(), answer["body"]["in_reply_to"].clone())
        })
    };
    let refused = |code: u64| Some((json!(code), json!(4)));
    let ask = |body: &Value| request("n1", body).to_string();
    let early = ask(&json!({"type": "read", "msg_id": 4}));
    assert_eq!(code(&mut node, &early), refused(11));
    let nameless = ask(&json!({"type": "init", "msg_id": 4, "node_ids": ["n1"]}));
    assert_eq!(code(&mut node, &nameless), refused(12));
    let spaced = ask(&json!({"type": "init", "msg_id": 4, "node_id": "n 1", "node_ids": []}));
    assert_eq!(code(&mut node, &spaced), refused(12));
    says(&mut node, 1, &init("n1", &["n1", "n2"]));
    for (body, expected) in [
        (json!({"type": "init", "msg_id": 4, "node_id": "n2", "node_ids": []}), 22),
        (json!({"type": "cas", "msg_id": 4}), 10),
        (json!({"type": "broadcast", "msg_id": 4}), 12),
        (json!({"type": "broadcast", "msg_id": 4, "message": "x".repeat(5_000)}), 12),
        (json!({"type": "topology", "msg_id": 4, "topology": ["n1"]}), 12),
        (json!({"msg_id": 4}), 12),
    ] {
        assert_eq!(code(&mut node, &ask(&body)), refused(expected), "{body}");
    }
    node.complaints();
    // Nobody to answer: a complaint. What answers us, or says nothing: nothing.
    for (line, complains) in [
        ("{", true),
        ("[1, 2]", true),
        (r#"{"src":"n2","dest":"n1","body":{"type":"herd","f":"?"}}"#, true),
        (r#"{"src":"n2","dest":"n1","body":{"type":"herd","f":"AAAA"}}"#, true),
        (r#"{"src":"n2","dest":"n1","body":{"type":"herd"}}"#, true),
        (r#"{"src":"c1","dest":"n1","body":{"type":"error","code":1,"in_reply_to":7}}"#, false),
        ("  ", false),
    ] {
        assert_eq!(node.hear(now(1), line.as_bytes()), Vec::<String>::new(), "{line}");
        assert_eq!(!node.complaints().is_empty(), complains, "{line}");
    }
}

#[test]
fn damaged_frames_are_lost_and_end_nothing() {
    let mut nodes = line_of(&["n1", "n2"], SETTINGS);
    let said = says(&mut nodes[0], 1, &broadcast(&json!(1)));
    let frames = BASE64_STANDARD.decode(said[1]["body"]["f"].as_str().expect("text"));
    let frames = frames.expect("base64");
    for at in 0..frames.len() {
        let mut damaged = frames.clone();
        damaged[at] ^= 0x20;
        let mut message = said[1].clone();
        message["body"]["f"] = BASE64_STANDARD.encode(&damaged[..]).into();
        says(&mut nodes[1], 1, &message);
        message["body"]["f"] = BASE64_STANDARD.encode(&frames[..at]).into();
        says(&mut nodes[1], 1, &message);
    }
    let mut ms = 1;
    while nodes[1].deadline().is_some_and(|at| at <= now(ms + 200).mono) {
        ms += 200;
        nodes[1].wake(now(ms));
    }
    deliver(&mut nodes, ms, vec![said[1].clone()]);
    let read = read(&mut nodes[1], ms);
    assert!(read.as_array().is_some_and(|numbers| numbers.contains(&json!(1))), "{read}");
}
