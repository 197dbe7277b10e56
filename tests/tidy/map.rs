//! The maps are true: every room is on one, and every limit is reached by a test.

use std::path::PathBuf;

use herd_tests::repository::{files, inside, read, root};

#[test]
fn every_module_is_on_the_map_of_its_crate() {
    for folder in ["core", "sim-wasm", "native-node", "web"] {
        let lib = ["src/lib.rs", "src/main.rs"]
            .map(|file| root().join(folder).join(file))
            .into_iter()
            .find(|file| file.exists())
            .expect("a crate has a root");
        let text = read(&lib);
        let doc: String = text.lines().filter(|line| line.starts_with("//!")).collect();
        for line in text.lines() {
            let module = line.trim_start_matches("pub ").strip_prefix("mod ");
            if let Some(name) = module.and_then(|rest| rest.strip_suffix(';')) {
                let named = ["`", "@"].map(|before| format!("{before}{name}`"));
                assert!(
                    named.iter().any(|named| doc.contains(named)),
                    "{folder}: {name} is not on the map"
                );
            }
        }
    }
}

#[test]
fn every_folder_is_on_the_readmes_map() {
    let readme = read(&root().join("README.md"));
    for file in files() {
        let path = inside(&file);
        if let Some((folder, rest)) = path.split_once('/')
            && !folder.starts_with('.')
        {
            assert!(readme.contains(&format!("`{folder}/")), "{folder} is not on the map");
            if let ("tests", Some((sub, _))) = (folder, rest.split_once('/')) {
                assert!(readme.contains(&format!("`{sub}/`")), "tests/{sub} is not on the map");
            }
        }
    }
}

#[test]
fn every_limit_of_the_core_is_reached_by_a_test() {
    let limits = read(&root().join("core/src/limits.rs"));
    let is_test = |path: &str| {
        path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("tests.rs")
    };
    let tests = |file: &PathBuf| {
        let text = read(file);
        if is_test(&inside(file)) {
            return text;
        }
        text.split_once("#[cfg(test)]").map(|(_, tests)| tests.to_owned()).unwrap_or_default()
    };
    let rust = files().into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
    let tests: String = rust.map(|file| tests(&file)).collect();
    for line in limits.lines() {
        if let Some(name) = line.strip_prefix("pub const ").and_then(|rest| rest.split(':').next())
        {
            assert!(tests.contains(name), "no test speaks of {name}");
        }
    }
}
