use std::future::poll_fn;
use std::task::Poll;

use herd_sim_wasm::topology::Topology;
use tempfile::TempDir;

use super::super::{Options, Running};
use super::*;
use crate::disk::Durability;
use crate::log::{Detail, Format};
use crate::places::Places;
use crate::server::Limits;

/// One server, in memory.
fn one(folder: &TempDir) -> Running {
    let topology = Topology::named("line:1", 1).expect("a shape");
    let herd = Herd::on_host(&topology, "127.0.0.1", 0).expect("a port");
    let options = Options {
        places: Places::Mock,
        log_dir: folder.path().to_owned(),
        log: Detail::Off,
        log_format: Format::Text,
        log_max: 0,
        limits: Limits::default(),
        security: Security::default(),
        data: None,
        durability: Durability::default(),
        disk_hangs: None,
        tape: None,
        workers: 1,
    };
    Running::start(herd, &["s0".to_owned()], &options).expect("it starts")
}

/// Does as much of `work` as it can before it waits for the `waits`th time; whether that was all.
async fn do_part(work: impl Future<Output = Result<(), ControlError>>, waits: usize) -> bool {
    let mut work = Box::pin(work);
    let mut waited = 0;
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => {
            done.expect("it can be started");
            Poll::Ready(true)
        }
        Poll::Pending => {
            waited += 1;
            if waited == waits { Poll::Ready(false) } else { Poll::Pending }
        }
    })
    .await
}

#[tokio::test]
async fn a_server_is_not_lost_when_who_starts_it_goes_away() {
    let folder = TempDir::new().expect("a temporary folder");
    let running = one(&folder);
    let control = Arc::clone(running.control());
    let mut waits = 0;
    loop {
        control.kill("s0", "a test").await.expect("it is up");
        waits += 1;
        let done = do_part(control.start("s0", Found::Kept, "a test"), waits).await;
        // Whatever was begun, it can be started, or has started and is known.
        let mut tries = 0;
        while !control.life("s0").expect("a server").inbox.is_open() {
            match control.start("s0", Found::Kept, "a test").await {
                Ok(()) | Err(ControlError::Already(_)) => break,
                // The one that was begun has the port for a moment, and is not known yet.
                Err(why) => assert!(tries < 2_000, "it is lost: {why}"),
            }
            tries += 1;
            sleep(Duration::from_millis(1)).await;
        }
        if done {
            break;
        }
    }
    assert!(waits > 1, "there is something to wait for");
    running.stop().await;
    let refused = control.start("s0", Found::Kept, "a test").await;
    assert!(matches!(refused, Err(ControlError::Already(_))), "{refused:?}");
    spawn_blocking(|| running.wait()).await.expect("it waits").expect("all have ended");
}

#[test]
fn who_is_refused_all_the_time_is_told_of_once_a_second() {
    let refusals = Refusals::new();
    let said: Vec<u64> = (0..1_000).filter_map(|_| refusals.next()).collect();
    assert_eq!(said.first(), Some(&0));
    // On a machine that is very busy a second may pass meanwhile, or several.
    assert!(said.len() < 500, "{said:?}");
}
