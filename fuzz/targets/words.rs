//! Fuzzes `tests/corpus/targets/words.rs`.
#![no_main]

#[path = "../../tests/corpus/targets/words.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
