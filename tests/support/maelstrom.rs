//! Maelstrom without Maelstrom: nodes as processes, and a network between them that takes its time,
//! loses messages and parts nodes, told on their standard input and output.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use herd_native_node::clock::Clock;
use herd_sim_wasm::maelstrom::{Op, What};
use herd_sim_wasm::rng::{Purpose, below, draw};
use serde_json::{Value, json};

use crate::tcp::PATIENCE;

/// Nodes, the network between them, and what clients asked and heard.
#[derive(Debug)]
pub struct Maelstrom {
    nodes: Vec<Node>,
    /// What nodes say: which one, and a line.
    said: Receiver<(usize, String)>,
    clock: Clock,
    /// How long a message between two nodes takes.
    latency: Duration,
    /// How many of a hundred vanish.
    loss: u64,
    /// Which nodes are parted from the others; what arrives from one side at the other is dropped.
    apart: Vec<usize>,
    /// On their way: when they arrive, a number that keeps their order, whom to, and what.
    flying: BinaryHeap<Reverse<(Duration, u64, usize, String)>>,
    /// Messages between nodes, sent ones.
    pub sent: u64,
    /// What clients asked and heard. The client of each node has its number.
    pub history: Vec<Op>,
}

#[derive(Debug)]
struct Node {
    process: Child,
    input: Option<ChildStdin>,
    /// Counts its client's requests, and those it has answered.
    asked: u64,
    answered: u64,
    /// The answer that came last.
    answer: Value,
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn name(node: usize) -> String {
    format!("n{node}")
}

impl Maelstrom {
    /// Starts so many nodes of `herd` with these arguments, and tells them their names.
    ///
    /// # Panics
    /// If that does not work.
    #[must_use]
    pub fn start(
        herd: &str,
        arguments: &[&str],
        count: usize,
        latency: Duration,
        loss: u64,
    ) -> Self {
        let (tell, said) = mpsc::channel();
        let nodes = (0..count).map(|at| {
            let mut process = Command::new(herd)
                .arg("maelstrom")
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("herd can be started");
            let output = process.stdout.take().expect("its output is ours");
            let tell = tell.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if tell.send((at, line)).is_err() {
                        return;
                    }
                }
            });
            let input = process.stdin.take();
            Node { process, input, asked: 0, answered: 0, answer: Value::Null }
        });
        let mut net = Self {
            nodes: nodes.collect(),
            said,
            clock: Clock::start(),
            latency,
            loss,
            apart: Vec::new(),
            flying: BinaryHeap::new(),
            sent: 0,
            history: Vec::new(),
        };
        let names: Vec<String> = (0..count).map(name).collect();
        for at in 0..count {
            let init = json!({"type": "init", "node_id": name(at), "node_ids": names});
            assert_eq!(net.ask(at, init)["type"], "init_ok");
        }
        net
    }

    /// Tells every node who its neighbours are.
    ///
    /// # Panics
    /// If one does not say that it has understood.
    pub fn tell_topology(&mut self, topology: &Value) {
        for at in 0..self.nodes.len() {
            let told = json!({"type": "topology", "topology": topology});
            assert_eq!(self.ask(at, told)["type"], "topology_ok");
        }
    }

    /// Parts these nodes from the others from now on; nobody, if there are none.
    pub fn part(&mut self, apart: &[usize]) {
        self.apart = apart.to_vec();
    }

    /// How many nodes there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Time since the beginning.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// A client's broadcast, and its answer.
    pub fn broadcast(&mut self, at: usize, number: u64) {
        self.note(at, What::Broadcast(number));
        let answer = self.ask(at, json!({"type": "broadcast", "message": number}));
        let fine = answer["type"] == "broadcast_ok";
        self.note(at, if fine { What::Broadcasted(number) } else { What::Failed });
    }

    /// A client's read, and how many numbers it saw.
    pub fn read(&mut self, at: usize) -> usize {
        self.note(at, What::Read);
        let answer = self.ask(at, json!({"type": "read"}));
        let numbers = answer["messages"]
            .as_array()
            .map(|numbers| numbers.iter().filter_map(Value::as_u64).collect::<Vec<u64>>());
        let seen = numbers.as_ref().map_or(0, Vec::len);
        self.note(at, numbers.map_or(What::Failed, What::Seen));
        seen
    }

    fn note(&mut self, at: usize, what: What) {
        let process = u32::try_from(at).expect("few nodes");
        let at = u64::try_from(self.now().as_nanos()).expect("a short run");
        self.history.push(Op { at, process, what });
    }

    /// A client's request to a node, and its answer, while the network goes on.
    ///
    /// # Panics
    /// If no answer comes.
    pub fn ask(&mut self, at: usize, mut body: Value) -> Value {
        self.nodes[at].asked += 1;
        let id = self.nodes[at].asked;
        body["msg_id"] = id.into();
        let line = json!({"src": format!("c{at}"), "dest": name(at), "body": body}).to_string();
        self.write(at, &line);
        let until = self.now() + PATIENCE;
        while self.nodes[at].answered < id {
            assert!(self.now() < until, "n{at} does not answer {line}");
            self.go_on(until);
        }
        self.nodes[at].answer.take()
    }

    /// Lets the network go on until then.
    pub fn run_until(&mut self, until: Duration) {
        while self.now() < until {
            self.go_on(until);
        }
    }

    /// Delivers what has arrived, and takes up what is said next, waiting for that no longer than
    /// until something else is due.
    fn go_on(&mut self, until: Duration) {
        while let Some(Reverse((due, ..))) = self.flying.peek()
            && *due <= self.now()
        {
            let Some(Reverse((_, _, to, line))) = self.flying.pop() else { return };
            self.deliver(to, &line);
        }
        let next = self.flying.peek().map_or(until, |Reverse((due, ..))| until.min(*due));
        let wait = next.saturating_sub(self.now());
        if let Ok((from, line)) = self.said.recv_timeout(wait) {
            self.take_up(from, line);
        }
    }

    /// Something that a node said: an answer, or a message to another node.
    fn take_up(&mut self, from: usize, line: String) {
        let message: Value = serde_json::from_str(&line).expect("only messages on standard output");
        assert_eq!(message["src"], name(from), "a node speaks for itself");
        let dest = message["dest"].as_str().expect("a name");
        if dest.starts_with('c') {
            let node = &mut self.nodes[from];
            node.answered = message["body"]["in_reply_to"].as_u64().expect("an answer");
            node.answer = message["body"].clone();
            return;
        }
        self.sent += 1;
        let vanishes = below(draw(1, Purpose::Loss, 0, 0, self.sent), 100) < self.loss;
        if !vanishes {
            let to = dest.strip_prefix('n').and_then(|n| n.parse().ok()).expect("a node");
            let due = self.now() + self.latency;
            self.flying.push(Reverse((due, self.sent, to, line)));
        }
    }

    /// As in Maelstrom it is on arrival that a message comes from the other side.
    fn deliver(&mut self, to: usize, line: &str) {
        let message: Value = serde_json::from_str(line).expect("it was one before");
        let from = message["src"].as_str().and_then(|src| src.strip_prefix('n')?.parse().ok());
        let from: usize = from.expect("a node");
        if self.apart.contains(&from) == self.apart.contains(&to) {
            self.write(to, line);
        }
    }

    fn write(&mut self, to: usize, line: &str) {
        let input = self.nodes[to].input.as_mut().expect("it has not ended");
        writeln!(input, "{line}").expect("it listens");
    }

    /// Says nothing more to any node; whether each ends well.
    ///
    /// # Panics
    /// If one does not end.
    #[must_use]
    pub fn end(mut self) -> bool {
        for node in &mut self.nodes {
            node.input = None;
        }
        self.nodes.iter_mut().all(|node| node.process.wait().is_ok_and(|status| status.success()))
    }
}
