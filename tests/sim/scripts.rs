//! Every script in `tests/scripts` found a bug once. None finds one now.

use std::fs;
use std::path::Path;

use herd_sim_wasm::{Script, World, end_of, judge};

#[test]
fn no_old_bug_is_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let mut ran = 0;
    for entry in fs::read_dir(folder).expect("tests/scripts is there") {
        let path = entry.expect("a readable folder").path();
        let text = fs::read_to_string(&path).expect("a readable script");
        let script: Script =
            text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let end = end_of(&script);
        let mut world = World::new(script);
        world.run_until(end);
        let broken = world.broken();
        assert!(broken.is_none(), "{}: {broken:?}", path.display());
        // And it comes to rest, where the search would look.
        assert_eq!(judge(world.script()).failure, None, "{}", path.display());
        ran += 1;
    }
    assert!(ran > 0, "no script in tests/scripts");
}
