//! Builds the page and leaves it where `src/page.rs` embeds it.
//!
//! A nested `cargo build` compiles `herd-web` for wasm32 into a target directory of its own (a
//! second lock on the outer one would wait for ever), wasm-bindgen runs as a library, and what
//! comes out is compressed here, once. No Node.js, no trunk, no wasm-pack. Without the feature
//! `page`, with `HERD_SKIP_PAGE=1` and under clippy the page is left out.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[cfg(feature = "page")]
#[path = "build/pack.rs"]
mod pack;
#[cfg(feature = "page")]
#[path = "build/sections.rs"]
mod sections;
#[cfg(feature = "page")]
#[path = "build/slim.rs"]
mod slim;
#[cfg(feature = "page")]
#[path = "build/style.rs"]
mod style;
#[cfg(feature = "page")]
#[path = "build/wasm.rs"]
mod wasm;

/// A file of the page: its name in the address, its type, and how it travels.
struct File {
    name: String,
    content_type: &'static str,
    bodies: Vec<Body>,
}

/// The bytes of a file, and what they are compressed by.
struct Body {
    encoding: &'static str,
    bytes: Vec<u8>,
}

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-env-changed=HERD_SKIP_PAGE");
    println!("cargo::rerun-if-env-changed=RUSTC_WORKSPACE_WRAPPER");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    match page().and_then(|files| embed(&out, &files)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            for line in why.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "page"))]
fn page() -> Result<Vec<File>, String> {
    Ok(Vec::new())
}

#[cfg(feature = "page")]
fn page() -> Result<Vec<File>, String> {
    let skip = env::var("HERD_SKIP_PAGE").is_ok_and(|value| !value.is_empty() && value != "0");
    // Clippy reads this crate, it does not run it; it has an OUT_DIR of its own.
    let clippy = env::var_os("RUSTC_WORKSPACE_WRAPPER")
        .is_some_and(|path| path.to_string_lossy().contains("clippy-driver"));
    if skip || clippy { Ok(Vec::new()) } else { wasm::page() }
}

/// Writes the files and the table `FILES` that embeds them.
fn embed(out: &Path, files: &[File]) -> Result<(), String> {
    let folder = out.join("page");
    fs::create_dir_all(&folder).map_err(|why| at(&folder, &why))?;
    let mut table = String::from("&[\n");
    for (number, file) in files.iter().enumerate() {
        table += &format!(
            "({:?}, Asset {{ content_type: {:?}, bodies: &[",
            file.name, file.content_type
        );
        for (way, body) in file.bodies.iter().enumerate() {
            let path = folder.join(format!("{number}-{way}"));
            fs::write(&path, &body.bytes).map_err(|why| at(&path, &why))?;
            table += &format!(
                "Body {{ encoding: Some({:?}), bytes: include_bytes!({path:?}) }}, ",
                body.encoding,
            );
        }
        table += "] }),\n";
    }
    table += "]";
    let path = out.join("page.rs");
    fs::write(&path, table).map_err(|why| at(&path, &why))
}

fn at(path: &Path, why: &dyn std::fmt::Display) -> String {
    format!("{}: {why}", path.display())
}
