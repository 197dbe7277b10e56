//! Bytes and rounds until two servers hold the same: `differences.txt`, compared exactly.
//! `UPDATE_EXPECT=1` rewrites it; the example `differences` does the same for any number of records.

use std::fs;
use std::path::Path;

use herd_tests::differences::table;

#[test]
fn what_it_takes_grows_with_what_differs() {
    let table = table(100_000);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sim/differences.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, &table).expect("a writable file");
    }
    assert_eq!(table, fs::read_to_string(&file).expect("a readable file"));
}
