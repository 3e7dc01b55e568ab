//! Fuzzes `tests/corpus/targets/pictures.rs`.
#![no_main]

#[path = "../../tests/corpus/targets/pictures.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
