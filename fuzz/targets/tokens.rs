//! Fuzzes `tests/corpus/targets/tokens.rs`.
#![no_main]

#[path = "../../tests/corpus/targets/tokens.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
