//! The moments that a block may last until.

use std::time::Instant;

/// What a macro takes for a moment: an `Instant`, or an `Option` of one, in which `None` is no limit.
///
/// Implemented for these two and nothing else, so that the type of a `None` is known.
#[diagnostic::on_unimplemented(
    message = "a deadline is an `Instant` or an `Option<Instant>`, not `{Self}`",
    label = "this is no moment",
    note = "for a `Duration` there are the macros `with_timeout!` and `move_on_after!`"
)]
pub trait IntoDeadline {
    /// The moment, if there is one.
    fn into_deadline(self) -> Option<Instant>;
}

impl IntoDeadline for Instant {
    fn into_deadline(self) -> Option<Instant> {
        Some(self)
    }
}

impl IntoDeadline for Option<Instant> {
    fn into_deadline(self) -> Option<Instant> {
        self
    }
}

/// The deadline of a block.
#[inline]
pub fn deadline(moment: impl IntoDeadline) -> Option<Instant> {
    moment.into_deadline()
}
