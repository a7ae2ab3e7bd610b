//! Turns a panic in a parser of untrusted input into an error.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// True inside [`guarded`], where a panic becomes an error for the caller.
pub(crate) fn is_guarded() -> bool {
    IS_GUARDED.get()
}

/// Runs a library on damaged or hostile bytes, and returns a panic of it as an error. After a panic
/// the values it worked on must not be used again.
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
        let reported = guarded(|| assert_eq!(number, 4, "of {number}"));
        assert!(reported.unwrap_err().contains("of 3"));
        assert!(guarded(is_guarded).unwrap() && !is_guarded());
    }
}
