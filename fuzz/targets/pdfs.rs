//! Fuzzes `tests/corpus/targets/pdfs.rs`.
#![no_main]

#[path = "../../tests/corpus/targets/pdfs.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
