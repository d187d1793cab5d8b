//! Pictures, and parts of them, that light up as something comes by them.

use std::time::Duration;

use super::El;

/// Something takes so long through a picture; what arrives meanwhile does not start it anew.
const PASSAGE: Duration = Duration::from_millis(1_400);

/// The part of that selector is lit as [`flow`] says.
pub fn lights(picture: &El, part: &str, number: Box<dyn FnMut() -> i64>) {
    let _ = flow(picture.find(part), number);
}

/// A picture that is lit whenever a number has changed since it was known, which it is once it is not 0.
#[must_use]
pub fn flow(picture: El, mut number: Box<dyn FnMut() -> i64>) -> El {
    let (mut seen, mut last, mut turn) = (0, None, false);
    picture.bind("data-flow", move || {
        let (is, now) = (number(), net::now());
        if is != seen && last.is_none_or(|last| now >= last + PASSAGE) {
            if seen != 0 {
                (last, turn) = (Some(now), !turn);
            }
            seen = is;
        }
        // Two alike in turn, since the same animation does not start twice.
        match (last, turn) {
            (None, _) => "",
            (_, true) => "even",
            (_, false) => "odd",
        }
    })
}
