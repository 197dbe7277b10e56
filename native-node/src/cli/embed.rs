//! `herd embed`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{Failure, out};
use crate::page;

/// Write the simulator for a page of your own: a module, its types, and an example
///
/// The folder is made if it is not there; files of the same names are replaced. Serve it with any web
/// server and open index.html; README.md says what there is.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  herd embed my-page")]
pub(super) struct Embed {
    /// The folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn run(embed: &Embed) -> Result<ExitCode, Failure> {
    let failed = |path: &Path, why: io::Error| {
        Failure::usage(format!("{} cannot be written: {why}", path.display()))
    };
    let mut files = page::below("embed").peekable();
    if files.peek().is_none() {
        return Err(Failure::usage("this herd was built without its page")
            .hint("build it without HERD_SKIP_PAGE: cargo run --release -- embed FOLDER"));
    }
    for (name, asset) in files {
        let path = embed.folder.join(name);
        let folder = path.parent().unwrap_or(&embed.folder);
        fs::create_dir_all(folder).map_err(|why| failed(folder, why))?;
        let written = asset.plain().and_then(|plain| fs::write(&path, plain));
        written.map_err(|why| failed(&path, why))?;
        out::line!("{}", path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}
