//! From `web/` and the door of `sim-wasm/` to the files a browser loads.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::Options;

use crate::pack::file;
use crate::sections::{without_custom, without_streams};
use crate::slim::{self, Names};
use crate::{File, at, style};

const TARGET: &str = "wasm32-unknown-unknown";
/// What the page is made of, seen from the workspace's root.
const SOURCES: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "core/Cargo.toml",
    "core/src",
    "sim-wasm/Cargo.toml",
    "sim-wasm/embed",
    "sim-wasm/src",
    "web/Cargo.toml",
    "web/assets",
    "web/src",
];

/// A module of the page: what cargo is told to make it, and what it is called then.
struct Module {
    /// `build` or `rustc`, and its arguments.
    cargo: &'static [&'static str],
    /// What cargo calls it.
    made: &'static str,
    /// What the page calls it.
    name: &'static str,
    /// The profile that a release builds it with.
    profile: &'static str,
    /// Whether somebody writes programs for it.
    typescript: bool,
    /// Whether it travels in parts: the linker then has to leave word of what refers to what.
    parts: bool,
}

const PAGE: Module = Module {
    cargo: &["rustc", "--package", "herd-web", "--bin", "herd-web"],
    made: "herd-web.wasm",
    name: "herd",
    profile: "wasm-release",
    typescript: false,
    parts: true,
};

/// The simulator alone, for the page's workers and for other people's pages. It is a module only
/// here: elsewhere nobody links it.
const SIMULATOR: Module = Module {
    cargo: &[
        "rustc",
        "--package",
        "herd-sim-wasm",
        "--lib",
        "--features",
        "door",
        "--crate-type",
        "cdylib",
    ],
    made: "herd_sim_wasm.wasm",
    name: "herd_sim",
    profile: "wasm-fast",
    typescript: true,
    parts: false,
};

/// Where it stands in the page's address.
const EMBED: &str = "embed";

/// Builds the page.
///
/// # Errors
/// What to do about it, in sentences.
pub(crate) fn page() -> Result<Vec<File>, String> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .parent()
        .map(Path::to_path_buf)
        .ok_or("the package stands in no folder")?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    have_target()?;
    let mut files = bind(&PAGE, &compile(&root, &PAGE)?)?;
    files.extend(embed(&root)?);
    let entry = root.join("web/assets/index.html");
    let entry = slim::packed(&fs::read_to_string(&entry).map_err(|why| at(&entry, &why))?);
    files.push(file("index.html".into(), "text/html; charset=utf-8", entry.as_bytes())?);
    let style = style::packed(&style(&root.join("web/assets/style"))?);
    files.push(file("style.css".into(), "text/css; charset=utf-8", style.as_bytes())?);
    Ok(files)
}

/// The simulator for other pages: the module, and what is written for it.
fn embed(root: &Path) -> Result<Vec<File>, String> {
    let mut files = bind(&SIMULATOR, &compile(root, &SIMULATOR)?)?;
    let folder = root.join("sim-wasm/embed");
    collect(&folder, &folder, &mut files)?;
    for file in &mut files {
        file.name = format!("{EMBED}/{}", file.name);
    }
    Ok(files)
}

/// The style sheets, one behind the other by name.
fn style(folder: &Path) -> Result<String, String> {
    let mut style = String::new();
    for path in paths(folder)? {
        style += &fs::read_to_string(&path).map_err(|why| at(&path, &why))?;
    }
    Ok(style)
}

/// What a folder holds, by name.
fn paths(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|why| at(folder, &why))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Makes sure that the wasm32 target is there, by rustup where it is not.
fn have_target() -> Result<(), String> {
    if target_is_there()? {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).output();
    if target_is_there()? {
        return Ok(());
    }
    let said = match added {
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(why) => format!("rustup: {why}"),
    };
    Err(format!(
        "The page is WebAssembly, and this compiler has no {TARGET} target.\n\
         `rustup target add {TARGET}` did not help: {said}\n\
         Install the target, or build without the page: HERD_SKIP_PAGE=1 cargo build"
    ))
}

fn target_is_there() -> Result<bool, String> {
    let rustc = env::var_os("RUSTC").expect("cargo sets RUSTC");
    let output = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|why| at(Path::new(&rustc), &why))?;
    let folder = String::from_utf8_lossy(&output.stdout);
    Ok(output.status.success() && Path::new(folder.trim()).is_dir())
}

