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

/// Everything that the table of properties names is there, and all of it is in the table.
#[test]
fn every_property_has_its_check() {
    let table = read(&root().join("docs/properties.md"));
    let rust = files().into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
    let all: String = rust.map(|file| read(&file)).collect();
    let checks = root().join("sim-wasm/src/check");
    let explorer = read(&root().join("tests/model/checks.rs"));
    let rows: Vec<&str> =
        table.lines().filter(|line| line.starts_with("| S") || line.starts_with("| L")).collect();
    assert_eq!(rows.len(), 23, "S1 to S12 and L1 to L9, two of them in two parts");
    let mut named = String::new();
    for row in &rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let code: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        assert!(!code.is_empty(), "nothing holds {row}");
        for name in code {
            named.push_str(name);
            named.push(' ');
            let is_check = checks.join(format!("{name}.rs")).exists() || name == "eventually";
            assert!(is_check || all.contains(&format!("fn {name}(")), "there is no {name}");
        }
        for property in cells[3].split('"').skip(1).step_by(2) {
            assert!(explorer.contains(property), "the explorer does not know that {property}");
        }
    }
    let others = ["accounted", "answered_once", "damaged_rejected", "freshest_answer", "in_order"];
    for file in std::fs::read_dir(checks).expect("a folder") {
        let file = file.expect("a file").path();
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        // What is about the simulator and its clients is not about the protocol.
        let shared = ["known", "midway", "mod"].contains(&&*name);
        let known = shared || others.contains(&&*name) || named.contains(&name);
        assert!(known, "{name} holds no property");
    }
}
