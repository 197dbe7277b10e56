//! A run shared from the page, where it stood at 2.5 s with the digest c81a9255d73b00ca.

use herd_sim_wasm::{Script, judge};

#[test]
fn holiday_is_down() {
    let script: Script = "herd 1 seed=1 topology=seed-2016\n\
         @1 kill Holiday\n\
         @1.3 say Hamilton IAMAT kiwi +34.068930-118.445127 1700000001.300000000\n\
         @1.8 say Alford WHATSAT kiwi 10 5\n\
         @2.5 restart Holiday\n\
         @3.5 say Alford WHATSAT kiwi 10 5\n"
        .parse()
        .expect("a script");
    let broken = judge(&script).failure;
    assert!(broken.is_none(), "{}", broken.expect("a failure").what);
}
