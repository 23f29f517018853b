//! What a panic said.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The message with which `f` panics.
///
/// # Panics
///
/// If `f` does not, or if its message is no text.
#[track_caller]
pub fn panic_message<T>(f: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(f)) else {
        panic!("a panic was expected")
    };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast::<&'static str>().expect("the message is a text")).to_owned(),
    }
}
