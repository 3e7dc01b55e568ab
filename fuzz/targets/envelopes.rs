//! Fuzzes `tests/corpus/targets/envelopes.rs`.
#![no_main]

#[path = "../../tests/corpus/targets/envelopes.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
