//! Every target is this program under the target's name.
#![no_main]

use hielight_fuzz::{TARGETS, check};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let target = TARGETS.iter().find(|target| target.name == env!("CARGO_BIN_NAME"));
    check(target.expect("every program is a target"), bytes);
});
