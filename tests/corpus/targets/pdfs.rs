//! Documents of players: whatever bytes come, examining them never panics; what is kept is kept as it came, and
//! names no action and no embedded file in plain sight.

use std::sync::LazyLock;

use evidence::{Examination, Limits, MediaType};
use tokio::runtime::Runtime;

/// Small, so that a run takes no longer than it must.
const LIMITS: Limits = Limits { pixels: 1, memory_bytes: 1 << 16, unpacked_bytes: 1 << 16 };

/// What no document that is kept has as a name of its own outside of streams.
const REFUSED: [&[u8]; 3] = [b"/JavaScript ", b"/EmbeddedFile ", b"/Launch "];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime that opens nothing")
});

pub(crate) fn run(data: &[u8]) {
    // The fuzzer need not find the head out.
    let document = if data.starts_with(b"%PDF-") { data.to_vec() } else { [b"%PDF-1.7\n", data].concat() };
    let examination = Examination::new(LIMITS, None);
    let Ok(kept) = RUNTIME.block_on(examination.examine(document.clone())) else { return };
    assert_eq!(kept.media_type, MediaType::Pdf);
    assert_eq!(kept.content, document);
    // In the content of streams, strings and comments these are only letters.
    let has = |what: &[u8]| document[8..].windows(what.len()).any(|window| window == what);
    if has(b"stream") || has(b"(") || has(b"%") {
        return;
    }
    for name in REFUSED {
        assert!(!has(name), "{}", name.escape_ascii());
    }
}
