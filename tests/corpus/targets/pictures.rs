//! Pictures of players: whatever bytes come, examining them never panics; what is kept is of the kind that was
//! found, is taken again, and says nothing of who took it or where.

use std::sync::LazyLock;

use evidence::{Examination, Limits, MediaType};
use tokio::runtime::Runtime;

/// Small, so that a run takes no longer than it must.
const LIMITS: Limits = Limits { pixels: 1 << 16, memory_bytes: 1 << 22, unpacked_bytes: 1 << 16 };

/// What a picture that was written anew has nowhere.
const TELLING: [&[u8]; 6] =
    [b"Exif\0\0", b"http://ns.adobe.com/xap", b"ICC_PROFILE\0", b"tEXt", b"iTXt", b"eXIf"];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime that opens nothing")
});

pub(crate) fn run(data: &[u8]) {
    if MediaType::of(data) == Ok(MediaType::Pdf) {
        return;
    }
    let examination = Examination::new(LIMITS, None);
    let Ok(kept) = RUNTIME.block_on(examination.examine(data.to_vec())) else { return };
    assert_eq!(MediaType::of(&kept.content), Ok(kept.media_type));
    let again =
        RUNTIME.block_on(examination.examine(kept.content.clone())).expect("what is kept is taken again");
    assert_eq!(again.media_type, kept.media_type);
    if !kept.reencoded {
        assert_eq!(kept.content.len(), data.len(), "what is wiped keeps its place");
        assert_eq!(again.content, kept.content, "nothing is left to wipe");
        return;
    }
    // Long enough not to come about in the coded picture by chance: the short ones are looked for where they count.
    for telling in TELLING {
        let found = kept.content.windows(telling.len()).any(|window| window == telling);
        assert!(
            !found || telling.len() == 4 && !is_chunk(&kept.content, telling),
            "{}",
            telling.escape_ascii()
        );
    }
}

/// Whether a PNG has such a chunk.
fn is_chunk(png: &[u8], name: &[u8]) -> bool {
    let mut at = 8;
    while let Some(head) = png.get(at..at + 8) {
        if &head[4..] == name {
            return true;
        }
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        at += 12 + usize::try_from(length).unwrap_or(usize::MAX - 12 - at);
    }
    false
}
