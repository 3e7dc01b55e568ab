//! Files good and bad, made here, and what becomes of each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod heic;
mod kinds;
mod pdfs;
mod pictures;
mod scanner;

use evidence::{Examination, Examined, Limits, NotExamined, Refused};

/// Takes a file through everything but the scanner.
async fn examined(content: &[u8]) -> Result<Examined, Refused> {
    with_limits(content, Limits::default()).await
}

async fn with_limits(content: &[u8], limits: Limits) -> Result<Examined, Refused> {
    match Examination::new(limits, None).examine(content.to_vec()).await {
        Ok(examined) => Ok(examined),
        Err(NotExamined::Refused(refused)) => Err(refused),
        Err(other) => panic!("{other}"),
    }
}

/// The reason why a file is refused.
async fn reason(content: &[u8]) -> &'static str {
    match examined(content).await {
        Err(refused) => refused.reason(),
        Ok(examined) => panic!("taken as {:?}", examined.media_type),
    }
}

fn contains(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}
