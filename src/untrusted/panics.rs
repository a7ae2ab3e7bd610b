//! Calling libraries that assert what they expect of the bytes of others.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is within [`guarded`]: a panic is an error there, which its caller tells.
pub(crate) fn is_guarded() -> bool {
    IS_GUARDED.get()
}

/// What a library makes of damaged or hostile bytes, where a panic of it is an error and not the end of the caller. What it worked on must
/// not be used again after one.
pub(crate) fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    let before = IS_GUARDED.replace(true);
    let made = catch_unwind(AssertUnwindSafe(read));
    IS_GUARDED.set(before);
    made.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("it gave up on them").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_text() {
        assert_eq!(guarded(|| 7), Ok(7));
        let number = 3;
        let told = guarded(|| assert_eq!(number, 4, "of {number}"));
        assert!(told.unwrap_err().contains("of 3"));
        assert!(guarded(is_guarded).unwrap() && !is_guarded());
    }
}
