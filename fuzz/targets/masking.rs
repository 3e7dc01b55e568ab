//! Fuzzes `tests/corpus/targets/masking.rs`.
#![no_main]

#[path = "../../tests/corpus/targets/masking.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
