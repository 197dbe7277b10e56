use super::*;
use crate::limits::LOG_LENGTH;

#[test]
fn equal_coverage_has_equal_summaries_whatever_its_order() {
    let one = |order: [(&[u8], u64); 4]| {
        let mut origins = Origins::new(7);
        for (name, seq) in order {
            let known = origins.find(name, 1);
            let origin = known.or_else(|| origins.insert(name, 1, None)).unwrap();
            origins.note(origin, seq, 0);
        }
        origins.summary()
    };
    let (a, b) = (b"Alford".as_slice(), b"Ball".as_slice());
    assert_eq!(one([(a, 1), (b, 1), (a, 2), (b, 3)]), one([(b, 3), (a, 2), (b, 1), (a, 1)]));
    assert_ne!(one([(a, 1), (b, 1), (a, 2), (b, 3)]), one([(b, 3), (b, 2), (b, 1), (a, 1)]));
    assert_eq!(Origins::new(7).summary(), 0);
}

#[test]
fn the_log_remembers_the_last_updates_it_saw() {
    let mut origins = Origins::new(7);
    let origin = origins.insert(b"a server with a long name", 1, None).unwrap();
    assert_eq!(origins.get(origin).name(), b"a server with a long name");
    origins.note(origin, 3, 30);
    origins.note(origin, 1, 10);
    origins.cover(origin, 4, 5);
    let logged =
        |origins: &Origins, seqs: [u64; 6]| seqs.map(|seq| origins.get(origin).logged(seq));
    assert_eq!(logged(&origins, [1, 2, 3, 4, 5, 6]), [Some(10), None, Some(30), None, None, None]);
    let far = LOG_LENGTH as u64 + 2;
    origins.note(origin, far, 40);
    origins.note(origin, 4, 41);
    origins.note(origin, 2, 20);
    assert_eq!(
        logged(&origins, [1, 2, 3, 4, 5, far]),
        [None, None, Some(30), Some(41), None, Some(40)]
    );
    origins.note(origin, 1 << 40, 50);
    assert_eq!(
        logged(&origins, [3, far, (1 << 40) - 1, 1 << 40, 1, 2]),
        [None, None, None, Some(50), None, None]
    );
    let log = &origins.get(origin).more.as_ref().unwrap().log;
    assert_eq!(log.len() + 2, LOG_LENGTH);
}

#[test]
fn an_origin_of_two_updates_takes_no_more_memory_than_one_of_none() {
    let mut origins = Origins::new(7);
    let origin = origins.insert(b"Alford", 1, None).unwrap();
    for seq in 1..=2 {
        origins.note(origin, seq, 10);
        assert_eq!(origins.get(origin).heap_bytes(), 0);
    }
    origins.note(origin, 3, 10);
    assert!(origins.get(origin).heap_bytes() > 0);
}
