//! The page's entry: nothing to do on a host without a browser.

#[cfg(target_arch = "wasm32")]
fn main() {
    herd_web::ui::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
