//! The project's own files, for the tests that judge them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The project's folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project").to_owned()
}

/// Every file of the project that is (or, not being ignored, may be) committed and exists.
///
/// # Panics
/// If git cannot list them: the project is a git checkout.
#[must_use]
pub fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("file names are text");
    names
        .split_terminator('\0')
        .map(|name| root().join(name))
        .filter(|file| file.is_file())
        .collect()
}

/// A file's path from the project's folder, with forward slashes.
#[must_use]
pub fn inside(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// A file's text.
///
/// # Panics
/// If it cannot be read as text.
#[must_use]
pub fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
