//! Connections of HTTP: bounded in number, in time and in what they may send.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::enter::Whence;

/// Connections open at once; more wait until one closes. Four watchers' worth of a thousand.
const CONNECTIONS: u32 = 4096;
/// How long the head of a request may take to come, from the answer before it on.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);
/// Bytes in the head of a request: an id of 4,096 bytes, each escaped, and room for the rest.
const HEAD_MAX: usize = 32 << 10;
/// How long answers that are on their way may take at the end.
const END: Duration = Duration::from_secs(5);
/// How long nothing is accepted when the system has no descriptor left.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `stop` is over, and then finishes what is being answered.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS as usize));
    let (end, ends) = watch::channel(());
    tokio::pin!(stop);
    loop {
        let next = async {
            let permit = Arc::clone(&room).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let Ok(permit) = permit else { break };
        match accepted {
            Ok((stream, from)) => begin(stream, from, router.clone(), permit, ends.clone()),
            // It may be about the one connection, or there is no descriptor left.
            Err(_) => sleep(PAUSE).await,
        }
    }
    drop(listener);
    drop(end);
    // What is not finished then is not waited for.
    let _ = timeout(END, room.acquire_many(CONNECTIONS)).await;
}

fn begin(
    stream: TcpStream,
    from: SocketAddr,
    router: Router,
    permit: OwnedSemaphorePermit,
    mut ends: watch::Receiver<()>,
) {
    // Small answers are whole; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Whence(from));
        router.clone().call(request)
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(HEAD_MAX);
    let connection = server.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::spawn(async move {
        tokio::pin!(connection);
        // A connection that breaks is over.
        tokio::select! {
            _ = &mut connection => {}
            // Nobody says anything on that channel: it only ends.
            _ = ends.changed() => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
        drop(permit);
    });
}
