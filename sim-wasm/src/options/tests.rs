use super::*;

#[test]
fn text_both_ways() {
    for text in [
        "herd 1 seed=1 topology=places-2016",
        "herd 1 seed=18446744073709551615 topology=ring:40 preset=classic trees=planned \
         digest=2s root=s3 batch=400ms mixed=s1:flood,s2:grove_batch latency=5ms..45ms \
         jitter=3ms client-latency=1ms skew=2s places=silent places-delay=10ms+40ms clients=7 \
         pace=500ms classic=s1,s2 room=3 retention=20s ack-after=1 window=1000 bug=echoes",
    ] {
        let options = Options::parse(text).expect(text);
        assert_eq!(options.to_string(), text);
    }
}

#[track_caller]
fn wrong(text: &str, column: u32, expected: &str) {
    let error = Options::parse(text).expect_err(text);
    assert_eq!(error.column, column, "{text}: {error}");
    assert!(error.expected.contains(expected), "{text}: {error}");
}

#[test]
fn errors_say_where_and_what() {
    wrong("", 1, "the word herd");
    wrong("herd", 5, "the version");
    wrong("herd 2", 6, "1, the version");
    wrong("herd 1 sead=1", 8, "seed, topology");
    wrong("herd 1 seed=-1", 8, "a seed from");
    wrong("herd 1 seed=1 latency=-5ms", 15, "a latency");
    wrong("herd 1 topology=ring:2", 1, "a number of servers from 3");
    wrong("herd 1 topology=nowhere", 1, "no topology is called nowhere");
    wrong("herd 1 root=Nobody", 1, "instead of Nobody");
    wrong("herd 1 mixed=Ball", 8, "servers and presets");
    wrong("herd 1 mixed=Ball:oak", 8, "grove_batch");
    wrong("herd 1 classic=Nobody", 1, "instead of Nobody");
    wrong("herd 1 bug=all", 8, "echoes");
    wrong("herd 1 trees=tall", 8, "learned, planned");
    wrong("herd 1 pace=0s", 1, "at least 1ms");
    wrong("herd 1 room=0", 8, "from 1");
    wrong("herd 1 retention=1ms", 8, "from 1s, or forever");
    wrong("herd 1 digest=0s", 1, "at least 1ms");
    wrong("herd 1 clients=99999", 1, "at most 10000");
}
