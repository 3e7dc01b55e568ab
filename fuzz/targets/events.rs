//! Fuzzes `tests/corpus/targets/events.rs`.
#![no_main]

#[path = "../../tests/corpus/targets/events.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
