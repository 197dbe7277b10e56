//! Connections that other tasks of the process hand to a server.

use std::net::SocketAddr;

use herd_native_node::config::Herd;
use herd_native_node::disk::Durability;
use herd_native_node::log::{Detail, Format};
use herd_native_node::places::Places;
use herd_native_node::run::{Options, Running, Security};
use herd_native_node::server::Limits;
use herd_sim_wasm::topology::Topology;
use herd_tests::tcp::PATIENCE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// A server in this process that takes so many connections.
fn running(connections: usize) -> Running {
    let one = Topology::named("line:1", 0).expect("a topology");
    let herd = Herd::on_host(&one, "127.0.0.1", 0).expect("a free port");
    let name = herd.servers[0].name.clone();
    let options = Options {
        tape: None,
        places: Places::Mock,
        log_dir: "unused".into(),
        log: Detail::Off,
        log_format: Format::Text,
        log_max: 0,
        limits: Limits { connections, ..Limits::default() },
        security: Security::default(),
        data: None,
        durability: Durability::Answer,
        disk_hangs: None,
        workers: 1,
    };
    Running::start(herd, &[name], &options).expect("it can be started")
}

fn somebody() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7], 1))
}

#[tokio::test]
async fn a_pipe_is_answered_as_a_socket_is() {
    let running = running(2);
    let inbox = running.inbox(&running.servers()[0].name).expect("it runs").clone();
    let mut pipe = inbox.join(somebody()).await.expect("it takes connections");
    // More answers than the pipe holds, and a question that has to be waited for.
    let lines: String = (1..=5_000).map(|stamp| format!("IAMAT kiwi +1+1 {stamp}\n")).collect();
    let (mut from, mut to) = tokio::io::split(&mut pipe);
    let writing = async {
        to.write_all(lines.as_bytes()).await.expect("the server reads");
        to.write_all(b"WHATSAT kiwi 1 1\nnonsense").await.expect("the server reads");
        to.shutdown().await.expect("a pipe can be ended");
    };
    let mut answers = String::new();
    let reading = from.read_to_string(&mut answers);
    let both = async { tokio::join!(writing, reading).1 };
    timeout(PATIENCE, both).await.expect("it answers and closes").expect("its answers are text");
    assert_eq!(answers.lines().filter(|line| line.starts_with("AT ")).count(), 5_001);
    assert!(answers.ends_with("\n\n? nonsense\n"), "{}", &answers[answers.len() - 80..]);
    end(running).await;
    let late = inbox.join(somebody()).await.expect_err("it has ended");
    assert_eq!(late.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_pipe_counts_as_a_connection() {
    let running = running(1);
    let inbox = running.inbox(&running.servers()[0].name).expect("it runs").clone();
    let first = inbox.join(somebody()).await.expect("it takes connections");
    let mut second = inbox.join(somebody()).await.expect("it takes connections");
    let mut answer = String::new();
    let told = timeout(PATIENCE, second.read_to_string(&mut answer)).await;
    told.expect("it is closed").expect("text");
    assert_eq!(answer, "? this server has too many connections\n");
    drop(first);
    end(running).await;
}

async fn end(running: Running) {
    running.stop().await;
    let ended = tokio::task::spawn_blocking(|| running.wait()).await;
    assert_eq!(ended.expect("no panic"), Ok(Vec::new()));
}
