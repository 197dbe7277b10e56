//! The page.

#[cfg(target_arch = "wasm32")]
fn main() {
    use leptos::prelude::*;
    leptos::mount::mount_to_body(|| leptos::view! { <p>"hello"</p> });
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