/// Compiles a module; its path.
fn compile(root: &Path, module: &Module) -> Result<PathBuf, String> {
    let profile = match env::var("PROFILE").as_deref() {
        Ok("release") => module.profile,
        _ => "wasm-dev",
    };
    let target_dir = target_dir()?;
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"));
    for (name, _) in env::vars_os() {
        if is_of_the_outer_build(&name) {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args(module.cargo)
        .args(["--locked", "--quiet", "--target", TARGET, "--profile", profile, "--target-dir"])
        .arg(&target_dir)
        .args(if module.parts { &["--", "-Clink-arg=--emit-relocs"][..] } else { &[] })
        // Leptos: one type for all views, instead of one type each; smaller and quicker to build.
        .env("RUSTFLAGS", "--cfg erase_components")
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .map_err(|why| format!("cargo: {why}"))?;
    if !output.status.success() {
        return Err(format!(
            "The page did not compile (HERD_SKIP_PAGE=1 builds without it):\n{}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(target_dir.join(TARGET).join(profile).join(module.made))
}

/// A target directory for the nested build: beside the outer build's folders where those stand
/// as they do now, so that `build`, `test` and every set of features share one page; else ours.
fn target_dir() -> Result<PathBuf, String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let shared = out.ancestors().find(|path| path.file_name() == Some(OsStr::new("build")));
    let folder = match shared.and_then(Path::parent) {
        Some(parent) => parent.join("page"),
        None => out.join("page-target"),
    };
    fs::create_dir_all(&folder).map_err(|why| at(&folder, &why))?;
    Ok(folder)
}

/// Whether a variable tells the outer build how to build: flags of another target, a wrapper that
/// is no compiler (clippy, an editor), a target directory that is locked.
fn is_of_the_outer_build(name: &OsStr) -> bool {
    const EXACT: [&str; 12] = [
        "CARGO_BUILD_BUILD_DIR",
        "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_RUSTC_WRAPPER",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "CLIPPY_ARGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTFLAGS",
    ];
    const PREFIXES: [&str; 6] =
        ["CARGO_CFG_", "CARGO_FEATURE_", "CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_PROFILE_", "DEP_"];
    let Some(name) = name.to_str() else { return false };
    EXACT.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Runs wasm-bindgen; every file it makes.
fn bind(module: &Module, compiled: &Path) -> Result<Vec<File>, String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let out = out.join("bound").join(module.name);
    if out.exists() {
        fs::remove_dir_all(&out).map_err(|why| at(&out, &why))?;
    }
    let first = if module.parts { &part(module, compiled, &out)? } else { compiled };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(first)
        .web(true)
        .map_err(|why| format!("wasm-bindgen: {why:#}"))?
        .omit_default_module_path(false)
        .typescript(module.typescript)
        .keep_lld_exports(module.parts)
        .demangle(!module.parts)
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name(module.name);
    bindgen.generate(&out).map_err(|why| format!("wasm-bindgen: {why:#}"))?;
    let mut names = Names::default();
    for path in paths(&out)?.into_iter().filter(|path| path.is_file()) {
        let mut bytes = fs::read(&path).map_err(|why| at(&path, &why))?;
        names.shorten(&mut bytes);
        match path.extension().and_then(|kind| kind.to_str()) {
            Some("js") if module.parts => {
                bytes = slim::packed(&String::from_utf8_lossy(&bytes)).into_bytes();
            }
            Some("wasm") => slim::blot_libraries(&mut bytes),
            _ => {}
        }
        fs::write(&path, bytes).map_err(|why| at(&path, &why))?;
    }
    let mut files = Vec::new();
    collect(&out, &out, &mut files)?;
    Ok(files)
}

/// Cuts off into files of their own what only functions marked as `wasm_split` reach; the module
/// that is left, which sends for them.
fn part(module: &Module, compiled: &Path, out: &Path) -> Result<PathBuf, String> {
    let whole = fs::read(compiled).map_err(|why| at(compiled, &why))?;
    let whole = without_streams(&whole)
        .ok_or_else(|| format!("{}: it is no WebAssembly", compiled.display()))?;
    let first = out.with_extension("first.wasm");
    let main = format!("./{}.js", module.name);
    let sender = format!("./{}_parts.js", module.name);
    let mut options = Options::new(&whole);
    options.output_dir = out;
    options.main_out_path = &first;
    options.main_module = &main;
    options.link_name = &sender;
    wasm_split_cli_support::transform(options).map_err(|why| format!("wasm-split: {why:#}"))?;
    Ok(first)
}

/// Takes every file below `folder`, named by its path below `top`, in order.
fn collect(top: &Path, folder: &Path, files: &mut Vec<File>) -> Result<(), String> {
    for path in paths(folder)? {
        if path.is_dir() {
            collect(top, &path, files)?;
            continue;
        }
        let content_type = match path.extension().and_then(OsStr::to_str) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("md" | "ts") => "text/plain; charset=utf-8",
            Some("wasm") => "application/wasm",
            _ => return Err(format!("{}: nobody knows how to serve it", path.display())),
        };
        let below = path.strip_prefix(top).map_err(|why| at(&path, &why))?;
        let name = below.to_string_lossy().replace('\\', "/");
        let mut bytes = fs::read(&path).map_err(|why| at(&path, &why))?;
        if content_type == "application/wasm" {
            bytes = without_custom(&bytes)
                .ok_or_else(|| format!("{}: it is no WebAssembly", path.display()))?;
        }
        files.push(file(name, content_type, &bytes)?);
    }
    Ok(())
}
