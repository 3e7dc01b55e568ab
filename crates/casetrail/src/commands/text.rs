//! A text from the command line, or from standard input when it is `-`.

use std::io::Read;

use crate::problem::Problem;

/// The most bytes read from standard input; the server takes less.
const MOST: u64 = 1024 * 1024;

/// The text itself, or all of standard input for `-`.
pub(crate) fn given(text: String) -> Result<String, Problem> {
    if text != "-" {
        return Ok(text);
    }
    let mut read = String::new();
    std::io::stdin().lock().take(MOST).read_to_string(&mut read)?;
    Ok(read.trim_end().to_owned())
}
