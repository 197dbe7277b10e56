//! Two servers that have the same updates and hold something different find out, and mend it.

use std::path::Path;

use herd_tests::tcp::until;
use redb::{Database, TableDefinition};

use crate::servers;

/// Where a server keeps the records of clients.
const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");

/// Takes a client's record out of a server's file: what the file says of its updates stays.
fn lose(file: &Path, client: &str) {
    let database = Database::create(file).expect("the server is down");
    let write = database.begin_write().expect("a transaction");
    let mut records = write.open_table(RECORDS).expect("records");
    assert!(records.remove(client.as_bytes()).expect("readable").is_some(), "it was there");
    drop(records);
    write.commit().expect("written");
}

#[test]
fn a_record_that_a_disk_lost_is_found_missing_and_given_again() {
    let (mut herd, folder) = servers(&[("Alford", &["Ball"]), ("Ball", &["Alford"])]);
    let data = folder.path().join("data");
    for server in &mut herd {
        server.more(&["--data", data.to_str().expect("a path of letters")]);
        server.start();
    }
    herd[1].linked("Alford");
    let mut answers = Vec::new();
    for client in 0..100 {
        answers.push(herd[1].exchange(format!("IAMAT c{client} +1+1 5\n")).trim_end().to_owned());
    }
    assert_eq!(herd[0].knows("c99"), answers[99]);
    // What was heard is on the disk a little after it was heard.
    let file = data.join("Alford.redb");
    until("the record was on the disk, and is not any more", || {
        herd[0].kill();
        let kept = {
            let database = Database::create(&file).expect("the server is down");
            let read = redb::ReadableDatabase::begin_read(&database).expect("a transaction");
            let records = read.open_table(RECORDS).expect("records");
            let all = redb::ReadableTableMetadata::len(&records).expect("readable");
            all == 100
        };
        if kept {
            lose(&file, "c42");
        }
        herd[0].start();
        herd[0].linked("Ball");
        kept.then_some(())
    });
    for server in &herd {
        server.logs("has the same updates and holds something different");
    }
    assert_eq!(herd[0].knows("c42"), answers[42]);
    herd[0].logs("Ball has given 1 records");
}
