//! The page as `herd` serves it, without the herd.

use std::net::TcpListener as Listener;
use std::thread;

use herd_native_node::{gateway, http, page};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// Serves the page on a free port of this machine for as long as the tests run; its address.
///
/// # Panics
/// If the page was left out of the build.
#[must_use]
pub fn serve() -> String {
    assert!(
        page::asset("herd_bg.wasm").is_some(),
        "the page was left out of this build: unset HERD_SKIP_PAGE and have the feature `page`"
    );
    let listener = Listener::bind("127.0.0.1:0").expect("a port is free");
    listener.set_nonblocking(true).expect("a listener need not block");
    let address = listener.local_addr().expect("a listener has an address");
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).expect("the listener does not block");
            gateway::serve(listener, http::page(), std::future::pending()).await;
        });
    });
    format!("http://{address}/")
}
