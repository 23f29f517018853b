//! What a panic said.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Once,
};

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

/// The file that a panic is said to come from.
pub fn panic_file(f: impl FnOnce()) -> String {
    thread_local! {
        static FILE: Cell<Option<String>> = const { Cell::new(None) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            FILE.set(info.location().map(|place| place.file().to_owned()));
            report(info);
        }));
    });
    panic_message(f);
    FILE.take().expect("a panic has a location")
}
